"""Safe reading of npz files: sizes and types are checked before arrays are loaded."""

from __future__ import annotations

import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

MOST_BYTES = 8 << 30  # limit for all arrays of a file together
_MOST_MEMBERS = 100_000
_MOST_ROWS = 1_000_000  # limit for rows without any numbers
_SMALL, _MOST_RATIO = 256 << 20, 100  # above this size, compressed arrays may expand to at most 100 times their size
_DAMAGE = (
    OSError, EOFError, KeyError, MemoryError, NotImplementedError, RuntimeError, SyntaxError, TypeError,
    zipfile.BadZipFile, zlib.error, tokenize.TokenError,
)  # fmt: skip


class ArraysError(ValueError):
    """An npz file is damaged, too large, or contains something other than numbers and texts."""


def sizes_of(path: Path) -> dict[str, int]:
    """Return the size in bytes of each array in an npz file, without unpacking any.

    Raises:
        ArraysError: it is not an npz file.
        FileNotFoundError: the file does not exist.
    """
    with _opened(path) as archive:
        return {info.filename.removesuffix(".npy"): info.file_size for info in archive.infolist()}


def shapes_of(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of each array in an npz file, without unpacking any.

    Raises:
        ArraysError: it is not an npz file of numbers.
        FileNotFoundError: the file does not exist.
    """
    with _opened(path) as archive:
        found = {}
        for member in archive.infolist():
            with archive.open(member) as file:
                found[member.filename.removesuffix(".npy")] = _checked_shape(file, member)
        return found


def read_npz(path: Path, names: list[str] | None = None) -> dict[str, np.ndarray]:
    """Return the named arrays of an npz file, or all arrays: numbers and texts, never Python objects.

    Raises:
        ArraysError: the file is damaged, lacks an array, or contains an unsupported type.
        FileNotFoundError: the file does not exist.
    """
    with _opened(path) as archive:
        members = archive.infolist() if names is None else [_member(archive, name) for name in names]
        check_sizes(members)
        return {member.filename.removesuffix(".npy"): _array(archive, member) for member in members}


def least_and_most(path: Path, name: str) -> tuple[int, int] | None:
    """Return the smallest and the largest of the integers of an array, some of which are read at a time; None if empty.

    Raises:
        ArraysError: the file is damaged, or the array holds no integers.
    """
    ends: list[tuple[int, int]] = []
    with _opened(path) as archive, archive.open(_member(archive, name)) as file:
        dtype = _header(file)
        if dtype.kind not in "iu":
            raise ArraysError(f"'{name}' is of type {dtype}")
        while chunk := file.read(dtype.itemsize << 19):
            some = np.frombuffer(chunk, dtype)
            ends.append((int(some.min()), int(some.max())))
    return (min(least for least, _ in ends), max(most for _, most in ends)) if ends else None


def _header(file: IO[bytes]) -> np.dtype:
    """Return the type of the array whose numbers come next."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read(file)[2]


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Yield the archive; errors of numpy, zipfile and zlib within the block become ArraysError."""
    if path.exists() and not path.is_file():
        raise ArraysError("it is not a regular file")  # a pipe would block
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive.infolist(), path.stat().st_size)
            yield archive
    except (FileNotFoundError, ArraysError):
        raise
    except (*_DAMAGE, ValueError) as error:
        raise ArraysError(" ".join(str(error).rstrip(".").split()) or type(error).__name__) from None


def _check_members(members: list[zipfile.ZipInfo], size: int) -> None:
    """Raise ArraysError if members are larger than the file or share a name."""
    if len(members) > _MOST_MEMBERS:
        raise ArraysError(f"it has {len(members):,} members")
    if len({member.filename for member in members}) < len(members):
        raise ArraysError("two of its members have the same name")
    packed = sum(member.compress_size for member in members)
    stored = [member for member in members if member.compress_type == zipfile.ZIP_STORED]
    if packed > size or any(member.file_size != member.compress_size for member in stored):
        raise ArraysError(f"its members are larger than the {size:,} bytes of the file")


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    try:
        return archive.getinfo(f"{name}.npy")
    except KeyError:
        raise ArraysError(f"it has no array '{name}'") from None


def check_sizes(members: list[zipfile.ZipInfo]) -> None:
    """Raise ArraysError if unpacking would fill the memory."""
    size, packed = sum(member.file_size for member in members), sum(member.compress_size for member in members)
    if size > MOST_BYTES:
        raise ArraysError(f"its arrays need {size:,} bytes; at most {MOST_BYTES:,} are supported")
    if size > max(_SMALL, _MOST_RATIO * packed):
        raise ArraysError(f"{packed:,} bytes would expand to {size:,}; save it uncompressed, with numpy.savez")


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as file:
        _checked_shape(file, member)
    with archive.open(member) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
        file.read(1)  # reaches the end of the member, where its checksum is checked
    return array


def _checked_shape(file: IO[bytes], member: zipfile.ZipInfo) -> tuple[int, ...]:
    """Return the shape that the header declares.

    Raises:
        ArraysError: it does not declare numbers or texts, or not as many as the member contains.
    """
    name = member.filename.removesuffix(".npy")
    if np.lib.format.read_magic(file) == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    if dtype.kind not in "biufUS":
        what = "Python objects, which dlpy never loads" if dtype.hasobject else f"{dtype}"
        raise ArraysError(f"'{name}' contains {what}; expected numbers (bool, int, uint or float)")
    if max(shape, default=0) > _MOST_ROWS and not math.prod(shape):
        raise ArraysError(f"'{name}' has {max(shape):,} rows without numbers")
    announced, held = math.prod(shape) * dtype.itemsize, member.file_size - file.tell()
    if announced != held:
        raise ArraysError(f"'{name}' declares {announced:,} bytes of numbers but contains {held:,}")
    return shape
