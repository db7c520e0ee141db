"""What every tracker does: it keeps parameters, scores by epoch, and files of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from dlpy.runs.directory import Run
from dlpy.trackers.contents import Epoch


class Tracker(Protocol):
    """A client of a tracker, open for one run at a time. Its methods may raise anything and may take long.

    name: of the component and of the command's option, such as mlflow. place: where it keeps runs, as a user names it:
    a run is continued only in the same place.
    """

    name: str
    place: str

    def open(self, run: Run, known: str | None) -> str:
        """Continue the tracker's run with the id `known`, or create one; return its id."""
        ...

    def send_parameters(self, parameters: Mapping[str, str]) -> None:
        """Send the options of the experiment."""
        ...

    def send_epochs(self, epochs: Sequence[Epoch]) -> None:
        """Send the scores of epochs."""
        ...

    def send_files(self, files: Mapping[str, Path]) -> None:
        """Send files by their names in the tracker, which may have folders."""
        ...

    def send_model(self, run: Run) -> None:
        """Send model.keras."""
        ...

    def close(self, status: str, scores: Mapping[str, float], ended: int) -> None:
        """Say how the run ended, as `status_of` names it, when (milliseconds), and send its final scores."""
        ...
