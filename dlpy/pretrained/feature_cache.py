"""The cache of pretrained features: `features/<key>.npy` in dlpy's cache ($DLPY_CACHE, or ~/.cache/dlpy).

The files take at most half of the disk space that would be free without them; the least recently used are deleted
first. Files are written atomically, so that two runs may fill the folder at the same time.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from dlpy.data.features import Scaled, arrays_of
from dlpy.data.rows import Rows
from dlpy.storage.cache import own_cache


def folder() -> Path:
    """Return the folder of the cache."""
    return own_cache() / "features"


def digest_of(rows: Rows) -> str:
    """Return the sha256 of the only input of the rows, as the base sees it."""
    x = rows.x
    digest = hashlib.sha256(f"{x.scale} {x.offset}".encode() if isinstance(x, Scaled) else b"")
    for array in arrays_of(x):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
