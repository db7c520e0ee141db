"""Warns when a GAN collapses, that is, generates nearly the same sample every time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dlpy.components.callback import Callback
from dlpy.components.hooks import Hooks
from dlpy.core.errors import ConfigError
from dlpy.core.parsing import parse
from dlpy.data.task import Task
from dlpy.runs.directory import Run

_WON = 0.995  # accuracy on both real and generated rows


class CollapseAlarm(Callback):
    """Warn when a gan's samples become nearly identical, or its discriminator always wins; training continues."""

    name: Literal["collapse_alarm"] = "collapse_alarm"
    below: Annotated[float, Field(gt=0, lt=1)] = 0.25
    """Diversity below which samples count as collapsed; that of real rows is 1."""
    patience: Annotated[int, Field(ge=1)] = 3
    """Number of consecutive epochs after which to warn, once until the score recovers."""

    def check(self, task: Task) -> None:
        if not any(output.kind == "inputs" for output in task.outputs.values()):
            raise ConfigError("collapse_alarm needs a gan; this model predicts a target. Leave the callback out.")

    def monitors(self) -> str:
        return "diversity"

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        return CollapseAlarmHooks(self.below, self.patience)


class CollapseAlarmHooks(Hooks):
    """Counts the consecutive epochs with each problem."""

    def __init__(self, below: float, patience: int) -> None:
        self._below, self._patience = below, patience
        self._counts = {"collapse": 0, "won": 0}

    def state(self) -> dict[str, int]:
        return dict(self._counts)

    def restore(self, state: dict[str, int]) -> None:
        self._counts = {name: parse(state[name], int, name) for name in self._counts}

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        diversity, right = logs["diversity"], min(logs["real_accuracy"], logs["fake_accuracy"])
        alike = (
            f"samples are nearly identical (diversity {diversity:.2f}; real rows have 1): the generator is collapsing"
        )
        won = f"the discriminator is right {right:.0%} of the time: the generator can no longer learn from it"
        hint = "Try a smaller learning rate for the discriminator, more dropout in it, or label noise"
        for fault, present, text in (("collapse", diversity < self._below, alike), ("won", right > _WON, won)):
            self._counts[fault] = self._counts[fault] + 1 if present else 0
            if self._counts[fault] == self._patience:
                self.tell(f"epoch {epoch + 1}: {text}. {hint}.")
