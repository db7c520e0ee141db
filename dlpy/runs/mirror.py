"""Runs in object storage: a folder of the cache in which they are made and read, and from which they are put back.

A run is put there when no process trains in it: its files one by one, and run.json last, so that others see it whole.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dlpy.core.errors import DlpyError, RunError, StorageError
from dlpy.runs.directory import Run
from dlpy.runs.lock import is_locked
from dlpy.runs.trust import is_own_link
from dlpy.storage.atomic import beside, json_text, storage, write_whole
from dlpy.storage.cache import own_cache
from dlpy.storage.objects import Storage

_STATE = ".stored.json"  # in a run: what the storage has of it, and whether that is all
_LINKS = "links.json"  # in the storage, which has none
_LISTED = ("run.json", "summary.json", "evaluation.json", "best.yaml")  # what a list of runs shows

_addresses: dict[Path, str] = {}


def folder_of_runs(text: str) -> Path:
    """Return the folder of runs that a path names; of an address such as s3://bucket/runs, one in the cache."""
    if "://" not in text:
        return Path(text)
    address = text.rstrip("/") if not text.endswith("://") else text
    folder = own_cache() / "runs" / hashlib.sha256(address.encode()).hexdigest()[:24]
    if not _addresses:
        atexit.register(_put_back_at_exit)  # for programs; a command has done it by then
    _addresses[folder] = address
    return folder


def require_storage(folder: Path) -> None:
    """Raise an error if a folder stands for a storage in which nothing can be written."""
    if (address := _addresses.get(folder)) is not None:
        Storage(address).require_writable()


def refresh(folder: Path) -> None:
    """Make a folder that stands for a storage list the runs there; otherwise do nothing.

    Raises:
        UnavailableError: the storage cannot be reached.
    """
    if (address := _addresses.get(folder)) is None:
        return
    remote = Storage(address)
    names = remote.folders()
    for name in names:
        if not (folder / name / "run.json").exists():
            _fetch_listed(remote.below(name), folder / name)
    for path in folder.iterdir() if folder.is_dir() else []:
        if path.name not in names and (path / _STATE).exists() and not _has_changed(path, _read_state(path)):
            shutil.rmtree(path)  # it was removed there


def _fetch_listed(remote: Storage, path: Path) -> None:
    files = remote.files()
    if "run.json" in files:
        with _arriving(path) as arriving:
            _fetch(remote, arriving, {name: files[name] for name in _LISTED if name in files})
            _write_state(arriving, {})


def complete(run: Run) -> None:
    """Fetch all files of a run that was listed only, or changed in the storage since, unless it changed here."""
    if (address := _addresses.get(run.path.parent)) is None or not (run.path / _STATE).exists():
        return
    state = _read_state(run.path)
    remote = Storage(f"{address}/{run.path.name}")
    files = remote.files()
    versions = {name: stored.version for name, stored in files.items()}
    if versions == state.get("there") or _has_changed(run.path, state):
        return
    with _arriving(run.path) as arriving:
        _fetch(remote, arriving, files)
        _restore_links(arriving)
        _write_state(arriving, {"there": versions, "here": _files(arriving)})


@contextmanager
def _arriving(path: Path) -> Iterator[Path]:
    """Yield a folder to fill, which takes the place of a run when it is whole; no list shows it until then."""
    above = beside(path.parent)
    shutil.rmtree(above, ignore_errors=True)
    arriving = above / path.name
    try:
        with storage(path):
            arriving.mkdir(parents=True)
        yield arriving
        with storage(path):
            shutil.rmtree(path, ignore_errors=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            arriving.rename(path)
    finally:
        shutil.rmtree(above, ignore_errors=True)


def put_back() -> list[str]:
    """Put the runs of all folders that stand for a storage there, if they changed here; return where they are.

    Raises:
        StorageError: a run cannot be put there; it is kept.
    """
    ended = [(run, address) for folder, address in _addresses.items() for run in _ended(folder)]
    return [f"{address}/{run.id}" for run, address in ended if _put(run, address)]


def _put_back_at_exit() -> None:
    try:
        put_back()
    except DlpyError as error:
        warnings.warn(str(error), stacklevel=1)


def _ended(folder: Path) -> list[Run]:
    """Return the runs that no process trains; one that was killed is no such run until it is resumed."""
    runs = [Run(path) for path in sorted(folder.iterdir()) if (path / "run.json").is_file()] if folder.is_dir() else []
    return [run for run in runs if _status(run) not in (None, "running") and not is_locked(run)]


def _status(run: Run) -> str | None:
    """Return the status of a run, or None if its run.json is damaged."""
    with suppress(RunError):
        return run.record().status
    return None


def _put(run: Run, address: str) -> bool:
    """Put a run into a storage; return False if it is there already."""
    state = _read_state(run.path)
    if (run.path / _STATE).exists() and not _has_changed(run.path, state):
        return False
    here = _files(run.path)
    try:
        remote, before = Storage(f"{address}/{run.path.name}"), state.get("here", {})
        changed = [name for name in here if before.get(name) != here[name]]
        for name in sorted(changed, key=lambda name: name == "run.json"):
            _put_file(remote, run.path, name)
        for name in before.keys() - here.keys():
            remote.remove(name)
        there = {name: stored.version for name, stored in remote.files().items()}
    except DlpyError as error:
        hint = f"it is kept in {run.path}, and the next command with --runs {address} tries again"
        raise StorageError(f"run {run.id} is not in {address}: {str(error).rstrip('.')}; {hint}.") from None
    _write_state(run.path, {"there": there, "here": here})
    return True


def _has_changed(path: Path, state: dict[str, Any]) -> bool:
    """Return whether a run was changed here since it was fetched or put; one that is only listed was not."""
    return "here" in state and state["here"] != _files(path)


def _put_file(remote: Storage, path: Path, name: str) -> None:
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


def _files(path: Path) -> dict[str, Any]:
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


def _restore_links(path: Path) -> None:
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


def _fetch(remote: Storage, path: Path, files: dict[str, Any]) -> None:
    with storage(path):
        for name, stored in files.items():
            remote.get(stored, _inside(path, name))


def _inside(path: Path, name: str) -> Path:
    """Return the path of a file of a run by the name that the storage gives, which may be a stranger's."""
    found = path / name
    if ".." in Path(name).parts or not found.is_relative_to(path):
        raise RunError(f"run {path.name} was not written by dlpy alone: it has a file named {name}.")
    return found


def _read_state(path: Path) -> dict[str, Any]:
    try:
        return json.loads((path / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _write_state(path: Path, state: dict[str, Any]) -> None:
    write_whole(path / _STATE, lambda file: file.write_text(json_text(state), encoding="utf-8"))
