"""Keeps the best and the last state of training on disk."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from dlpy.callbacks.monitor import Best
from dlpy.checkpoints import Snapshot, forget_previous, save, snapshot
from dlpy.components import Callback, Hooks
from dlpy.hooks import states_of
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

    def for_fold(self, run: Run) -> FoldCheckpointHooks:
        """Return what keeps the last state of a fold while it trains: nobody asks for its best one."""
        return FoldCheckpointHooks(run, None, self.every_seconds)


class CheckpointHooks(Hooks):
    """Holds the best state in memory until it is written. It comes after all other hooks, whose state it keeps too."""

    def __init__(self, run: Run, best: Best | None, every_seconds: float) -> None:
        self._run = run
        self._best = best
        self._every_seconds = every_seconds
        self._written = time.monotonic()
        self._copied = -math.inf
        self._unwritten: Snapshot | None = None
        self._last: tuple[int, dict[str, float]] | None = None
        self._phase: int | None = None
        self._phase_began: int | None = None
        self._next = 0  # the epoch to come, from 0
        self._kept: dict[str, object] = {}

    def keep(self, hooks: Mapping[str, object]) -> None:
        """Write the state of these hooks into the checkpoints, by name."""
        self._kept = {**hooks, "checkpoint": self}

    def on_phase_begin(self, phase: int, description: str) -> None:
        self._phase, self._phase_began = phase, self._next + 1

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self._last, self._next = (epoch, logs), epoch + 1
        if self._best.improved(epoch, logs) if self._best is not None else self._is_time_to_copy():
            self._unwritten = self._snapshot(epoch, logs)
        if time.monotonic() - self._written >= self._every_seconds:
            self._write()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self._write()
        forget_previous(self._run)

    def state(self) -> dict[str, Any]:
        return {"best": self._best and self._best.state(), "next": self._next, "phase_began": self._phase_began}

    def restore(self, state: dict[str, Any]) -> None:
        if self._best is not None:
            self._best.restore(state["best"])
        self._next, self._phase_began = state["next"], state["phase_began"]

    def flush(self) -> None:
        """Write the latest state that is held, if training ends before its time: it is newer than all written ones."""
        if self._unwritten is not None:
            save(self._run, self._unwritten, ["best", "last"])

    def _is_time_to_copy(self) -> bool:
        """Return whether the last copy is old; copying the state of a small model takes longer than an epoch."""
        now = time.monotonic()
        due = now - self._copied >= _COPY_SECONDS
        self._copied = now if due else self._copied
        return due

    def _snapshot(self, epoch: int, logs: dict[str, float]) -> Snapshot:
        state = snapshot(self.model, epoch + 1, logs, states_of(self._kept))
        best = epoch if self._best is None else self._best.epoch
        return replace(
            state,
            stopped=bool(self.model.stop_training),
            best=None if best is None else best + 1,
            phase=self._phase,
            phase_began=self._phase_began,
        )

    def _write(self) -> None:
        if self._last is None:
            return
        epoch, logs = self._last
        if self._unwritten is not None and self._unwritten.epoch == epoch + 1:
            save(self._run, self._unwritten, ["best", "last"])
        else:
            if self._best is not None and self._unwritten is not None:
                save(self._run, self._unwritten, ["best"])
            self._unwritten = None  # of a large model two copies of the state would be one too many
            save(self._run, self._snapshot(epoch, logs), ["best", "last"] if self._best is None else ["last"])
        self._unwritten = None
        self._written = time.monotonic()


class FoldCheckpointHooks(CheckpointHooks):
    """Writes by the clock alone: what a fold that is done leaves is no checkpoint, and short folds write none."""

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self._unwritten = None
