"""Runs in object storage: a folder of the cache in which they are made and read, and from which they are put back.

A run is put there when no process trains in it: its files one by one, and run.json last, so that others see it whole.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import platform
import secrets
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from dlpy.core.errors import DlpyError, RunError, StorageError
from dlpy.runs.directory import Run
from dlpy.runs.lock import is_locked
from dlpy.runs.mirrored_files import fetch, files_here, put_file, restore_links
from dlpy.storage.atomic import beside, json_text, storage, write_whole
from dlpy.storage.cache import own_cache
from dlpy.storage.objects import NothingThereError, Storage, Stored

_STATE = ".stored.json"  # in a run: what the storage has of it, and whether that is all
_PUTTING = ".putting"  # in a run that is being put into the storage
_RESERVED = ".reserved"  # in the storage: the machine that trains a run of this name
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


def reserve(path: Path) -> bool:
    """Reserve the name of a new run in the storage that its folder stands for, if it does; return False if it is taken.

    Only one of several machines gets a name where the storage can create a file on the condition that there is none.
    """
    if (address := _addresses.get(path.parent)) is None:
        return True
    remote = Storage(f"{address}/{path.name}")
    text = f"process {os.getpid()} on host {platform.node()} since {datetime.now().isoformat(' ', 'seconds')}\n"
    return not remote.has("run.json") and remote.create(_RESERVED, text + secrets.token_hex(16))


def release(path: Path) -> None:
    """Give back the name of a run that came to nothing."""
    if (address := _addresses.get(path.parent)) is not None:
        with suppress(DlpyError):
            Storage(f"{address}/{path.name}").remove(_RESERVED)


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
            fetch(remote, arriving, {name: files[name] for name in _LISTED if name in files})
            _write_state(arriving, {})


def complete(run: Run) -> None:
    """Fetch all files of a run that was listed only, or changed in the storage since, unless it changed here."""
    if (address := _addresses.get(run.path.parent)) is None or not (run.path / _STATE).exists():
        return
    state = _read_state(run.path)
    remote = Storage(f"{address}/{run.path.name}")
    files = _files_there(remote)
    versions = _versions(files)
    if versions == state.get("there") or _has_changed(run.path, state):
        return
    with _arriving(run.path) as arriving:
        fetch(remote, arriving, files)
        restore_links(arriving)
        _write_state(arriving, {"there": versions, "here": files_here(arriving)})


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
        StorageError: a run cannot be put there, or was changed there, too; it is kept here, and others are put.
    """
    put, wrong = list[str](), list[StorageError]()
    for run, address in [(run, address) for folder, address in _addresses.items() for run in _ended(folder)]:
        try:
            put += [f"{address}/{run.id}"] if _put(run, address) else []
        except StorageError as error:
            wrong.append(error)
    if wrong:
        raise wrong[0]
    return put


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
    try:
        remote = Storage(f"{address}/{run.path.name}")
        before = _require_same(run, remote, state)
        with storage(run.path):
            (run.path / _PUTTING).touch()
        here = files_here(run.path)
        changed = [name for name in here if before.get(name) != here[name]]
        for name in sorted(changed, key=lambda name: name == "run.json"):
            put_file(remote, run.path, name)
        for name in (*(before.keys() - here.keys()), _RESERVED):
            remote.remove(name)
        there = _versions(_files_there(remote))
    except DlpyError as error:
        hint = f"it is kept in {run.path}, and the next command with --runs {address} tries again"
        raise StorageError(f"run {run.id} is not in {address}: {str(error).rstrip('.')}; {hint}.") from None
    _write_state(run.path, {"there": there, "here": here})
    (run.path / _PUTTING).unlink(missing_ok=True)
    return True


def _require_same(run: Run, remote: Storage, state: dict[str, Any]) -> dict[str, Any]:
    """Return what the storage has of a run, as sizes and times of files when they were here.

    Raises:
        StorageError: another command put something else there since the run was copied here, or made.
    """
    there, known = _versions(_files_there(remote)), state.get("there")
    is_same = "run.json" not in there if known is None else there.items() <= known.items()
    if not is_same and not (run.path / _PUTTING).exists():  # else it is this machine that began to put it
        what = "another run has its name there" if known is None else "it was changed there since it was copied here"
        raise StorageError(f"{what}, and one of the two has to be removed")
    return {name: found for name, found in state.get("here", {}).items() if name in there}


def _files_there(remote: Storage) -> dict[str, Stored]:
    """Return the files of a run in a storage; none where it is not there."""
    with suppress(NothingThereError):
        files = remote.files()
        return {name: stored for name, stored in files.items() if "/" in name or not name.startswith(".")}
    return {}


def _versions(files: dict[str, Stored]) -> dict[str, str]:
    return {name: stored.version for name, stored in files.items()}


def _has_changed(path: Path, state: dict[str, Any]) -> bool:
    """Return whether a run was changed here since it was fetched or put; one that is only listed was not."""
    return "here" in state and state["here"] != files_here(path)


def _read_state(path: Path) -> dict[str, Any]:
    try:
        return json.loads((path / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _write_state(path: Path, state: dict[str, Any]) -> None:
    write_whole(path / _STATE, lambda file: file.write_text(json_text(state), encoding="utf-8"))
