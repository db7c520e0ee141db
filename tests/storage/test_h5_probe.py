"""The process that reads h5 files first, in case the HDF5 library hangs or crashes."""

import subprocess
import sys
from pathlib import Path

import h5py

from dlpy.storage import h5_probe


def test_the_probe_starts_and_reads_the_file(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["kernel"] = [1.0, 2.0]
    command = [sys.executable, "-c", h5_probe._CODE, str(tmp_path / "w.h5"), "60"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
