"""Readers for the formats of published datasets: npz, IDX and CIFAR's tar archive. No file can execute code."""

from __future__ import annotations

import gzip
import io
import math
import tarfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.features import Sequences, splits_of
from dlpy.storage import npz
from dlpy.storage.atomic import sha256
from dlpy.storage.cache import own_cache
from dlpy.storage.kept_arrays import kept
from dlpy.storage.pickles import read_batch, read_rows

MAX_BYTES = 512 << 20  # unpacked; the largest published file, CIFAR-10, has 186 MB
_LARGE = 4 << 20  # bytes; smaller files are decoded in less than a tenth of a second
_DAMAGE = (
    OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, EOFError, MemoryError, ImportError,
    zipfile.BadZipFile, zlib.error, tarfile.TarError, tokenize.TokenError, RecursionError, OverflowError,
    NotImplementedError,
)  # fmt: skip


class _Bounded(io.RawIOBase):
    """Limits how many bytes a compressed file can unpack to, as a protection against decompression bombs."""

    def __init__(self, file: gzip.GzipFile) -> None:
        super().__init__()
        self._file, self._left = file, MAX_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        read = self._file.readinto(memoryview(buffer)[: self._left + 1])
        self._left -= read
        if self._left < 0:
            raise ValueError(f"it would unpack to more than {MAX_BYTES:,} bytes")
        return read


def read_npz(path: Path, names: Iterable[str]) -> list[np.ndarray]:
    """Return the named arrays of an npz file, in that order.

    Raises:
        DataError: the file or an array is missing, or the file is damaged.
    """
    try:
        return list(npz.read_npz(path, list(names)).values())
    except (OSError, npz.ArraysError) as error:
        raise DataError(f"{path} is not an npz file with {', '.join(names)}: {error}.") from None


def read_ragged(path: Path, names: Iterable[str]) -> list[Sequences]:
    """Return the named arrays of lists of integers from an npz file, as Keras stores texts.

    To decode those of a large file takes up to half a second, so they are kept in dlpy's cache.

    Raises:
        DataError: the file is missing, damaged or has other contents.
    """
    folder, found = own_cache() / "integers", []
    key = sha256(path) if path.is_file() and path.stat().st_size >= _LARGE else None
    for name in names:
        decode = partial(_decoded_lists, path, name)
        try:
            lists = decode() if key is None else kept(folder, f"{key}-{name}", decode)
        except _DAMAGE as error:
            raise DataError(f"{path} is not an npz file with lists of integers in {name}: {_reason(error)}.") from None
        count = int(lists[0])
        found.append(Sequences(lists[1 + count :], splits_of(lists[1 : 1 + count])))
    return found


def _decoded_lists(path: Path, name: str) -> np.ndarray:
    """Return the number of the lists, the length of each, and the integers of all, one after another, as int32."""
    with zipfile.ZipFile(path) as archive, archive.open(_member(archive, name)) as file:
        stream = io.BytesIO(file.read())
    _skip_header(stream)
    values, lengths = read_rows(stream.read())
    if len(values) and values.min() < 0:
        raise ValueError(f"{name} should contain only integers from 0 up")
    lists = np.empty(1 + len(lengths) + len(values), np.int32)
    lists[0], lists[1 : 1 + len(lengths)], lists[1 + len(lengths) :] = len(lengths), lengths, values
    return lists


def read_idx(path: Path, axes: int) -> np.ndarray:
    """Return the bytes of a gzipped IDX file (the format of MNIST) as a uint8 array with that many axes.

    Raises:
        DataError: the file is missing, damaged or has other contents.
    """
    try:
        with gzip.open(path) as file:
            header = file.read(4 + 4 * axes)
            if header[:4] != bytes([0, 0, 8, axes]):
                raise ValueError("it does not start with the IDX header")
            shape = tuple(np.frombuffer(header[4:], ">u4").tolist())
            size = math.prod(shape)
            if len(shape) != axes or size > MAX_BYTES:
                raise ValueError(f"its shape is {shape}")
            content = file.read(size + 1)
        if len(content) != size:
            raise ValueError(
                f"it contains {'more' if len(content) > size else 'fewer'} bytes than the {size:,} in its header"
            )
    except _DAMAGE as error:
        raise DataError(f"{path} is not a gzipped IDX file of bytes with {axes} axes: {_reason(error)}.") from None
    return np.frombuffer(content, np.uint8).reshape(shape)


def read_cifar(path: Path, names: Iterable[str], label: bytes) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return pixels (rows, 3072) uint8 and labels (rows,) uint8 of each named batch in CIFAR's tar.gz.

    The archive is read in one pass; nothing is written to disk.

    Raises:
        DataError: the file or a batch is missing, or the file is damaged.
    """
    wanted = dict.fromkeys(names)
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    try:
        with gzip.open(path) as packed, tarfile.open(fileobj=_Bounded(packed), mode="r|") as archive:
            for member in archive:
                name = member.name.rpartition("/")[2]
                if name in wanted and member.isreg():
                    found[name] = _batch(archive.extractfile(member), label)
        return [found[name] for name in wanted]
    except _DAMAGE as error:
        raise DataError(f"{path} is not a CIFAR archive with {', '.join(wanted)}: {_reason(error)}.") from None


def _batch(file: Any, label: bytes) -> tuple[np.ndarray, np.ndarray]:
    pixels, labels = read_batch(file.read(), b"data", label)
    if pixels.shape != (len(labels), 3072):
        raise ValueError("its pixels should be one row of 3,072 bytes per label")
    if len(labels) == 0 or labels.min() < 0 or labels.max() > 255:
        raise ValueError("its labels are not class numbers")
    return pixels, labels.astype(np.uint8)


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    member = archive.getinfo(f"{name}.npy")
    if member.file_size > MAX_BYTES:
        raise ValueError(f"{name} would unpack to {member.file_size:,} bytes")
    return member


def _skip_header(stream: BinaryIO) -> None:
    major, _ = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
    _, _, dtype = read(stream)
    if dtype != np.dtype(object):
        raise ValueError(f"it contains {dtype} numbers")


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return f"it has no {str(error.args[0]) if error.args else 'such member'}".replace("There is no item named ", "")
    return str(error).rstrip(".").splitlines()[0] if str(error) else type(error).__name__
