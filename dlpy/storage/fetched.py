"""Copies of remote data in dlpy's cache: each version is downloaded once."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from dlpy.core.errors import DataError, StorageError, reworded
from dlpy.core.progress import progress_bar
from dlpy.storage.atomic import beside, storage
from dlpy.storage.cache import alone, make_room, own_cache, used
from dlpy.storage.objects import Storage, Stored, is_remote


def fetched(address: str) -> Path:
    """Return the copy of a remote file or folder on this machine, downloaded if there is none of its present version.

    Raises:
        UnavailableError: nothing is there, or the storage cannot be reached.
        SetupError: a package is missing. ConfigError: the address is wrong. StorageError: the disk is full.
    """
    remote = Storage(address)
    files = remote.files()
    kept = own_cache() / "remote"
    folder = kept / f"{_digest(address)}-{_digest(repr(sorted(files.items())))}"
    with storage(folder), alone(folder):
        if not folder.is_dir():
            size = sum(stored.size for stored in files.values())
            if not make_room(kept, size):
                raise StorageError(f"{address} has {size / 1e6:,.0f} MB, more than the cache {kept} may take.")
            _download(remote, files, folder)
    used(folder)
    return _within(folder, address)


@contextmanager
def here(name: str) -> Iterator[Path]:
    """Yield a file or folder of this machine, or the copy of a remote one, which errors name by its address.

    Raises:
        DlpyError: as `fetched` does.
    """
    if not is_remote(name):
        yield Path(name)
        return
    copy = fetched(name)
    with reworded(lambda line: line.replace(str(copy), name)):
        yield copy


def kept_copy(address: str) -> Path | None:
    """Return the copy that was used last, without asking the storage; None if there is none."""
    with suppress(OSError):
        found = [path for path in (own_cache() / "remote").glob(f"{_digest(address)}-*") if path.is_dir()]
        return _within(max(found, key=lambda path: path.stat().st_mtime), address) if found else None
    return None


def _within(folder: Path, address: str) -> Path:
    """Return the file or folder of a copy, which has the name that it has in the storage."""
    return folder / address.rstrip("/").rpartition("/")[2]


def _download(remote: Storage, files: Mapping[str, Stored], folder: Path) -> None:
    temporary, total = beside(folder), sum(stored.size for stored in files.values())
    place, done = _within(temporary, remote.address), 0
    with progress_bar(remote.address, in_bytes=True) as bar:

        def told(count: int) -> None:
            nonlocal done
            done += count
            bar(done, total)

        try:
            for name, stored in files.items():
                remote.get(stored, _inside(place, name), told)
            temporary.rename(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _inside(place: Path, name: str) -> Path:
    """Return where a file goes by the name that the storage gives, which may be a stranger's."""
    path = place / name if name else place
    if ".." in Path(name).parts or not path.is_relative_to(place):
        raise DataError(f"{name}: a file of this name would leave the folder {place.name}: rename it in the storage.")
    return path


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
