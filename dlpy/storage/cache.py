"""dlpy's cache on disk, and the limit of its size."""

from __future__ import annotations

import fcntl
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from dlpy.storage.claim import HAS_NO_LOCKS, claimed


def own_cache() -> Path:
    """Return the cache folder for downloads and derived data: $DLPY_CACHE or ~/.cache/dlpy."""
    return Path(os.environ.get("DLPY_CACHE") or "~/.cache/dlpy").expanduser()


def make_room(folder: Path, needed: int, keep: Path | None = None) -> bool:
    """Return whether this many bytes may be added to a folder; removes the least recently used entries if necessary.

    All entries together take at most half of the disk space that would be free without them. `keep` is never removed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
        entries.sort(key=lambda entry: entry.stat().st_mtime)
        taken = {entry: _bytes_in(entry) for entry in entries}
        limit = (shutil.disk_usage(folder).free + sum(taken.values())) // 2
    except OSError:
        return False
    if needed > limit or not os.access(folder, os.W_OK):
        return False
    for entry in entries:
        if sum(taken.values()) + needed > limit and entry != keep:
            _remove(entry)
            del taken[entry]
    return sum(taken.values()) + needed <= limit


def has_room_for_a_while(folder: Path, needed: int) -> bool:
    """Return whether a file that soon vanishes may be added; entries are removed only if their room is needed."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        if 2 * needed <= shutil.disk_usage(folder).free and os.access(folder, os.W_OK):
            return True  # without looking at all entries, which takes a while where there are many
    return make_room(folder, needed)


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """Hold a lock, so that only one process at a time writes the same file or folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f".{target.name}.lock").open("w") as lock, ExitStack() as stack:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in HAS_NO_LOCKS:
                raise
            claim = target.with_name(f".{target.name}.claim")
            stack.enter_context(claimed(claim, has_lock=False, patience=math.inf))
        yield


def used(entry: Path) -> None:
    """Mark an entry as used now."""
    with suppress(OSError):
        os.utime(entry)


def _remove(entry: Path) -> None:
    if entry.is_dir():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)


def _bytes_in(entry: Path) -> int:
    files = entry.rglob("*") if entry.is_dir() else [entry]
    return sum(path.stat().st_size for path in files)
