"""Where a named dataset's file is: given, in $DLPY_DATA, in Keras' cache, or downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dlpy.errors import DataError, UnavailableError


@dataclass(frozen=True)
class Remote:
    """A file that can be downloaded: its name, where from, and the sha256 it must have."""

    name: str
    url: str
    sha256: str


def locate(remote: Remote, path: str | None) -> Path:
    """Return the path of the file on this machine."""
    if path is not None:
        if not Path(path).exists():
            raise DataError(f"data.path: there is no {path}.")
        return Path(path)
    raise UnavailableError(f"no {remote.name}")
