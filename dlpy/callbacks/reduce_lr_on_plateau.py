"""Reduces the learning rate when a score no longer improves."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from dlpy.callbacks._monitor import Best
from dlpy.components.callback import LEARNING_RATE, Callback
from dlpy.components.hooks import Hooks
from dlpy.components.objectives import Monitor
from dlpy.core.parsing import parse
from dlpy.engine.model_state import set_learning_rate
from dlpy.runs.directory import Run


class ReduceLROnPlateau(Callback):
    """Reduce the learning rate when a score has not improved for some epochs.

    The reduced rate stays until `learning_rate_schedule` sets another one or the next phase begins.
    """

    changes = (LEARNING_RATE,)

    name: Literal["reduce_lr_on_plateau"] = "reduce_lr_on_plateau"
    monitor: Monitor = "val_loss"
    """Score to monitor, such as val_loss or val_accuracy."""
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Factor by which the learning rate is multiplied."""
    patience: Annotated[int, Field(ge=1)] = 10
    """Number of epochs without improvement after which the learning rate is reduced."""
    min_delta: Annotated[float, Field(ge=0)] = 0.0001
    """Minimum change of the score that counts as an improvement."""
    cooldown: Annotated[int, Field(ge=0)] = 0
    """Number of epochs to wait after a reduction before counting again."""
    min_learning_rate: Annotated[float, Field(ge=0)] = 0.0
    """Lower bound of the learning rate."""

    def monitors(self) -> str:
        return self.monitor

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        return ReduceLROnPlateauHooks(self, Best(self.monitor, directions[self.monitor], self.min_delta))


class ReduceLROnPlateauHooks(Hooks):
    """Counts the epochs since the best one, except while cooling down."""

    def __init__(self, options: ReduceLROnPlateau, best: Best) -> None:
        self._options = options
        self._best = best
        self._waited = 0
        self._cooling = 0

    def on_phase_begin(self, phase: int, description: str) -> None:
        self._best.forget()  # the phase has its own optimizer and learning rate
        self._waited = self._cooling = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        improved = self._best.improved(epoch, logs)
        if self._cooling > 0:
            self._cooling -= 1
            self._waited = 0
            return
        self._waited = 0 if improved else self._waited + 1
        if self._waited >= self._options.patience:
            self._reduce()

    def state(self) -> dict[str, Any]:  # the optimizer stores the learning rate
        return {"best": self._best.state(), "waited": self._waited, "cooling": self._cooling}

    def restore(self, state: dict[str, Any]) -> None:
        self._best.restore(state["best"])
        self._waited, self._cooling = (parse(state[name], int, name) for name in ("waited", "cooling"))

    def _reduce(self) -> None:
        rate = float(self.model.optimizer.learning_rate)  # type: ignore
        reduced = max(rate * self._options.factor, self._options.min_learning_rate)
        set_learning_rate(self.model, min(rate, reduced))
        self._waited = 0
        self._cooling = self._options.cooldown
