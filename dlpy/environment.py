"""Where a run is trained: what decides its numbers apart from its experiment and its data."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

# variables of TensorFlow's that change how its sums are made, and so their last bits
_SETTINGS = ("TF_NUM_INTRAOP_THREADS", "TF_ENABLE_ONEDNN_OPTS", "TF_XLA_FLAGS", "XLA_FLAGS", "OMP_NUM_THREADS")


def environment() -> dict[str, Any]:
    """Return what else decides a run's numbers, and where it ran."""
    packages = ("dlpy", "keras", "tensorflow", "tensorflow-cpu", "numpy")
    return {
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in packages}},
        "device": platform.processor() or platform.machine(),
        "threads": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),  # sums depend on them
        "settings": {name: os.environ[name] for name in _SETTINGS if name in os.environ},
        "host": platform.node(),
        "pid": os.getpid(),
        "git_commit": _git_commit(),
        "platform": sys.platform,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git_commit() -> str | None:
    """Return the commit of the folder the command was given in, where it is a git checkout."""
    command = ["git", "rev-parse", "--verify", "--quiet", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
