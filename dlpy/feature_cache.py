"""What bases gave for rows, kept on disk: `features/<key>.npy` in dlpy's cache ($DLPY_CACHE, or ~/.cache/dlpy).

The folder holds at most 10 GB ($DLPY_FEATURES_GB for another number); the files that were not used for longest go
first. A file appears whole, so two runs may fill the folder at a time.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from dlpy.data import Rows
from dlpy.errors import SetupError
from dlpy.features import Scaled, arrays_of
from dlpy.fetch import own_cache
from dlpy.runs import write_whole

_MOST_GB = 10.0


def folder() -> Path:
    """Return where the files are."""
    return own_cache() / "features"


def digest_of(rows: Rows) -> str:
    """Return the sha256 of the rows' only input, as the base takes it."""
    x = rows.x
    digest = hashlib.sha256(f"{x.scale} {x.offset}".encode() if isinstance(x, Scaled) else b"")
    for array in arrays_of(x):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def kept(key: str, make: Callable[[], np.ndarray]) -> np.ndarray:
    """Return the array that is kept under a key; made, and kept, where there is none or it is damaged."""
    path = folder() / f"{key}.npy"
    try:
        found = np.load(path, allow_pickle=False)
        os.utime(path)
    except (OSError, ValueError, EOFError):
        found = make()
        write_whole(path, lambda temporary: np.save(temporary, found))
        _make_room(path)
    return found


def _make_room(newest: Path) -> None:
    """Remove the files that were not used for longest until the rest fits; never the newest."""
    files = sorted((path for path in folder().glob("*.npy") if path != newest), key=_used)
    total = sum(_size(path) for path in [*files, newest])
    for path in files:
        if total <= _most_bytes():
            return
        total -= _size(path)
        path.unlink(missing_ok=True)


def _most_bytes() -> float:
    text = os.environ.get("DLPY_FEATURES_GB") or str(_MOST_GB)
    with suppress(ValueError):
        if float(text) >= 0:
            return float(text) * 1e9
    raise SetupError(f"$DLPY_FEATURES_GB is '{text}'; expected how many GB of features to keep, such as 10.")


def _used(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
