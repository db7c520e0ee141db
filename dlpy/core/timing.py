"""Where the time of a command goes, stage by stage, if $DLPY_TIMING is 1.

Each moment belongs to one stage, the innermost, so that the stages add up to the whole. What ends the process comes
after the last line and is not measured.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OTHER = "other"
_BEFORE = "interpreter"
ORDER = (
    _BEFORE,
    "dlpy",
    "experiment file",
    "TensorFlow",
    "Keras",
    "reading",
    "transforms",
    "building",
    "tracing",
    "first steps",
    "epochs",
    "checkpoints",
    "predictions",
    "model.keras",
    "plots",
    "report",
    _OTHER,
)
"""The stages in the order of a training. In the first steps, XLA compiles where it does."""


class Stages:
    """The seconds that each stage has taken."""

    def __init__(self, began: float, now: float) -> None:
        """Begin with the time since the process began.

        Args:
            began: when the process began, by the clock of `now`.
            now: the time.
        """
        self._seconds = {_BEFORE: max(0.0, now - began)}
        self._stack = ["dlpy"]
        self._since = now

    def enter(self, stage: str, now: float) -> None:
        """Begin a stage within the current one."""
        self._charge(now)
        self._stack[0] = _OTHER  # before the first stage, dlpy imports its modules
        self._stack.append(stage)

    def leave(self, now: float) -> None:
        """End the innermost stage."""
        self._charge(now)
        self._stack.pop()

    def seconds(self, now: float) -> dict[str, float]:
        """Return the seconds of each stage so far, in the order of a training."""
        self._charge(now)
        names = sorted(self._seconds, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
        return {name: round(self._seconds[name], 4) for name in names}

    def _charge(self, now: float) -> None:
        current = self._stack[-1]
        self._seconds[current] = self._seconds.get(current, 0.0) + now - self._since
        self._since = now


_stages: Stages | None = None


def begin() -> None:
    """Measure from now on, and count the time since the process began as the interpreter's."""
    global _stages
    if _stages is None and os.environ.get("DLPY_TIMING") == "1":
        now = time.monotonic()
        _stages = Stages(now - _age(), now)


def seconds() -> dict[str, float] | None:
    """Return the seconds of each stage so far; None if they are not measured."""
    return None if _stages is None else _stages.seconds(time.monotonic())


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Count the time of the block, or of the calls of a decorated function, as that of a stage."""
    if _stages is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    _stages.enter(name, time.monotonic())
    try:
        yield
    finally:
        _stages.leave(time.monotonic())


def table(found: dict[str, float]) -> list[str]:
    """Return lines with the seconds and the share of each stage."""
    whole = sum(found.values())
    lines = [f"{name:<16}{value:8.2f} s {value / whole:7.1%}" for name, value in found.items() if value >= 0.005]
    return [*lines, f"{'together':<16}{whole:8.2f} s"]


def _age() -> float:
    """Return the seconds since this process began; 0 where the system does not tell."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        uptime = float(Path("/proc/uptime").read_text().split()[0])
        return max(0.0, uptime - int(fields[19]) / os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, IndexError):
        return 0.0
