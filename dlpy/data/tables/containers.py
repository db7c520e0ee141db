"""The bytes of a table file: as it lies there, or unpacked from gzip, bzip2, xz, Zstandard or a zip archive."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from dlpy.core.errors import DataError, SetupError, in_one_line, reading

ZIP = b"PK\x03\x04"
LARGEST_RATIO = 200  # of unpacked to packed bytes; texts and numbers stay far below
SMALLEST_LIMIT = 64 << 20  # bytes that may always be unpacked
_SHARE_OF_MEMORY = 4
_CHUNK = 1 << 20
_PACKED_CHUNK = 1 << 10  # bytes: may unpack to some megabytes
_WINDOW = 1 << 27  # bytes, as the zstd command allows
_DAMAGE = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)
_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".dat", ".data", ".jsonl", ".ndjson")


def content(path: Path) -> bytes:
    """Return the bytes of a file; a packed file is unpacked, up to a limit.

    Raises:
        UnavailableError: the file does not exist.
        DataError: it cannot be read or is damaged, or it would fill the memory when unpacked.
        SetupError: the package that unpacks it is not installed.
    """
    with reading(path):
        raw = path.read_bytes()
    if raw.startswith(ZIP):
        return raw if is_workbook(raw) else _only_member(path, raw)
    if raw.startswith(_ZSTANDARD):
        required(path, "zstandard")
    chunks_of = next((chunks_of for magic, chunks_of in _PACKED.items() if raw.startswith(magic)), None)
    return raw if chunks_of is None else _unpacked(path, chunks_of, raw)


def is_workbook(raw: bytes) -> bool:
    """Return whether the bytes of a zip archive are an xlsx workbook."""
    return _has_member(raw, "xl/workbook.xml")


def limit_of(packed: int) -> int:
    """Return the number of bytes that a file of `packed` bytes may unpack to."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(max(SMALLEST_LIMIT, LARGEST_RATIO * packed), memory // _SHARE_OF_MEMORY)


def required(path: Path, package: str) -> None:
    """Raise SetupError if a package that reads this kind of file is not installed."""
    if find_spec(package) is None:
        raise SetupError(f"{path} is read by the package {package}: pip install 'dlpy[files]'.")


def too_large(path: Path, limit: int) -> DataError:
    """Return the error about a file that would be larger than the limit when unpacked."""
    return DataError(f"{path} would unpack to more than {limit:,} bytes. If that is right, unpack it yourself.")


def _unpacked(path: Path, chunks_of: Callable[[bytes], Iterator[bytes]], raw: bytes) -> bytes:
    limit, chunks, size = limit_of(len(raw)), [], 0
    try:
        for chunk in chunks_of(raw):
            size += len(chunk)
            if size > limit:
                raise too_large(path, limit)
            chunks.append(chunk)
    except _DAMAGE as error:
        raise _damaged(path, error) from None
    return b"".join(chunks)


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} is damaged and cannot be unpacked: {in_one_line(error)}.")


def _gzip(raw: bytes) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
        yield from iter(lambda: stream.read(_CHUNK), b"")


def _bzip2(raw: bytes) -> Iterator[bytes]:
    with bz2.BZ2File(io.BytesIO(raw)) as stream:
        yield from iter(lambda: stream.read(_CHUNK), b"")


def _xz(raw: bytes) -> Iterator[bytes]:
    with lzma.LZMAFile(io.BytesIO(raw)) as stream:
        yield from iter(lambda: stream.read(_CHUNK), b"")


def _zstandard(raw: bytes) -> Iterator[bytes]:
    import zstandard

    unpacker, left = zstandard.ZstdDecompressor(max_window_size=_WINDOW), memoryview(raw)
    while left:
        frame = unpacker.decompressobj()
        while not frame.eof:
            if not left:
                raise ValueError("it is cut off")
            packed, left = left[:_PACKED_CHUNK], left[_PACKED_CHUNK:]
            try:
                yield frame.decompress(packed)
            except zstandard.ZstdError as error:
                raise ValueError(str(error)) from None
        left = memoryview(frame.unused_data + bytes(left)) if frame.unused_data else left


def _only_member(path: Path, raw: bytes) -> bytes:
    """Return the table in a zip archive that holds one."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            found = [member for member in archive.infolist() if _is_table(member)]
            if len(found) != 1:
                names = ", ".join(member.filename for member in found[:5])
                what = f"holds {len(found)} tables ({names})" if found else "holds no table"
                raise DataError(f"{path} {what}; expected one. Unpack it, and name the file.")
            if found[0].file_size > (limit := limit_of(len(raw))):
                raise too_large(path, limit)
            return archive.read(found[0])
    except (*_DAMAGE, RuntimeError) as error:  # RuntimeError: a password is needed
        raise _damaged(path, error) from None


def _is_table(member: zipfile.ZipInfo) -> bool:
    name = Path(member.filename)
    hidden = name.name.startswith(".") or "__MACOSX" in name.parts
    return not member.is_dir() and not hidden and name.suffix.lower() in _SUFFIXES


def _has_member(raw: bytes, name: str) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return name in archive.namelist()
    except (*_DAMAGE, RuntimeError):
        return False


_ZSTANDARD = b"\x28\xb5\x2f\xfd"
_PACKED = {b"\x1f\x8b": _gzip, b"BZh": _bzip2, b"\xfd7zXZ\0": _xz, _ZSTANDARD: _zstandard}
