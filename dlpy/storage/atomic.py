"""Files that appear whole, what they are told by, and what is said where the system refuses to write."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlpy.core import signals
from dlpy.core.errors import DlpyError, StorageError

if TYPE_CHECKING:
    import numpy as np

_MOST_FLOAT32 = 3.4e38  # the largest number that float32 holds, nearly
_TEMPORARY = re.compile(r"\.(\d+)-")  # what `beside` calls it


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an npz file that appears whole."""
    import numpy as np  # commands that only list runs do without

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore

    write_whole(path, write)


def json_text(content: Any) -> str:
    """Return JSON, with null for numbers that are not finite, for which JSON has no word."""
    return json.dumps(_finite(content), indent=2, allow_nan=False)


def _finite(value: Any) -> Any:
    if hasattr(value, "tolist"):  # numpy's numbers and arrays
        return _finite(value.tolist())
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | None) else str(value)


def number_text(value: float) -> str:
    """Return a number as CSV files hold it: the fewest digits that are read as the same float32; empty where undefined.

    A number that is no float32 has nine digits.
    """
    import numpy as np  # commands that only list runs do without

    if math.isnan(value):
        return ""
    rounded = np.float32(value) if abs(value) < _MOST_FLOAT32 else value
    return str(rounded).removesuffix(".0") if float(rounded) == value else f"{value:.9g}"


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, and rename it, so that nobody ever sees half a file.

    What a link leads to is replaced, not the link; a device such as /dev/null stays what it is.
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
    """Return where this process writes what is then renamed to `path`; the suffix is kept, some writers go by it."""
    return path.with_name(f".{os.getpid()}-{path.name}")


def remove_abandoned(folder: Path) -> None:
    """Remove what processes were writing in a folder and below when they were killed.

    Nothing of this process may be in the making: it may bear the number of one that was.
    """
    for place, names, files in os.walk(folder):
        for name in (*names, *files):
            path, written_by = Path(place, name), _TEMPORARY.match(name)
            if written_by is None or _is_another(int(written_by[1])):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        names[:] = [name for name in names if _TEMPORARY.match(name) is None]


def _is_another(process: int) -> bool:
    """Return whether there is a process of this number, other than this one."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


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


def require_space(path: Path, size: int) -> None:
    """Raise StorageError where so many bytes find no room: the library of HDF5 files crashes on a full disk."""
    folder = next(parent for parent in path.parents if parent.is_dir())
    total, _, free = shutil.disk_usage(folder)
    if free < size and total:  # some file systems do not know
        needed = f"it takes {size / 1000:,.0f} kB, and {free / 1000:,.0f} kB are free"
        raise StorageError(f"cannot write {path}: No space left on device ({needed}).")


def require_writable(folder: Path) -> None:
    """Raise StorageError, before any work is done, where no run directory could be made."""
    probe = folder / f".probe-{os.getpid()}-{secrets.token_hex(4)}"
    with storage(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
