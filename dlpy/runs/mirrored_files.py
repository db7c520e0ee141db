"""The files of a run in object storage, as they are here and there; links, which a storage lacks, are one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dlpy.core.errors import RunError
from dlpy.runs.trust import is_own_link
from dlpy.storage.atomic import beside, json_text, storage
from dlpy.storage.objects import Storage

_LINKS = "links.json"  # in the storage


def put_file(remote: Storage, path: Path, name: str) -> None:
    """Put a file, or the links of a run under the name that stands for them."""
    if name != _LINKS:
        remote.put(path / name, name)
        return
    file = beside(path / name)
    file.write_text(json_text(_links(path)), encoding="utf-8")
    try:
        remote.put(file, name)
    finally:
        file.unlink()


def files_here(path: Path) -> dict[str, Any]:
    """Return sizes and times of the files of a run, by which changes are noticed; of all links, where they lead."""
    found: dict[str, Any] = {}
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path).as_posix()
        if file.is_file() and "/." not in f"/{name}" and not _is_below_link(path, file):
            found[name] = [file.stat().st_size, file.stat().st_mtime_ns]
    return found | ({_LINKS: links} if (links := _links(path)) else {})


def _is_below_link(path: Path, file: Path) -> bool:
    return any(parent.is_symlink() for parent in (file, *file.parents) if parent != path and path in parent.parents)


def _links(path: Path) -> dict[str, str]:
    found = [file for file in sorted(path.rglob("*")) if file.is_symlink() and not file.name.startswith(".")]
    return {file.relative_to(path).as_posix(): file.readlink().as_posix() for file in found}


def restore_links(path: Path) -> None:
    """Make the links of a run that was fetched.

    Raises:
        RunError: one is none that dlpy makes.
    """
    if not (path / _LINKS).exists():
        return
    links = json.loads((path / _LINKS).read_text(encoding="utf-8"))
    (path / _LINKS).unlink()
    for name, target in links.items():
        if not is_own_link(name, target):
            raise RunError(f"run {path.name} was not written by dlpy alone: {name} is a link.")
        link = path / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)


def fetch(remote: Storage, path: Path, files: dict[str, Any]) -> None:
    """Copy files of a run from a storage into a folder.

    Raises:
        RunError: a name leads out of the folder. UnavailableError: the storage cannot be reached.
    """
    with storage(path):
        for name, stored in files.items():
            remote.get(stored, _inside(path, name))


def _inside(path: Path, name: str) -> Path:
    """Return the path of a file of a run by the name that the storage gives, which may be a stranger's."""
    found = path / name
    if ".." in Path(name).parts or not found.is_relative_to(path):
        raise RunError(f"run {path.name} was not written by dlpy alone: it has a file named {name}.")
    return found
