"""Reads an h5 file in a process of its own first: the HDF5 library hangs or crashes on some damaged files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dlpy.errors import DataError

_SECONDS, _BYTES_A_SECOND = 5.0, 20_000_000
_CODE = "import sys; from dlpy import weight_files; weight_files.try_out(sys.argv[1])"


def require_readable(path: Path) -> None:
    """Raise DataError where reading the file would never end, or end this process."""
    seconds = _SECONDS + path.stat().st_size / _BYTES_A_SECOND
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CODE, str(path)], env=environment, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise DataError(f"{path} is damaged: reading it takes more than {seconds:.0f} seconds.") from None
    if done.returncode < 0:
        raise DataError(f"{path} is damaged: reading it crashes the HDF5 library (signal {-done.returncode}).")
