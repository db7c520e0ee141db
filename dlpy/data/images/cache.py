"""On-disk cache of decoded and resized images and videos, keyed by the size and time of each file.

$DLPY_CACHE/pictures (default: ~/.cache/dlpy/pictures) contains one folder per image folder and form. Its manifest.json
lists the row of each file, or the reason why it cannot be read, and the file that contains all rows, with its sha256,
so that a damaged cache is never trained on.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dlpy.core.errors import DataError, reading
from dlpy.core.progress import Progress
from dlpy.data.images.files import RowForm, read_pictures
from dlpy.data.images.rows import FileStore, FolderStore, Pictures
from dlpy.storage.atomic import sha256, storage
from dlpy.storage.cache import alone, make_room, own_cache, used

_VERSION = 2  # of the folder's format and of the decoding


@dataclass(frozen=True)
class Found:
    """The images that could be read.

    kept: (images,) their positions among the files. problems: the errors of the other files, by position.
    """

    pictures: Pictures | np.ndarray
    kept: np.ndarray
    problems: dict[int, str]


@dataclass
class _Manifest:
    """The cached files of a folder: `entries` maps a name to (size, time, row or error)."""

    store: str = ""
    rows: int = 0
    sha256: str = ""  # of that file
    entries: dict[str, tuple[int, int, int | str]] = field(default_factory=dict)


def decoded(folder: Path, names: Sequence[str], form: RowForm, progress: Progress | None = None) -> Found:
    """Return the images in a folder; images that were decoded before are read from the cache.

    Args:
        names: paths of the files, or of folders of frames, relative to the folder.
        form: the form to convert images to.
        progress: called with the number of images decoded so far and the total.
    """
    kept = own_cache() / "pictures" / _key(folder, form)
    with ExitStack() as stack:
        with suppress(OSError):  # a cache that cannot be written can still be read
            stack.enter_context(alone(kept))
        manifest = _up_to_date(kept, folder, names, form, progress)
        if manifest is None:
            return _without_cache(folder, names, form)
        used(kept)
        store = FileStore(kept / manifest.store, (manifest.rows, *form.shape))
    outcomes = [manifest.entries[name][2] for name in names]
    rows = np.array([row for row in outcomes if isinstance(row, int)], np.int64)
    return _found(Pictures(store, rows), outcomes)


def _up_to_date(
    kept: Path, folder: Path, names: Sequence[str], form: RowForm, progress: Progress | None
) -> _Manifest | None:
    """Return the manifest updated with all files, or None if the disk has no space for the new ones."""
    stamps = [_stamp(folder / name) for name in names]
    picture_bytes = math.prod(form.shape)
    manifest = _read_manifest(kept, picture_bytes)
    known = [manifest.entries.get(name) for name in names]
    new = [i for i, entry in enumerate(known) if entry is None or entry[:2] != stamps[i]]
    if not new:
        return manifest
    if not make_room(kept.parent, (manifest.rows + len(new)) * picture_bytes, keep=kept):
        return None
    read = _counted(read_pictures([folder / names[i] for i in new], form), len(new), progress)
    with storage(kept):
        return _add(kept, manifest, [(names[i], stamps[i]) for i in new], read)


def _found(pictures: Pictures | np.ndarray, outcomes: Sequence[int | str]) -> Found:
    good = [i for i, outcome in enumerate(outcomes) if isinstance(outcome, int)]
    problems = {i: outcome for i, outcome in enumerate(outcomes) if isinstance(outcome, str)}
    return Found(pictures, np.array(good, np.int64), problems)


def _add(
    kept: Path,
    old: _Manifest,
    new: Sequence[tuple[str, tuple[int, int]]],
    pictures: Iterator[np.ndarray | DataError],
) -> _Manifest:
    """Write the old and the new rows into a new file, and return its manifest."""
    kept.mkdir(parents=True, exist_ok=True)
    manifest = _Manifest(f"{secrets.token_hex(8)}.bin", old.rows, entries=dict(old.entries))
    temporary = kept / f".{manifest.store}"
    try:
        with temporary.open("wb") as file:
            if old.rows:
                _copy(kept / old.store, file)
            for (name, stamp), found in zip(new, pictures, strict=True):
                manifest.entries[name] = (*stamp, str(found) if isinstance(found, DataError) else manifest.rows)
                if isinstance(found, np.ndarray):
                    file.write(found.data)
                    manifest.rows += 1
        manifest.sha256 = sha256(temporary)
        temporary.replace(kept / manifest.store)
    finally:
        temporary.unlink(missing_ok=True)
    _write_manifest(kept, manifest)
    for path in kept.glob("*.bin"):  # including a damaged one
        if path.name != manifest.store:
            path.unlink(missing_ok=True)
    return manifest


def _copy(path: Path, file: BinaryIO) -> None:
    with path.open("rb") as source:
        while block := source.read(1 << 24):
            file.write(block)


def _without_cache(folder: Path, names: Sequence[str], form: RowForm) -> Found:
    """Return images in memory or, if memory is too small, images that are decoded whenever they are needed."""
    paths = [folder / name for name in names]
    shape = (len(paths), *form.shape)
    in_memory = 2 * math.prod(shape) < os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    held, outcomes = np.empty(shape if in_memory else (0, *form.shape), np.uint8), []
    for row, found in enumerate(read_pictures(paths, form)):
        outcomes.append(str(found) if isinstance(found, DataError) else row)
        if in_memory and isinstance(found, np.ndarray):
            held[row] = found
    good = np.array([outcome for outcome in outcomes if isinstance(outcome, int)], np.int64)
    return _found(held[good] if in_memory else Pictures(FolderStore(paths, form, shape), good), outcomes)


def _counted(
    pictures: Iterator[np.ndarray | DataError], total: int, progress: Progress | None
) -> Iterator[np.ndarray | DataError]:
    for done, found in enumerate(pictures, start=1):
        yield found
        if progress is not None:
            progress(done, total)


def _stamp(path: Path) -> tuple[int, int]:
    """Return the size and time of a file; of a folder, their sums over its files and, for the time, itself."""
    with reading(path):
        status = path.stat()
        if not path.is_dir():
            return status.st_size, status.st_mtime_ns
        inside = [entry.stat() for entry in os.scandir(path)]
    return sum(one.st_size for one in inside), sum(one.st_mtime_ns for one in (status, *inside))


def _key(folder: Path, form: RowForm) -> str:
    described = json.dumps([_VERSION, os.path.realpath(folder), asdict(form)])
    return hashlib.sha256(described.encode()).hexdigest()[:24]


def _read_manifest(kept: Path, picture_bytes: int) -> _Manifest:
    """Return the stored manifest; an empty one if there is none or it is damaged."""
    try:
        content: dict[str, Any] = json.loads((kept / "manifest.json").read_text())
        entries = {name: (int(size), int(time), row) for name, (size, time, row) in content["entries"].items()}
        manifest = _Manifest(Path(content["store"]).name, content["rows"], content["sha256"], entries)
        whole = (kept / manifest.store).stat().st_size == manifest.rows * picture_bytes
        whole = whole and sha256(kept / manifest.store) == manifest.sha256
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return _Manifest()
    return manifest if whole else _Manifest()


def _write_manifest(kept: Path, manifest: _Manifest) -> None:
    temporary = kept / f".{secrets.token_hex(4)}.json"
    temporary.write_text(json.dumps(asdict(manifest)))
    temporary.replace(kept / "manifest.json")
