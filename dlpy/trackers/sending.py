"""Sends to a tracker what it has not received of a run yet; what was sent is recorded in the run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from dlpy.core.parsing import parse
from dlpy.runs.directory import Run
from dlpy.runs.lock import status_of
from dlpy.storage.atomic import sha256
from dlpy.trackers.contents import Epoch, ended, epochs_of, files_of, final_scores, parameters_of
from dlpy.trackers.tracker import Tracker

_MODEL = "model.keras"


@dataclass(frozen=True)
class Sent:
    """What a tracker has of a run, in trackers/<name>.json: its id there, and files with their sha256."""

    place: str
    id: str
    parameters: bool = False
    epochs: int = 0
    files: Mapping[str, str] = field(default_factory=dict)
    status: str = "running"


class Sending:
    """Brings a tracker up to date with a run; each call may fail, and the next one continues.

    Args of an instance:
        with_files: whether to send files, and model.keras, after training.
    """

    def __init__(self, run: Run, tracker: Tracker, *, with_files: bool = True) -> None:
        self._run, self._tracker, self._with_files = run, tracker, with_files
        self.sent: Sent | None = None

    def send_new(self) -> None:
        """Send the options and the epochs that the tracker lacks."""
        sent = self.sent or self._opened()
        if not sent.parameters:
            named = parameters_of(self._run) | _circumstances(self._run)
            self._tracker.send_parameters({_allowed(name): value for name, value in named.items()})
            sent = self._noted(replace(sent, parameters=True))
        epochs = epochs_of(self._run, sent.epochs)
        if epochs:
            self._tracker.send_epochs([_with_allowed_names(epoch) for epoch in epochs])
            self._noted(replace(sent, epochs=epochs[-1].number))

    def finish(self) -> None:
        """Send all that is left of a run that is over: epochs, files, the model, and its status."""
        self.send_new()
        sent = self.sent or self._opened()
        sent = self._with_new_files(sent) if self._with_files else sent
        status = status_of(self._run, self._run.record())
        scores = {_allowed(name): value for name, value in final_scores(self._run).items()}
        self._tracker.close(status, scores, ended(self._run))
        self._noted(replace(sent, status=status))

    def _with_new_files(self, sent: Sent) -> Sent:
        """Send the files that have changed, and return the record of what was sent."""
        found = files_of(self._run)
        digests = {name: sha256(path) for name, path in found.items()}
        new = {name: path for name, path in found.items() if sent.files.get(name) != digests[name]}
        if new:
            self._tracker.send_files(new)
            sent = self._noted(replace(sent, files={**sent.files, **digests}))
        model = sha256(self._run.model) if self._run.model.is_file() else None
        if model is not None and sent.files.get(_MODEL) != model:
            self._tracker.send_model(self._run)
            sent = self._noted(replace(sent, files={**sent.files, _MODEL: model}))
        return sent

    def _opened(self) -> Sent:
        """Open the run in the tracker: the same as before, if it was sent to the same place."""
        content = self._run.read(self._file)
        known = parse(content, Sent, self._file) if content.get("place") == self._tracker.place else None
        identity = self._tracker.open(self._run, known and known.id)
        return self._noted(known or Sent(self._tracker.place, identity))

    def _noted(self, sent: Sent) -> Sent:
        self._run.write(self._file, asdict(sent))
        self.sent = sent
        return sent

    @property
    def line(self) -> str:
        """Where the run is, for the user."""
        return f"{self._tracker.name} run {self.sent.id if self.sent else '?'} in {self._tracker.place}"

    @property
    def _file(self) -> str:
        return f"trackers/{self._tracker.name}.json"


def _circumstances(run: Run) -> dict[str, str]:
    """Return what run.json says beside the experiment: the data's source and checksum, and the versions."""
    record = run.record()
    versions = {f"versions.{name}": number for name, number in record.versions.items() if number}
    return {"run.kind": record.kind, "run.data": record.data.source, "run.data_sha256": record.data.sha256, **versions}


def _allowed(name: str) -> str:
    """Return the name without the characters that trackers refuse."""
    return re.sub(r"[^\w.\- /]", "_", name)[:250]


def _with_allowed_names(epoch: Epoch) -> Epoch:
    return replace(epoch, scores={_allowed(name): value for name, value in epoch.scores.items()})
