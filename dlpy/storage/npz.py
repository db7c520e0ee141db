"""Arrays out of npz files, looked at before they are read: how large they are, and what is in them."""

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

MOST_BYTES = 8 << 30  # of all arrays of a file that are read
_MOST_MEMBERS = 100_000
_MOST_ROWS = 1_000_000  # without a number in any
_SMALL, _MOST_RATIO = 256 << 20, 100  # above so many bytes, packed numbers may unfold to 100 times as many
_DAMAGE = (
    OSError, EOFError, KeyError, MemoryError, NotImplementedError, RuntimeError, SyntaxError, TypeError,
    zipfile.BadZipFile, zlib.error, tokenize.TokenError,
)  # fmt: skip


class ArraysError(ValueError):
    """An npz file is damaged, too large, or holds something else than numbers and texts; says which."""


def sizes_of(path: Path) -> dict[str, int]:
    """Return the bytes that each array of an npz file takes, nothing unpacked yet.

    Raises:
        ArraysError: it is no npz file.
        FileNotFoundError: there is none.
    """
    with _opened(path) as archive:
        return {info.filename.removesuffix(".npy"): info.file_size for info in archive.infolist()}


def read_npz(path: Path, names: list[str] | None = None) -> dict[str, np.ndarray]:
    """Return the named arrays of an npz file, or all: numbers and texts, never Python objects.

    Raises:
        ArraysError: the file is damaged, lacks an array, or holds what is not read.
        FileNotFoundError: there is none.
    """
    with _opened(path) as archive:
        members = archive.infolist() if names is None else [_member(archive, name) for name in names]
        check_sizes(members)
        return {member.filename.removesuffix(".npy"): _array(archive, member) for member in members}


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Give the archive; what goes wrong inside, whichever of numpy's, zipfile's or zlib's errors, is told in one."""
    if path.exists() and not path.is_file():
        raise ArraysError("it is no file")  # a pipe would be waited for
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive.infolist(), path.stat().st_size)
            yield archive
    except (FileNotFoundError, ArraysError):
        raise
    except (*_DAMAGE, ValueError) as error:
        raise ArraysError(" ".join(str(error).rstrip(".").split()) or type(error).__name__) from None


def _check_members(members: list[zipfile.ZipInfo], size: int) -> None:
    """Raise ArraysError where members claim more bytes than the file has, or the same name twice."""
    if len(members) > _MOST_MEMBERS:
        raise ArraysError(f"it has {len(members):,} members")
    if len({member.filename for member in members}) < len(members):
        raise ArraysError("two of its members have the same name")
    packed = sum(member.compress_size for member in members)
    stored = [member for member in members if member.compress_type == zipfile.ZIP_STORED]
    if packed > size or any(member.file_size != member.compress_size for member in stored):
        raise ArraysError(f"its members claim more than the {size:,} bytes of the file")


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    try:
        return archive.getinfo(f"{name}.npy")
    except KeyError:
        raise ArraysError(f"there is no array '{name}' in it") from None


def check_sizes(members: list[zipfile.ZipInfo]) -> None:
    """Raise ArraysError where unpacking would fill the memory."""
    size, packed = sum(member.file_size for member in members), sum(member.compress_size for member in members)
    if size > MOST_BYTES:
        raise ArraysError(f"its arrays would take {size:,} bytes, at most {MOST_BYTES:,} are read")
    if size > max(_SMALL, _MOST_RATIO * packed):
        raise ArraysError(f"{packed:,} bytes would unfold to {size:,}; save it with numpy.savez, not compressed")


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as file:
        _check_header(file, member)
    with archive.open(member) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
        file.read(1)  # the end of the member, where its checksum is compared
    return array


def _check_header(file: IO[bytes], member: zipfile.ZipInfo) -> None:
    """Raise ArraysError unless the header announces numbers or texts, and as many as there are."""
    name = member.filename.removesuffix(".npy")
    if np.lib.format.read_magic(file) == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    if dtype.kind not in "biufUS":
        what = "Python objects, which dlpy never loads" if dtype.hasobject else f"{dtype}"
        raise ArraysError(f"'{name}' contains {what}; expected numbers (bool, int, uint or float)")
    if max(shape, default=0) > _MOST_ROWS and not math.prod(shape):
        raise ArraysError(f"'{name}' announces {max(shape):,} rows of nothing")
    announced, held = math.prod(shape) * dtype.itemsize, member.file_size - file.tell()
    if announced != held:
        raise ArraysError(f"'{name}' announces {announced:,} bytes of numbers and holds {held:,}")
