"""What runs on a worker: a description of itself, and tasks in child processes.

A task has a process for itself alone: other threads of a worker would draw from the random numbers of Python, of which
Keras takes its seeds, and a training ends after its step only in the main thread of a process.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dlpy.cluster.child import Child
from dlpy.cluster.package import run_of_package
from dlpy.cluster.protocol import Order, Worker
from dlpy.core.environment import versions

_idle: list[Child] = []  # children of this process that have no task: TensorFlow is loaded there, and rows may be


def described(name: str, probe: str, text: str) -> Worker:
    """Return the description of this process as a worker."""
    return Worker(name, versions(), holds(Path(probe), text))


def holds(path: Path, text: str) -> bool:
    """Return whether a file is visible here, with that content."""
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8") == text
    return False


def run_order(order: Order, package: bytes | None, is_wanted: Callable[[], bool]) -> bytes | None:
    """Return the outcome of a task as bytes; None if its process was killed, or nobody wants it any longer.

    Args:
        order: the task.
        package: what to train from where the storage is not shared.
        is_wanted: whether somebody still waits for the outcome; asked every half second.
    """
    where = str(run_of_package(package).path) if package is not None else None
    surroundings = (order.settings, os.environ.get("CUDA_VISIBLE_DEVICES"))
    child = _child(surroundings)
    outcome = child.run((order.task, where), is_wanted)
    if outcome is not None:
        _idle.append(child)
    return outcome


def _child(surroundings: tuple[tuple[tuple[str, str], ...], str | None]) -> Child:
    """Return an idle child that was started with these variables, or a new one."""
    for child in [*_idle]:
        with suppress(ValueError):  # another thread took it
            _idle.remove(child)
            if child.surroundings == surroundings and child.is_alive():
                return child
            child.end()
    return Child(surroundings)
