"""Stops training when a score no longer improves."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from dlpy.callbacks._monitor import Best
from dlpy.components.callback import Callback
from dlpy.components.hooks import Hooks
from dlpy.components.objectives import Monitor
from dlpy.core.parsing import parse
from dlpy.runs.directory import Run


class EarlyStopping(Callback):
    """Stop training when a score has not improved for some epochs. The run's model is always the best checkpoint.

    With training.phases it ends the current phase, and starts counting again in the next one.
    """

    name: Literal["early_stopping"] = "early_stopping"
    monitor: Monitor = "val_loss"
    """Score to monitor, such as val_loss or val_accuracy."""
    patience: Annotated[int, Field(ge=1)] = 3
    """Number of epochs without improvement after which training stops."""
    min_delta: Annotated[float, Field(ge=0)] = 0.0
    """Minimum change of the score that counts as an improvement."""
    start_from_epoch: Annotated[int, Field(ge=1)] = 1
    """First epoch (from 1) to consider; earlier ones neither set the best score nor stop training."""

    def monitors(self) -> str:
        return self.monitor

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        best = Best(self.monitor, directions[self.monitor], self.min_delta)
        return EarlyStoppingHooks(best, self.patience, self.start_from_epoch - 1)


class EarlyStoppingHooks(Hooks):
    """Counts the epochs since the best one."""

    def __init__(self, best: Best, patience: int, first: int) -> None:
        self._best = best
        self._patience = patience
        self._first = first
        self._waited = 0
        self._begun = self._next = 0  # epochs, from 0: the first of the phase, and the next

    def on_phase_begin(self, phase: int, description: str) -> None:
        self._best.forget()
        self._waited, self._begun = 0, self._next

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self._next = epoch + 1
        if epoch - self._begun < self._first:
            return
        self._waited = 0 if self._best.improved(epoch, logs) else self._waited + 1
        if self._waited >= self._patience:
            self.model.stop_training = True

    def state(self) -> dict[str, Any]:
        counted = {"waited": self._waited, "begun": self._begun, "next": self._next}
        return {"best": self._best.state(), **counted}

    def restore(self, state: dict[str, Any]) -> None:
        self._best.restore(state["best"])
        self._waited, self._begun, self._next = (parse(state[name], int, name) for name in ("waited", "begun", "next"))
