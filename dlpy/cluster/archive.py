"""Folders as bytes that travel between machines: they arrive whole or not at all."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from dlpy.storage.atomic import beside, storage
from dlpy.storage.cache import own_cache

_LEFT_OUT = (".lock", ".changes.lock", ".claim")


def packed(root: Path, names: Iterable[str]) -> bytes:
    """Return files and folders below a root as a tar archive; the same content gives the same bytes."""
    return packed_paths({name: root / name for name in names if (root / name).exists()})


def packed_paths(paths: Mapping[str, Path]) -> bytes:
    """Return files and folders as a tar archive, by the names that they have in it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, path in sorted(paths.items()):
            archive.add(path, name, filter=_plain)
    return buffer.getvalue()


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leave out locks, owners and times."""
    if Path(entry.name).name in _LEFT_OUT:
        return None
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


def unpacked(content: bytes) -> Path:
    """Return a folder of dlpy's cache with the content of an archive, unpacked once."""
    folder = own_cache() / "cluster" / hashlib.sha256(content).hexdigest()[:32]
    if not folder.is_dir():
        temporary = beside(folder)
        with storage(folder):
            temporary.mkdir(parents=True, exist_ok=True)
            _extract(content, temporary)
            _rename(temporary, folder)
    return folder


def _rename(temporary: Path, folder: Path) -> None:
    """Give a folder its name, unless another process was faster."""
    try:
        temporary.rename(folder)
    except OSError:
        shutil.rmtree(temporary, ignore_errors=True)
        if not folder.is_dir():
            raise


def place_folders(content: bytes, root: Path, names: Iterable[str]) -> None:
    """Put folders of an archive below a root, each whole or not at all, in place of what was there."""
    arrived = beside(root / "arrived")
    with storage(root):
        shutil.rmtree(arrived, ignore_errors=True)
        try:
            _extract(content, arrived)
            for name in names:
                if (arrived / name).exists():
                    _replace(arrived / name, root / name)
        finally:
            shutil.rmtree(arrived, ignore_errors=True)


def _replace(new: Path, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    old = beside(folder)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _extract(content: bytes, folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(folder, filter="data")
