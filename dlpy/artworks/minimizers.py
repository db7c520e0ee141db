"""Ways to make a function of very many numbers small: L-BFGS and Adam, on numpy arrays."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

import numpy as np

Function = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""Takes numbers (n,) float64, returns the function's value there and its slope (n,) float64."""

_REMEMBERED = 10  # steps whose change of slope tells how the function curves; as in scipy
_ENOUGH = 1e-4  # of the fall that the slope promises, for a step to be taken
_FLATTER = 0.9  # the slope behind a step, as a share of that before: else it was too short


class Minimizer(Protocol):
    """Changes `place` step by step, and remembers from call to call what it has learnt of the function."""

    place: np.ndarray

    def go_on(self, evaluations: int) -> None:
        """Compute the function at most so many times, and leave the best, or the last, place in `place`."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """Return all that the next step depends on."""
        ...

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go on from what `state` returned."""
        ...


class Lbfgs:
    """Goes where the function falls, as far as it falls, and learns from its slopes how it curves.

    The value at `place` never grows. Source: Nocedal and Wright 2006, algorithms 7.4 and 7.5; steps are found by
    halving and doubling until the weak Wolfe conditions hold (Lewis and Overton 2013).
    """

    def __init__(self, function: Function, start: np.ndarray) -> None:
        self.place = np.asarray(start, np.float64)
        self._function = function
        self.value, self._slope = function(self.place)
        self._steps: deque[tuple[np.ndarray, np.ndarray, float]] = deque(maxlen=_REMEMBERED)

    def go_on(self, evaluations: int) -> None:
        while evaluations > 0 and self._slope.any():
            evaluations -= self._step(evaluations)

    def state(self) -> dict[str, np.ndarray]:
        none = np.empty((0, self.place.size))
        steps, changes, bends = zip(*self._steps, strict=True) if self._steps else (none, none, ())
        learnt = {"steps": np.array(steps), "changes": np.array(changes), "bends": np.array(bends, np.float64)}
        return {"place": self.place, "value": np.float64(self.value), "slope": self._slope, **learnt}  # type: ignore

    def restore(self, state: dict[str, np.ndarray]) -> None:
        require_numbers(state, ("place", "slope"), self.place.shape)
        require_numbers(state, ("steps", "changes"), (len(state["bends"]), self.place.size))
        self.place, self.value, self._slope = state["place"], float(state["value"]), state["slope"]
        self._steps.clear()
        self._steps.extend(zip(state["steps"], state["changes"], map(float, state["bends"]), strict=True))

    def _step(self, evaluations: int) -> int:
        """Take one step, if so many evaluations find one; return how many it took."""
        direction, promised = self._direction()
        length = 1.0 if self._steps else 1.0 / float(np.abs(self._slope).max())
        shortest, longest, found = 0.0, np.inf, None
        used = 0
        while used < evaluations:
            used += 1
            place = self.place + length * direction
            value, slope = self._function(place)
            falls = value <= self.value + _ENOUGH * length * promised  # false of what is not finite
            if falls and (found is None or value < found[1]):
                found = place, value, slope
            if falls and float(direction @ slope) >= _FLATTER * promised:
                break
            shortest, longest = (length, longest) if falls else (shortest, length)
            length = 2 * length if longest == np.inf else (shortest + longest) / 2
        if found is not None:
            self._move(*found)
        return used

    def _direction(self) -> tuple[np.ndarray, float]:
        """Return where to go, and how fast the function falls there at first: below 0."""
        direction = -self._curved(self._slope)
        promised = float(direction @ self._slope)
        if promised < 0:
            return direction, promised
        self._steps.clear()  # rounding has spoilt what was learnt
        return -self._slope, -float(self._slope @ self._slope)

    def _move(self, place: np.ndarray, value: float, slope: np.ndarray) -> None:
        step, change = place - self.place, slope - self._slope
        bend = float(step @ change)
        if bend > 1e-10 * float(change @ change):
            self._steps.append((step, change, bend))
        self.place, self.value, self._slope = place, value, slope

    def _curved(self, slope: np.ndarray) -> np.ndarray:
        """Return the slope, measured by how the function curves along the steps that are remembered."""
        found, shares = slope.copy(), []
        for step, change, bend in reversed(self._steps):
            shares.append(float(step @ found) / bend)
            found -= shares[-1] * change
        if self._steps:
            _, change, bend = self._steps[-1]
            found *= bend / float(change @ change)
        for step, change, bend in self._steps:
            found += (shares.pop() - float(change @ found) / bend) * step
        return found


def require_numbers(state: dict[str, np.ndarray], names: tuple[str, ...], shape: tuple[int, ...]) -> None:
    """Raise ValueError unless arrays of a state hold finite numbers of that shape."""
    for name in names:
        array = state[name]
        if array.shape != shape or array.dtype != np.float64 or not np.isfinite(array).all():
            raise ValueError(f"'{name}' is of type {array.dtype} and shape {array.shape}")


class Adam:
    """Takes steps of about the same size, whatever the slope's. Source: Kingma and Ba 2015, arXiv:1412.6980."""

    def __init__(self, function: Function, start: np.ndarray, rate: float) -> None:
        self.place = np.asarray(start, np.float64)
        self._function, self._rate, self._taken = function, rate, 0
        self._mean, self._square = np.zeros_like(self.place), np.zeros_like(self.place)

    def go_on(self, evaluations: int) -> None:
        for _ in range(evaluations):
            _, slope = self._function(self.place)
            self._taken += 1
            self._mean = 0.9 * self._mean + 0.1 * slope
            self._square = 0.999 * self._square + 0.001 * slope**2
            mean, square = self._mean / (1 - 0.9**self._taken), self._square / (1 - 0.999**self._taken)
            self.place = self.place - self._rate * mean / (np.sqrt(square) + 1e-8)

    def state(self) -> dict[str, np.ndarray]:
        return {"place": self.place, "mean": self._mean, "square": self._square, "taken": np.array(self._taken)}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        require_numbers(state, ("place", "mean", "square"), self.place.shape)
        self.place, self._mean, self._square = state["place"], state["mean"], state["square"]
        self._taken = int(state["taken"])
