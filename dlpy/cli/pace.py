"""Estimates how long an epoch takes, while the first one runs."""

from __future__ import annotations

import math

_WATCHED = 2.0  # seconds of training before the estimate
_WORTH_SAYING = 10.0  # seconds of an epoch


class Pace:
    """The steps of the first epoch in time; those before the first measured moment include compilation."""

    def __init__(self, steps: int, epochs: int) -> None:
        self._steps, self._epochs = steps, epochs
        self._begun: tuple[int, float] | None = None
        self._done = False

    def after(self, step: int, now: float) -> str | None:
        """Return the estimate as a line, once, when enough steps have been timed; else None.

        Args:
            step: the number of steps so far in this epoch.
            now: the time in seconds.
        """
        if self._done or self._steps <= 0:
            return None
        if self._begun is None:
            self._begun = (step, now)
            return None
        first, start = self._begun
        if now - start < _WATCHED or step <= first:
            self._done = step <= first  # the next epoch has begun
            return None
        self._done = True
        epoch = self._steps * (now - start) / (step - first)
        if epoch < _WORTH_SAYING:
            return None
        return f"an epoch takes about {duration(epoch)}, {self._epochs} epochs {duration(epoch * self._epochs)}"


def duration(seconds: float) -> str:
    """Return a duration with two significant figures, such as "14 s", "5 min" or "2.5 h"."""
    for unit, size, limit in (("s", 1, 120), ("min", 60, 120), ("h", 3600, math.inf)):
        if seconds / size < limit:
            figures = 0 if seconds / size >= 10 or unit == "s" else 1
            return f"{seconds / size:.{figures}f} {unit}"
    raise ValueError(f"not a duration: {seconds}")
