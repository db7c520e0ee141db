"""Checks of zip archives."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from dlpy.storage.npz import check_sizes


def zip_damage(path: Path) -> str | None:
    """Return what is wrong with an archive; every byte is read, nothing is extracted or executed."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_sizes(archive.infolist())
            wrong = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        return str(error) or type(error).__name__
    return wrong and f"the content of {wrong} was changed"
