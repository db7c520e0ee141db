"""The option of tables for how much memory their rows may take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from dlpy.core.errors import ConfigError, DataError
from dlpy.core.memory import free_memory, shown_size, size_of
from dlpy.core.options import Block
from dlpy.data.tables.part_files import bytes_of

PER_BYTE = 5  # bytes of memory for each byte of text, while a table is read
_SHARE = 0.4  # of the free memory


def _size(text: str) -> str:
    if text != "auto":
        size_of(text)
    return text


class MemoryOption(Block):
    """How much memory the rows of a file may take."""

    path: str | None = None
    memory: Annotated[str, AfterValidator(_size)] = "auto"
    """Memory for the rows, such as 500MB or 2GB. A table that needs more, 5 bytes for each byte of its file, is read
    once in pieces into a cache on disk, and its batches from there. auto: 40% of the free memory."""

    def reads_in_pieces(self) -> bool:
        return self.path is not None and self.exceeds_memory(Path(self.path))

    def exceeds_memory(self, path: Path) -> bool:
        """Return whether the rows of a file need more memory than they may take; a missing file needs none."""
        try:
            size = bytes_of(path)
        except DataError:  # reported by whoever reads it
            return False
        return PER_BYTE * size > most_bytes(self.memory)


def most_bytes(memory: str) -> int:
    """Return the bytes that the option `memory` allows."""
    return round(_SHARE * free_memory()) if memory == "auto" else size_of(memory)


def require_memory(
    path: str | None, per_byte: int, why: str, is_read: Callable[[Path], bool] = lambda file: True
) -> None:
    """Raise ConfigError if files that can only be read as a whole need more memory than is free.

    Args:
        path: of a file or a folder; a missing one needs none.
        per_byte: bytes of memory for each byte of them.
        why: they are read as a whole, and what to do.
        is_read: returns whether a file in a folder is one of those that are read.
    """
    needed, free = per_byte * _bytes_in(Path(str(path)), is_read), free_memory()
    if path is not None and needed > free:
        sizes = f"needs about {shown_size(needed)} of memory, and {shown_size(free)} is free"
        raise ConfigError(f"data.path: {path} {sizes}. {why}")


def _bytes_in(path: Path, is_read: Callable[[Path], bool]) -> int:
    try:
        if not path.is_dir():
            return bytes_of(path)
        return sum(one.stat().st_size for one in path.rglob("*") if one.is_file() and is_read(one))
    except (OSError, DataError):  # reported by whoever reads it
        return 0
