"""Minimizers of functions of many variables on numpy arrays: L-BFGS and Adam."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

import numpy as np

Function = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""Takes a point (n,) float64; returns the function's value and its gradient (n,) float64."""

_HISTORY = 10  # past steps that approximate the Hessian, as in scipy
_SUFFICIENT_DECREASE = 1e-4  # c1 of the Wolfe conditions
_CURVATURE = 0.9  # c2 of the Wolfe conditions


class Minimizer(Protocol):
    """Minimizes a function step by step from `place`, keeping its state between calls."""

    place: np.ndarray

    def advance(self, evaluations: int) -> None:
        """Move `place` with at most this many evaluations of the function."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that the next step depends on."""
        ...

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Resume from a value of `state`."""
        ...


class Lbfgs:
    """The L-BFGS method; the value at `place` never increases.

    Source: Nocedal and Wright 2006, algorithms 7.4 and 7.5; the line search bisects and doubles until the weak Wolfe
    conditions hold (Lewis and Overton 2013).
    """

    def __init__(self, function: Function, start: np.ndarray) -> None:
        self.place = np.asarray(start, np.float64)
        self._function = function
        self.value, self._slope = function(self.place)
        self._steps: deque[tuple[np.ndarray, np.ndarray, float]] = deque(maxlen=_HISTORY)

    def advance(self, evaluations: int) -> None:
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
        """Take one step, if the line search finds one within the evaluations; return the number of evaluations."""
        direction, derivative = self._direction()
        length = 1.0 if self._steps else 1.0 / float(np.abs(self._slope).max())
        shortest, longest, found = 0.0, np.inf, None
        used = 0
        while used < evaluations:
            used += 1
            place = self.place + length * direction
            value, slope = self._function(place)
            falls = (
                value <= self.value + _SUFFICIENT_DECREASE * length * derivative
            )  # False for a value that is not finite
            if falls and (found is None or value < found[1]):
                found = place, value, slope
            if falls and float(direction @ slope) >= _CURVATURE * derivative:
                break
            shortest, longest = (length, longest) if falls else (shortest, length)
            length = 2 * length if longest == np.inf else (shortest + longest) / 2
        if found is not None:
            self._move(*found)
        return used

    def _direction(self) -> tuple[np.ndarray, float]:
        """Return a descent direction and the directional derivative along it, which is negative."""
        direction = -self._inverse_hessian_times(self._slope)
        derivative = float(direction @ self._slope)
        if derivative < 0:
            return direction, derivative
        self._steps.clear()  # rounding errors have corrupted the history
        return -self._slope, -float(self._slope @ self._slope)

    def _move(self, place: np.ndarray, value: float, slope: np.ndarray) -> None:
        step, change = place - self.place, slope - self._slope
        bend = float(step @ change)
        if bend > 1e-10 * float(change @ change):
            self._steps.append((step, change, bend))
        self.place, self.value, self._slope = place, value, slope

    def _inverse_hessian_times(self, slope: np.ndarray) -> np.ndarray:
        """Return the product of the approximate inverse Hessian with the gradient (two-loop recursion)."""
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
    """Raise ValueError unless these arrays are finite float64 of this shape."""
    for name in names:
        array = state[name]
        if array.shape != shape or array.dtype != np.float64 or not np.isfinite(array).all():
            raise ValueError(f"'{name}' has type {array.dtype} and shape {array.shape}")


class Adam:
    """The Adam method. Source: Kingma and Ba 2015, arXiv:1412.6980."""

    def __init__(self, function: Function, start: np.ndarray, rate: float) -> None:
        self.place = np.asarray(start, np.float64)
        self._function, self._rate, self._taken = function, rate, 0
        self._mean, self._square = np.zeros_like(self.place), np.zeros_like(self.place)

    def advance(self, evaluations: int) -> None:
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
