"""Keeps the best and the last state of training on disk."""

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
from dlpy.engine.snapshots import Snapshot, with_copies
from dlpy.runs.checkpoints import Which, forget_previous, save
from dlpy.runs.directory import Run

if TYPE_CHECKING:
    import keras

_COPY_SECONDS = 0.2  # between two copies of the last state, where no score says which epoch is better
_SHARE = 0.025  # of the time that training takes, spent on copying and writing
_LEAST_SHARE = 0.005  # spent on writing, where copies of better and better epochs take all of that
_COPY_SHARE = 0.01
_BYTES_A_SECOND = 150_000_000  # copied, written, hashed: until the first write has shown how many
_LEAST_SECONDS = 5.0  # between two writes, unless every_seconds says otherwise


class Checkpoint(Callback):
    """Keep the best and the last state of training; every run has this callback.

    A run that is killed loses what came after the last one written, and is resumed from there to the same bits.
    """

    sets = ("checkpoints/",)

    name: Literal["checkpoint"] = "checkpoint"
    monitor: Monitor | None = None
    """The score that decides what is best: val_loss unless given; without validation rows, the last epoch is."""
    every_seconds: float | None = Field(default=None, ge=0)
    """Write at most this often after an epoch; unless given, every 5 s, or as seldom as takes 2.5 % of the time."""
    every_minutes: float | None = Field(default=1.0, gt=0)
    """Within a long epoch, write this often too, or as seldom as takes 2.5 % of the time; null never."""
    every_steps: int | None = Field(default=None, ge=1)
    """Never lose more than so many steps: write this often too, whatever it takes."""
    best_every: int = Field(default=1, ge=1)
    """Let only every so many epochs, the first and the last be the best: where epochs are short, copying each better
    one of a large model takes longer than training it."""

    def monitors(self) -> str | None:
        return self.monitor

    def build(self, run: Run, directions: dict[str, str]) -> CheckpointHooks:
        monitor = self.monitor or ("val_loss" if "val_loss" in directions else None)
        return CheckpointHooks(run, Best(monitor, directions[monitor]) if monitor else None, self)

    def for_fold(self, run: Run) -> FoldCheckpointHooks:
        """Return what keeps the last state of a fold while it trains: nobody asks for its best one."""
        return FoldCheckpointHooks(run, None, self)


class CheckpointHooks(Hooks):
    """Holds the best state in memory until it is written. It comes after all other hooks, whose state it keeps too."""

    def __init__(self, run: Run, best: Best | None, options: Checkpoint) -> None:
        self._run = run
        self._best = best
        self._options = options
        self._written = time.monotonic()
        self._took = 0.0  # seconds, for the last write, or the first one as far as can be told
        self._unwritten_steps = 0
        self._steps = 0  # of an epoch
        self._copied = -math.inf
        self._copying = 0.0  # seconds since training began, all copies together
        self._copy_took = 0.0  # seconds, the last one
        self._began = time.monotonic()
        self._epochs = 0
        self._unwritten: Snapshot | None = None
        self._latest: Snapshot | None = None  # of all: the next one takes its arrays
        self._last: tuple[int, dict[str, float]] | None = None
        self._phase: int | None = None
        self._phase_began: int | None = None
        self._next = 0  # the epoch to come, or that is going on, from 0
        self._kept: dict[str, object] = {}
        self._has_written = False

    def keep(self, hooks: Mapping[str, object]) -> None:
        """Write the state of these hooks into the checkpoints, by name."""
        self._kept = {**hooks, "checkpoint": self}

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        self._took = 12 * model.count_params() / _BYTES_A_SECOND  # weights, and twice as much of an optimizer

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
            with held_back():  # its arrays are those of the one it replaces, which a signal would have written
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
        """Write the latest state that is held, if training ends before its time: it is newer than all written ones."""
        if self._unwritten is not None:
            self._save(self._unwritten, ["best", "last"])

    def _save(self, state: Snapshot, links: list[Which]) -> None:
        if self._has_written and not self._run.checkpoints.is_dir():
            raise StorageError(f"{self._run.checkpoints} was removed while its run trained.")
        save(self._run, state, links)
        self._has_written = True

    def _seconds(self) -> float:
        """Return how long ago the last write was."""
        return time.monotonic() - self._written

    def _is_due(self, seconds: float) -> bool:
        """Return whether the last write was so long ago that another one takes but a small share of the time."""
        copying = self._copying / max(time.monotonic() - self._began, 1e-9)
        return self._seconds() >= max(seconds, self._took / max(_LEAST_SHARE, _SHARE - copying))

    def _may_be_best(self, best: Best, epoch: int, logs: dict[str, float]) -> bool:
        """Take in an epoch's scores, where its turn has come; return whether it is the best so far."""
        turn = (epoch + 1) % self._options.best_every == 0 or epoch + 1 == self._epochs
        return (turn or best.epoch is None) and best.improved(epoch, logs)

    def _is_time_to_copy(self) -> bool:
        """Return whether the last copy is old; copying the state of a small model takes longer than an epoch."""
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
        """Write the state after so many steps of the present epoch, and first what it builds on."""
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
    """Writes by the clock alone: what a fold that is done leaves is no checkpoint, and short folds write none."""

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self._unwritten = None
