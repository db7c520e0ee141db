"""Reads an h5 file in a separate process first, since the HDF5 library hangs or crashes on some damaged files."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from pathlib import Path

from dlpy.core.errors import DataError, SetupError

_SECONDS, _BYTES_A_SECOND = 5.0, 20_000_000
_CODE = (
    "import resource, sys; resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]), int(sys.argv[2]) + 1));"
    "from dlpy.pretrained import weights; weights.try_out(sys.argv[1])"
)
_PATIENCE = 20  # wall-clock limit, as a multiple of the CPU limit, for busy machines


def require_readable(path: Path) -> None:
    """Raise DataError if reading the file would hang or crash, and SetupError if no process can try it."""
    seconds = math.ceil(_SECONDS + path.stat().st_size / _BYTES_A_SECOND)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _CODE, str(path), str(seconds)]
    too_long = DataError(f"{path} is damaged: reading it takes more than {seconds} seconds.")
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=_PATIENCE * seconds, check=False)
    except subprocess.TimeoutExpired:
        raise too_long from None
    if done.returncode == -signal.SIGXCPU:
        raise too_long
    if done.returncode < 0:
        raise DataError(f"{path} is damaged: reading it crashes the HDF5 library (signal {-done.returncode}).")
    if done.returncode > 0:
        raise SetupError(f"cannot start the process that reads {path} first: {done.stderr.decode()[-300:].strip()}")
