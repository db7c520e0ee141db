"""The environment of a run: versions, hardware and variables that influence its results."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

# TensorFlow and oneDNN variables that change the order of summation, and so the last bits of results
SETTINGS = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_DETERMINISTIC_OPS",
    "TF_CUDNN_DETERMINISTIC",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
    "OMP_NUM_THREADS",
    "ONEDNN_MAX_CPU_ISA",
    "DNNL_MAX_CPU_ISA",
    "ONEDNN_DEFAULT_FPMATH_MODE",
)
_VECTORS = ("avx512f", "avx2", "avx")


def environment() -> dict[str, Any]:
    """Return the environment of this process, as stored in run.json."""
    return {
        "versions": versions(),
        "device": _processor(),
        "threads": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),  # affects sums
        "settings": {name: os.environ[name] for name in SETTINGS if name in os.environ},
        "host": platform.node(),
        "pid": os.getpid(),
        "git_commit": _git_commit(),
        "platform": sys.platform,
    }


def versions() -> dict[str, str | None]:
    """Return the versions of Python and of the numerical packages; None for packages that are not installed."""
    packages = ("dlpy", "keras", "tensorflow", "tensorflow-cpu", "numpy", "scikit-learn", "lightgbm", "xgboost-cpu")
    found = {name: version_of(name) for name in packages}
    boosting = found["xgboost-cpu"] or version_of("xgboost")  # the same library, with or without support for GPUs
    return {**found, "xgboost-cpu": boosting, "python": platform.python_version()}


def _processor() -> str:
    """Return the processor model and its widest vector instructions, which influence the order of summation."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    known = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    widest = next((name for name in _VECTORS if name in known.get("flags", "").split()), "")
    return " ".join(filter(None, [known.get("model name") or platform.machine(), widest]))


def version_of(package: str) -> str | None:
    """Return the version of a package; None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git_commit() -> str | None:
    """Return the git commit of the working directory, or None if it is not a git checkout."""
    command = ["git", "rev-parse", "--verify", "--quiet", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
