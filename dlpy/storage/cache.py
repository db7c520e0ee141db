"""What dlpy keeps on disk to be quicker the next time, and how much of it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def own_cache() -> Path:
    """Return the folder of downloads and of whatever else is kept: $DLPY_CACHE, or ~/.cache/dlpy."""
    return Path(os.environ.get("DLPY_CACHE") or "~/.cache/dlpy").expanduser()


def make_room(folder: Path, needed: int, keep: Path | None = None) -> bool:
    """Return whether so many bytes more may go into a folder, entries that were used longest ago removed if need be.

    All entries together take at most half of what the disk would have free without them. `keep` stays in any case.
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


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """Let processes that want to write the same file or folder take turns."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f".{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def used(entry: Path) -> None:
    """Remember that an entry was used now."""
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
