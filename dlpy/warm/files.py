"""The files that a process has imported, and whether they have changed since."""

from __future__ import annotations

import os
import sys
from pathlib import Path

Stamps = dict[str, tuple[int, int] | None]


def imported() -> Stamps:
    """Return the size and the time of change of each file that this process has imported, and of Keras' settings."""
    modules = [*sys.modules.values()]
    found = {file for module in modules if isinstance(file := getattr(module, "__file__", None), str)}
    return {file: _stamp(file) for file in (*sorted(found), _keras_settings())}


def changed(before: Stamps) -> str | None:
    """Return a file that is not as it was; None if all are."""
    return next((file for file, stamp in before.items() if _stamp(file) != stamp), None)


def _keras_settings() -> str:
    return str(Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "keras.json")


def _stamp(file: str) -> tuple[int, int] | None:
    try:
        found = os.stat(file)  # noqa: PTH116 - three thousand files
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
