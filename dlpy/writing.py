"""Files that appear whole, what they are told by, and what is said where the system refuses to write."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dlpy import stopping
from dlpy.errors import DlpyError, StorageError

if TYPE_CHECKING:
    import numpy as np


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an npz file that appears whole."""
    import numpy as np  # commands that only list runs do without

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore

    write_whole(path, write)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, and rename it, so that nobody ever sees half a file."""
    temporary = path.with_name(f".{os.getpid()}-{path.name}")  # keeps the suffix, by which some writers go
    with stopping.held_back(), storage(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(temporary)
            put_on_disk(temporary)
            temporary.replace(path)
            put_on_disk(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def put_on_disk(path: Path) -> None:
    """Return once a file's content, or the names in a folder, would outlive a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """Return the digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def storage(path: Path) -> Iterator[None]:
    """Turn the operating system's refusal to write into one line."""
    try:
        yield
    except DlpyError:
        raise
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}.") from error
