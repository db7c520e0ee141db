"""Writes metrics.csv, one row per epoch. Every run has this callback."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dlpy.components.hooks import Hooks
from dlpy.components.objectives import DATA_LOSS
from dlpy.core.errors import RunError, StorageError
from dlpy.core.parsing import parse
from dlpy.engine.model_state import learning_rate
from dlpy.runs.history import history_of
from dlpy.storage.atomic import number_text, storage, write_whole


def csv_row(epoch: int, seconds: float, values: Sequence[float], phase: int | None = None) -> str:
    """Return a row of metrics.csv.

    Args:
        epoch: from 0.
        values: the learning rate and the scores.
    """
    columns = [str(epoch + 1), f"{seconds:.3f}", *([] if phase is None else [str(phase)]), *map(number_text, values)]
    return ",".join(columns) + "\n"


class MetricsCsv(Hooks):
    """Appends a row per epoch: its number from 1, seconds since training began, phase (if any), and scores.

    The cell of an undefined score is empty.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: list[str] = []
        self._started = 0.0
        self._phase: int | None = None
        self._rows = 0

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._started = time.monotonic()
        with storage(self._path):
            self._path.touch()  # from now on the run is worth keeping, however training ends

    def on_phase_begin(self, phase: int, description: str) -> None:
        self._phase = phase

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        text = ""
        if not self._names:
            self._names = list(logs)
            text = ",".join([*self._columns(), *self._names]) + "\n"
        unknown = {name for name in logs.keys() - set(self._names) if not name.endswith(DATA_LOSS)}
        if unknown or not logs.keys() >= set(self._names):  # runs of older versions may lack the data loss
            raise RunError(
                f"{self._path} has other columns than this epoch's scores: start a new run with `dlpy train`."
            )
        values = [learning_rate(self.model), *(logs[name] for name in self._names)]
        text += csv_row(epoch, time.monotonic() - self._started, values, self._phase)
        if not self._path.parent.is_dir():
            raise StorageError(f"{self._path.parent} was removed during training.")
        with storage(self._path), self._path.open("r+", encoding="utf-8") as file:  # do not recreate a removed file
            file.seek(0, os.SEEK_END)
            file.write(text)
        self._rows = epoch + 1

    def state(self) -> dict[str, Any]:
        return {"rows": self._rows}

    def restore(self, state: dict[str, Any]) -> None:
        """Remove the rows of epochs that are trained again; seconds continue from the last remaining row."""
        rows = parse(state["rows"], int, "rows")
        text = self._path.read_text(encoding="utf-8", errors="replace")
        lines = text.split("\n")[:-1][: rows and rows + 1]
        if rows:  # else the first epoch has not finished
            self._continue_after(lines, rows)
        kept = "".join(f"{line}\n" for line in lines)
        write_whole(self._path, lambda path: path.write_text(kept, encoding="utf-8"))

    def _continue_after(self, lines: list[str], rows: int) -> None:
        """Continue after these lines, the first of which is the header.

        Raises:
            RunError: the lines are not those of the finished epochs.
        """
        first = len(self._columns())
        try:
            history = history_of(lines)
        except ValueError:
            history = None
        names = lines[0].split(",") if lines else []
        if history is None or len(history.epochs) != rows or names[:first] != self._columns():
            raise RunError(f"{self._path} is damaged: it lacks some of the epochs 1 to {rows}.")
        self._started = time.monotonic() - float(history.seconds[-1])
        self._names, self._rows = names[first:], rows

    def _columns(self) -> list[str]:
        """Return the names of the columns before the scores."""
        return ["epoch", "seconds", *([] if self._phase is None else ["phase"]), "learning_rate"]
