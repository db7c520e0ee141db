"""Tracks the best value of a score so far."""

from __future__ import annotations

import math
from typing import Any

from dlpy.core.parsing import parse


class Best:
    """Stores the best value of one score; a missing or NaN value is never an improvement."""

    def __init__(self, monitor: str, direction: str, min_delta: float = 0.0) -> None:
        self.monitor = monitor
        self.value: float | None = None
        self.epoch: int | None = None  # from 0
        self._sign = 1.0 if direction == "min" else -1.0
        self._min_delta = min_delta

    def forget(self) -> None:
        """Reset to the initial state."""
        self.value = self.epoch = None

    def state(self) -> dict[str, Any]:
        """Return the best value and its epoch, to be stored in checkpoints."""
        return {"monitor": self.monitor, "value": self.value, "epoch": self.epoch}

    def restore(self, state: dict[str, Any] | None) -> None:
        """Restore what `state` returned, unless it is of another score or None."""
        if state is not None and state["monitor"] == self.monitor:
            self.value = parse(state["value"], float | None, "value")
            self.epoch = parse(state["epoch"], int | None, "epoch")  # None until the first epoch has finished

    def improved(self, epoch: int, logs: dict[str, float]) -> bool:
        """Update with an epoch's scores; return whether they improve on the best by more than min_delta."""
        value = logs.get(self.monitor, math.nan)
        if math.isnan(value):
            return False
        if self.value is not None and self._sign * (self.value - value) <= self._min_delta:
            return False
        self.value, self.epoch = value, epoch
        return True
