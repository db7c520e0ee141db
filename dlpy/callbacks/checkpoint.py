"""Keeps the best and the last state of training on disk."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Literal

from dlpy.callbacks.monitor import Best
from dlpy.checkpoints import Snapshot, save, snapshot
from dlpy.components import Callback, Hooks
from dlpy.objectives import Monitor
from dlpy.runs import Run

_COPY_SECONDS = 0.2


class Checkpoint(Callback):
    """Keep the best and the last state of training; every run has this callback."""

    name: Literal["checkpoint"] = "checkpoint"
    monitor: Monitor | None = None
    """The score that decides what is best: val_loss unless given; without validation rows, the last epoch is."""
    every_seconds: float = 5.0
    """Write at most this often (and once at the end): small models have many epochs a second."""

    def monitors(self) -> str | None:
        return self.monitor

    def build(self, run: Run, directions: dict[str, str]) -> CheckpointHooks:
        monitor = self.monitor or ("val_loss" if "val_loss" in directions else None)
        return CheckpointHooks(run, Best(monitor, directions[monitor]) if monitor else None, self.every_seconds)


class CheckpointHooks(Hooks):
    """Holds the best state in memory until it is written."""

    def __init__(self, run: Run, best: Best | None, every_seconds: float) -> None:
        self._run = run
        self._best = best
        self._every_seconds = every_seconds
        self._written = time.monotonic()
        self._copied = -math.inf
        self._unwritten: Snapshot | None = None
        self._last: tuple[int, dict[str, float]] | None = None
        self._phase: int | None = None

    def on_phase_begin(self, phase: int, description: str) -> None:
        self._phase = phase

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self._last = (epoch, logs)
        if self._best.improved(epoch, logs) if self._best is not None else self._is_time_to_copy():
            self._unwritten = self._snapshot(epoch, logs)
        if time.monotonic() - self._written >= self._every_seconds:
            self._write()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        if self._last is not None:
            self._write()

    def flush(self) -> None:
        """Write the best state seen so far, or a recent one where none is best, if training ends before its time."""
        if self._unwritten is not None:
            save(self._run, self._unwritten, ["best", "last"] if self._best is None else ["best"])

    def _is_time_to_copy(self) -> bool:
        """Return whether the last copy is old; copying the state of a small model takes longer than an epoch."""
        now = time.monotonic()
        due = now - self._copied >= _COPY_SECONDS
        self._copied = now if due else self._copied
        return due

    def _snapshot(self, epoch: int, logs: dict[str, float]) -> Snapshot:
        return replace(snapshot(self.model, epoch + 1, logs, {}), phase=self._phase)

    def _write(self) -> None:
        if self._last is None:
            return
        epoch, logs = self._last
        if self._unwritten is not None and self._unwritten.epoch == epoch + 1:
            save(self._run, self._unwritten, ["best", "last"])
        else:
            if self._best is not None:
                self.flush()
            self._unwritten = None  # of a large model two copies of the state would be one too many
            save(self._run, self._snapshot(epoch, logs), ["best", "last"] if self._best is None else ["last"])
        self._unwritten = None
        self._written = time.monotonic()
