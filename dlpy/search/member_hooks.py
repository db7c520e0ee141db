"""What is called for each training of a group: it keeps the scores in memory until the files are written."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dlpy.callbacks._metrics_csv import csv_row
from dlpy.components.hooks import Hooks
from dlpy.core.parsing import parse
from dlpy.engine.model_state import learning_rate
from dlpy.search.reasons import reason_of

if TYPE_CHECKING:
    import keras


class MemberHooks(Hooks):
    """Calls the hooks of one training, and remembers its scores.

    An error of a hook ends this training alone: `reason` says why. `text` is the content of metrics.csv.

    Args of an instance:
        hooks: of the experiment, in order, and what checks the scores.
        monitor: the score whose `curve` is kept.
    """

    def __init__(self, hooks: Sequence[Hooks], monitor: str) -> None:
        self.hooks, self._monitor = hooks, monitor
        self.curve: list[float] = []
        self.reason: str | None = None
        self.text = ""
        self._began = 0.0

    def set_model(self, model: keras.Model) -> None:
        self.model = model
        for hook in self.hooks:
            hook.set_model(model)

    def set_params(self, params: dict[str, int]) -> None:
        for hook in self.hooks:
            hook.set_params(params)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._began = time.monotonic()
        for hook in self.hooks:
            hook.on_train_begin()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        for hook in self.hooks:
            hook.on_epoch_begin(epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if not self.text:
            self.text = ",".join(["epoch", "seconds", "learning_rate", *logs]) + "\n"
        self.curve.append(float(logs[self._monitor]))
        rate = learning_rate(self.model)  # before a hook changes it
        self.text += csv_row(epoch, time.monotonic() - self._began, [rate, *logs.values()])
        try:
            for hook in self.hooks:
                hook.on_epoch_end(epoch, logs)
        except Exception as error:
            self.reason = reason_of(error)
            if self.reason is None:
                raise
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        for hook in self.hooks:
            hook.on_train_end()

    def state(self) -> dict[str, Any]:
        own = {"curve": [*self.curve], "reason": self.reason, "text": self.text}
        return {**own, "seconds": time.monotonic() - self._began, "hooks": [hook.state() for hook in self.hooks]}

    def restore(self, state: dict[str, Any]) -> None:
        curve = parse(state["curve"], list[float | None], "curve")
        self.curve = [math.nan if score is None else score for score in curve]
        self.reason = parse(state["reason"], str | None, "reason")
        self.text = parse(state["text"], str, "text")
        self._began = time.monotonic() - parse(state["seconds"], float, "seconds")
        for hook, of_hook in zip(self.hooks, state["hooks"], strict=True):
            if of_hook is not None:
                hook.restore(of_hook)
