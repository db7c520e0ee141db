"""Atomic writing of files, checksums, and one-line errors for failed writes."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlpy.core import signals
from dlpy.core.errors import DlpyError, StorageError

if TYPE_CHECKING:
    import numpy as np

_MOST_FLOAT32 = 3.4e38  # slightly less than the largest float32
_TEMPORARY = re.compile(r"\.(\d+)@([0-9a-f]{8})-")  # the names returned by `beside`
_FORGOTTEN_SECONDS = 86_400  # after which temporary files of other machines are removed


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an npz file atomically."""
    import numpy as np  # not needed by commands that only list runs

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore

    write_whole(path, write)


def json_text(content: Any) -> str:
    """Return the content as JSON; numbers that are not finite become null."""
    return json.dumps(finite(content), indent=2, allow_nan=False)


def finite(value: Any) -> Any:
    """Return a value as JSON values: NumPy's numbers as Python's, and None for those that are not finite."""
    if hasattr(value, "tolist"):  # numpy numbers and arrays
        return finite(value.tolist())
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | None) else str(value)


def number_text(value: float) -> str:
    """Return a number for CSV files with the fewest digits that give the same float32; "" if undefined.

    A number that is not a float32 gets nine digits.
    """
    import numpy as np  # not needed by commands that only list runs

    if math.isnan(value):
        return ""
    rounded = np.float32(value) if abs(value) < _MOST_FLOAT32 else value
    return str(rounded).removesuffix(".0") if float(rounded) == value else f"{value:.9g}"


def number_texts(values: Sequence[float]) -> list[str]:
    """Return what `number_text` returns for each number, in half the time."""
    import numpy as np

    whole = np.array(values, np.float64)
    with np.errstate(over="ignore"):
        rounded = whole.astype(np.float32)
    are_short = (np.abs(whole) < _MOST_FLOAT32) & (rounded == whole)
    pairs = zip(rounded, whole.tolist(), are_short.tolist(), strict=True)
    return [str(short).removesuffix(".0") if is_short else number_text(value) for short, value, is_short in pairs]


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file atomically: `write` fills a temporary file beside `path`, which is then renamed.

    For a symbolic link, the target is replaced; a device such as /dev/null is written directly.
    """
    if path.is_symlink():
        path = path.resolve()
    temporary = beside(path)
    with signals.held_back(), storage(path):
        if path.exists() and not path.is_file():
            raise StorageError(f"cannot write {path}: it is a folder, a pipe or a device.")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(temporary)
            put_on_disk(temporary)
            temporary.replace(path)
            put_on_disk(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def beside(path: Path) -> Path:
    """Return the temporary path for writing `path`; the suffix is kept, since some writers depend on it."""
    return path.with_name(f".{os.getpid()}@{_machine()}-{path.name}")


@cache
def _machine() -> str:
    """Return a short name of this machine: the numbers of its processes mean nothing on others."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def remove_abandoned(folder: Path) -> None:
    """Remove temporary files of killed processes in a folder and its subfolders.

    Those of other machines are removed a day after they were written. Call this only while this process writes nothing
    itself: it may have the process number of a killed one.
    """
    for place, names, files in os.walk(folder):
        for name in (*names, *files):
            path, written_by = Path(place, name), _TEMPORARY.match(name)
            if written_by is None or not _is_abandoned(path, int(written_by[1]), written_by[2]):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        names[:] = [name for name in names if _TEMPORARY.match(name) is None]


def _is_abandoned(path: Path, process: int, machine: str) -> bool:
    if machine == _machine():
        return process == os.getpid() or not is_running(process)
    try:
        return time.time() - path.lstat().st_mtime > _FORGOTTEN_SECONDS
    except OSError:
        return False


def is_running(process: int) -> bool:
    """Return whether a process of this machine has this number, and has not ended."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return not _is_zombie(process)


def _is_zombie(process: int) -> bool:
    """Return whether a process has ended, and keeps its number only until its parent asks for its status."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:  # it is gone by now, or this system has no /proc
        return False
    return text.rpartition(")")[2].split()[:1] == ["Z"]


def put_on_disk(path: Path) -> None:
    """Flush a file's content, or a folder's entries, to disk, so that they survive a power failure."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def storage(path: Path) -> Iterator[None]:
    """Convert OS errors while writing into one-line errors."""
    try:
        yield
    except DlpyError:
        raise
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}.") from error


def require_space(path: Path, size: int) -> None:
    """Raise StorageError if the disk has less space than this: the HDF5 library crashes on a full disk."""
    folder = next(parent for parent in path.parents if parent.is_dir())
    total, _, free = shutil.disk_usage(folder)
    if free < size and total:  # some file systems report 0
        needed = f"{size / 1000:,.0f} kB needed, {free / 1000:,.0f} kB free"
        raise StorageError(f"cannot write {path}: No space left on device ({needed}).")


def require_writable(folder: Path) -> None:
    """Raise StorageError, before any work is done, if no run directory can be created."""
    probe = folder / f".probe-{os.getpid()}-{secrets.token_hex(4)}"
    with storage(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
