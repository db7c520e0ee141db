"""Saves the best and the last state of training."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from dlpy.callbacks._monitor import Best
from dlpy.components.callback import Callback
from dlpy.components.hooks import Hooks, states_of
from dlpy.components.objectives import Monitor
from dlpy.core.errors import StorageError
from dlpy.core.parsing import parse
from dlpy.core.signals import held_back
from dlpy.core.timing import stage
from dlpy.engine.snapshots import Snapshot, with_copies
from dlpy.runs.checkpoints import Which, forget_previous, save
from dlpy.runs.directory import Run

if TYPE_CHECKING:
    import keras

_COPY_SECONDS = 0.2  # between two copies of the last state, if no score is monitored
_SHARE = 0.025  # of training time, for copying and writing
_LEAST_SHARE = 0.005  # of training time, for writing, even if copies of improving epochs use up _SHARE
_COPY_SHARE = 0.01
_BYTES_A_SECOND = 150_000_000  # copied, written and hashed; assumed until the first write has been measured
_LEAST_SECONDS = 5.0  # between two writes, unless every_seconds is given


class Checkpoint(Callback):
    """Save the best and the last state of training; every run has this callback.

    A killed run loses only what came after its last checkpoint; resuming from it gives bit-identical results.
    """

    sets = ("checkpoints/",)

    name: Literal["checkpoint"] = "checkpoint"
    monitor: Monitor | None = None
    """Score that decides which epoch is best; default: val_loss, or the last epoch without validation rows."""
    every_seconds: float | None = Field(default=None, ge=0)
    """Minimum seconds between writes after an epoch; default: 5, or more if writing takes over 2.5 % of the time."""
    every_minutes: float | None = Field(default=1.0, gt=0)
    """Minutes between writes within a long epoch, or more if writing takes over 2.5 % of the time; null: never."""
    every_steps: int | None = Field(default=None, ge=1)
    """Write at least every n steps, whatever the cost, so that at most n steps are lost; null: no such limit."""
    best_every: int = Field(default=1, ge=1)
    """Consider only every nth epoch, the first and the last as the best: if epochs are short, copying a large model
    after each improvement takes longer than training it."""

    def monitors(self) -> str | None:
        return self.monitor

    def build(self, run: Run, directions: dict[str, str]) -> CheckpointHooks:
        monitor = self.monitor or ("val_loss" if "val_loss" in directions else None)
        return CheckpointHooks(run, Best(monitor, directions[monitor]) if monitor else None, self)

    def for_fold(self, run: Run) -> FoldCheckpointHooks:
        """Return the hooks for a fold, which save its last state only."""
        return FoldCheckpointHooks(run, None, self)


class CheckpointHooks(Hooks):
    """Holds the best state in memory until it is written; runs after all other hooks, whose state it also saves."""

    def __init__(self, run: Run, best: Best | None, options: Checkpoint) -> None:
        self._run = run
        self._best = best
        self._options = options
        self._written = time.monotonic()
        self._took = 0.0  # seconds, of the last write, or an estimate before the first
        self._unwritten_steps = 0
        self._steps = 0  # of an epoch
        self._copied = -math.inf
        self._copying = 0.0  # seconds, total of all copies since training began
        self._copy_took = 0.0  # seconds, the last one
        self._began = time.monotonic()
        self._epochs = 0
        self._unwritten: Snapshot | None = None
        self._latest: Snapshot | None = None  # the latest snapshot; the next one reuses its arrays
        self._last: tuple[int, dict[str, float]] | None = None
        self._phase: int | None = None
        self._phase_began: int | None = None
        self._next = 0  # the current or next epoch, from 0
        self._kept: dict[str, object] = {}
        self._has_written = False

    def keep(self, hooks: Mapping[str, object]) -> None:
        """Set the hooks whose states are saved in checkpoints, by name."""
        self._kept = {**hooks, "checkpoint": self}

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        self._took = 12 * model.count_params() / _BYTES_A_SECOND  # float32 weights and two optimizer slots

    def set_params(self, params: dict[str, int]) -> None:
        self._steps, self._epochs = params["steps"], params["epochs"]

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._began = self._written = time.monotonic()

    def on_phase_begin(self, phase: int, description: str) -> None:
        self._phase, self._phase_began = phase, self._next + 1

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        step, every = batch + 1, self._options.every_steps
        if step == self._steps:
            return  # the epoch's end is next
        if (every and step % every == 0) or self._is_due(60 * (self._options.every_minutes or math.inf)):
            self._write_within(step)

    def on_stop(self, steps: int) -> None:
        self._write_within(steps)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self._last, self._next = (epoch, logs), epoch + 1
        self._unwritten_steps += self._steps
        if self._may_be_best(self._best, epoch, logs) if self._best is not None else self._is_time_to_copy():
            with held_back():  # it reuses the arrays of the pending snapshot, which a signal handler may write
                self._unwritten = self._snapshot(epoch + 1, logs)
        given, every = self._options.every_seconds, self._options.every_steps
        too_many = every and self._unwritten_steps + min(every, self._steps) > every
        if too_many or (self._is_due(_LEAST_SECONDS) if given is None else self._seconds() >= given):
            self._write()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self._write()
        self._latest = None
        forget_previous(self._run)

    def state(self) -> dict[str, Any]:
        return {"best": self._best and self._best.state(), "next": self._next, "phase_began": self._phase_began}

    def restore(self, state: dict[str, Any]) -> None:
        if self._best is not None:
            self._best.restore(state["best"])
        self._next = parse(state["next"], int, "next")
        self._phase_began = parse(state["phase_began"], int | None, "phase_began")

    def flush(self) -> None:
        """Write the pending snapshot if training ends early: it is newer than all written ones."""
        if self._unwritten is not None:
            self._save(self._unwritten, ["best", "last"])

    @stage("checkpoints")
    def _save(self, state: Snapshot, links: list[Which]) -> None:
        if self._has_written and not self._run.checkpoints.is_dir():
            raise StorageError(f"{self._run.checkpoints} was removed during training.")
        save(self._run, state, links)
        self._has_written = True

    def _seconds(self) -> float:
        """Return the seconds since the last write."""
        return time.monotonic() - self._written

    def _is_due(self, seconds: float) -> bool:
        """Return whether the last write is at least `seconds` ago and another stays within its share of the time."""
        copying = self._copying / max(time.monotonic() - self._began, 1e-9)
        return self._seconds() >= max(seconds, self._took / max(_LEAST_SHARE, _SHARE - copying))

    def _may_be_best(self, best: Best, epoch: int, logs: dict[str, float]) -> bool:
        """Update with an epoch's scores if `best_every` includes it; return whether it is the best so far."""
        turn = (epoch + 1) % self._options.best_every == 0 or epoch + 1 == self._epochs
        return (turn or best.epoch is None) and best.improved(epoch, logs)

    def _is_time_to_copy(self) -> bool:
        """Return whether another copy is due; for a small model, copying takes longer than an epoch."""
        now = time.monotonic()
        due = now - self._copied >= max(_COPY_SECONDS, self._copy_took / _COPY_SHARE)
        self._copied = now if due else self._copied
        return due

    def _snapshot(self, epoch: int, logs: dict[str, float], step: int = 0) -> Snapshot:
        best = (None if step else epoch - 1) if self._best is None else self._best.epoch
        state = Snapshot(
            epoch,
            dict(logs),
            states_of(self._kept),
            stopped=bool(self.model.stop_training) and not step,
            best=None if best is None else best + 1,
            phase=self._phase,
            phase_began=self._phase_began,
            step=step,
        )
        began = time.monotonic()
        self._latest = with_copies(self.model, state, instead_of=self._latest)
        self._copy_took = time.monotonic() - began
        self._copying += self._copy_took
        return self._latest

    def _write_within(self, step: int) -> None:
        """Write the state after `step` steps of the current epoch, and before it the pending snapshot."""
        began = time.monotonic()
        self.flush()
        self._unwritten = None
        logs = self._last[1] if self._last is not None else {}
        self._save(self._snapshot(self._next, logs, step), ["unfinished"])
        self._wrote(began, -step)

    def _write(self) -> None:
        if self._last is None:
            return
        began = time.monotonic()
        epoch, logs = self._last
        if self._unwritten is not None and self._unwritten.epoch == epoch + 1:
            self._save(self._unwritten, ["best", "last"])
        else:
            if self._best is not None and self._unwritten is not None:
                self._save(self._unwritten, ["best"])
            self._unwritten = None
            self._save(self._snapshot(epoch + 1, logs), ["best", "last"] if self._best is None else ["last"])
        self._unwritten = None
        self._wrote(began, 0)

    def _wrote(self, began: float, steps: int) -> None:
        self._written, self._unwritten_steps = time.monotonic(), steps
        self._took = self._written - began


class FoldCheckpointHooks(CheckpointHooks):
    """Writes periodically but not at the end: finished folds keep no checkpoint, and short folds never write one."""

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self._unwritten = None
