"""Folders of the cache that are filled once, under another name, and read from then on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from dlpy.core.errors import DataError, StorageError
from dlpy.core.memory import shown_size
from dlpy.storage.atomic import beside, put_on_disk, remove_abandoned, storage
from dlpy.storage.cache import alone, make_room

Content = TypeVar("Content")


def filled_once(folder: Path, read: Callable[[Path], Content | None], fill: Callable[[], None]) -> Content:
    """Return what a folder holds; it is filled first where it lacks that.

    Args:
        folder: an entry of the cache.
        read: returns its content, or None where there is none, or it is damaged.
        fill: fills it.

    Raises:
        DataError: it cannot be read back. StorageError: it cannot be written.
    """
    with storage(folder), alone(folder):
        found = read(folder)
        if found is None:
            fill()
            found = read(folder)
    if found is None:
        raise DataError(f"{folder} cannot be read back: is the disk damaged?")
    return found


@contextmanager
def filling(folder: Path, size: int, what: str) -> Iterator[Path]:
    """Give a new folder to fill, after others made room for it, and its name once it is whole.

    Args:
        folder: an entry of the cache; what it holds is removed.
        size: in bytes.
        what: is written, for messages, such as "the table".

    Raises:
        StorageError: the disk has no room for it.
    """
    with storage(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(folder.parent)
        shutil.rmtree(folder, ignore_errors=True)  # a damaged one
        if not make_room(folder.parent, size):
            raise StorageError(
                f"{folder.parent}: the rows of {what} need {shown_size(size)} there, and dlpy fills at most half of a "
                "disk. Free some space, or set $DLPY_CACHE to a folder on a larger disk."
            )
        temporary = beside(folder)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
    try:
        yield temporary
        with storage(folder):
            for path in temporary.iterdir():
                put_on_disk(path)
            temporary.rename(folder)
            put_on_disk(folder.parent)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
