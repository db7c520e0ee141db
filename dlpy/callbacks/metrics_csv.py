"""Writes metrics.csv: one row an epoch, whole at any moment. Every run has it."""

from __future__ import annotations

import time
from pathlib import Path

from dlpy.components import Hooks
from dlpy.runs import storage


class MetricsCsv(Hooks):
    """Appends each epoch's scores, numbered from 1, with the seconds since training began, and the phase if any."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: list[str] = []
        self._started = 0.0
        self._phase: int | None = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._started = time.monotonic()
        with storage(self._path):
            self._path.touch()  # from now on there is something to keep, however training ends

    def on_phase_begin(self, phase: int, description: str) -> None:
        self._phase = phase

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        text = ""
        if not self._names:
            self._names = list(logs)
            phase = [] if self._phase is None else ["phase"]
            text = ",".join(["epoch", "seconds", *phase, "learning_rate", *self._names]) + "\n"
        rate = float(self.model.optimizer.learning_rate)  # type: ignore
        values = [f"{value:.9g}" for value in (rate, *(logs[name] for name in self._names))]
        phase = [] if self._phase is None else [str(self._phase)]
        text += ",".join([str(epoch + 1), f"{time.monotonic() - self._started:.3f}", *phase, *values]) + "\n"
        with storage(self._path), self._path.open("a", encoding="utf-8") as file:
            file.write(text)
