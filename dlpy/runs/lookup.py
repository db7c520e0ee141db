"""Runs among others: the folder that they are in, a name for a new one, and the run that a reference means."""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta
from pathlib import Path

from dlpy.core.errors import RunError, StorageError
from dlpy.runs import mirror
from dlpy.runs.directory import FINAL_MODEL, FOLDS, NAMED, SEARCH_KIND, SEEDS, Run
from dlpy.runs.mirror import folder_of_runs
from dlpy.runs.trust import require_own
from dlpy.storage.atomic import storage
from dlpy.storage.objects import is_remote

_STAMP = "%Y%m%d-%H%M%S"
_MOST_SET_BACK = timedelta(days=1)
_OF_PART = re.compile(rf"(.+)/({SEEDS}|{FOLDS})/(\d{{1,4}})/?")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")


def default_runs_folder() -> Path:
    """Return the folder of the runs: $DLPY_RUNS, or `runs` in the current folder."""
    return folder_of_runs(os.environ.get("DLPY_RUNS") or "runs")


def create_run(folder: Path, name: str, now: datetime) -> Run:
    """Create and return a new run directory, distinct even for runs of the same second."""
    mirror.require_storage(folder)
    with storage(folder):
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{_not_before_others(folder, now):{_STAMP}}-{name}"
        for number in range(1, 1000):
            path = folder / (stem if number == 1 else f"{stem}-{number}")
            try:
                path.mkdir()
            except FileExistsError:
                continue
            if _reserved(path):
                return Run(path)
    raise StorageError(f"{folder} already holds 999 runs named {stem}.")


def _reserved(path: Path) -> bool:
    """Return whether a new directory has a name that no other machine uses; else it is removed."""
    is_reserved = False
    try:
        is_reserved = mirror.reserve(path)
    finally:
        if not is_reserved:
            path.rmdir()
    return is_reserved


def _not_before_others(folder: Path, now: datetime) -> datetime:
    """Return the time, or that of the newest run if the clock was set back since, as at the end of summer time.

    Runs more than a day ahead are ignored: their clock was wrong.
    """
    stamps = [path.name[:15] for path in folder.iterdir() if NAMED.fullmatch(path.name)]
    try:
        newest = datetime.strptime(max(stamps), _STAMP) if stamps else now
    except ValueError:  # a name that looks like a time but is none
        return now
    return max(now, newest) if newest - now < _MOST_SET_BACK else now


def find_run(reference: str, folder: Path | None = None) -> Run:
    """Return the run with this id, unique prefix of an id, or path; `latest` is the newest run.

    An experiment's name means its latest run.

    Raises:
        RunError: no run or several runs match, or the run contains foreign files.
    """
    run = _found(reference, folder or default_runs_folder())
    require_own(run.path)
    return run


def find_model(reference: str, folder: Path | None = None) -> Run:
    """Return the run whose model a reference means: that run, or the final model of a search if there is one."""
    run = find_run(reference, folder)
    final = Run(run.path / FINAL_MODEL)
    is_search = run.record().kind == SEARCH_KIND
    return final if is_search and final.read("run.json").get("status") == "completed" else run


def final_model(run: Run) -> Run | None:
    """Return the final model of a run with `training.refit`; None if it has none, or does not have it yet.

    Raises:
        RunError: it is missing or damaged.
    """
    if run.record().kind != "train":
        return None
    final = Run(run.path / FINAL_MODEL)
    if final.read("run.json").get("status") == "completed":
        return final
    if run.summary().refit is not None:
        raise RunError(f"{final.path}, the final model of run {run.id}, is missing or damaged.")
    return None


def _final_of(run: Run) -> Run:
    final = Run(run.path / FINAL_MODEL)
    if not (final.path / "run.json").is_file():
        hint = "`dlpy search --refit`" if run.record().kind == SEARCH_KIND else "training.refit: true"
        raise RunError(f"run {run.id} has no final model in {FINAL_MODEL}/: {hint} trains one.")
    return final


def _found(reference: str, folder: Path) -> Run:
    path = Path(reference)
    if os.path.isfile(path / "run.json"):  # noqa: PTH113 - False where a name is too long
        return _whole(Run(path.resolve()))
    if path.name == FINAL_MODEL and reference != FINAL_MODEL:
        return _final_of(_found(reference.removesuffix(f"/{FINAL_MODEL}"), folder))
    if part := _OF_PART.fullmatch(reference):
        run = _found(part[1], folder)
        return _seed_of(run, part[3]) if part[2] == SEEDS else _fold_of(run, part[3])
    if is_remote(reference):
        address, _, name = reference.rstrip("/").rpartition("/")
        return _found(name, folder_of_runs(address))
    runs = all_runs(folder)
    if reference == "latest" and runs:
        return _whole(runs[-1])
    found = [run for run in runs if run.id == reference] or [run for run in runs if run.id.startswith(reference)]
    found = found or [run for run in runs if run.name == reference][-1:]
    if len(found) == 1 and _ID.match(reference):
        return _whole(found[0])
    if found and reference:
        raise RunError(f"'{reference}' is ambiguous: it matches {', '.join(run.id for run in found[:5])}.")
    have = f"The newest are {', '.join(run.id for run in runs[-3:])}." if runs else "There are no runs yet."
    raise RunError(f"no run '{reference}' in {folder}. {have}")


def _whole(run: Run) -> Run:
    """Return a run whose files are all on this machine."""
    mirror.complete(run)
    return run


def _seed_of(run: Run, number: str) -> Run:
    """Return the run of one seed, numbered from 1."""
    found = next((seed for seed in seed_runs(run) if seed.path.name == number), None)
    if found is None:
        raise RunError(f"run {run.id} has no seed {number}: it has {len(seed_runs(run)) or 'none'}.")
    return found


def _fold_of(run: Run, number: str) -> Run:
    """Return the run of one fold, numbered from 1."""
    found = next((fold for fold in fold_runs(run) if fold.path.name == f"{int(number):02d}"), None)
    if found is None:
        raise RunError(f"run {run.id} has no fold {number}: it has {len(fold_runs(run)) or 'none'}.")
    if not (found.path / "run.json").is_file():
        raise RunError(f"fold {number} of run {run.id} keeps no model: `dlpy kfold --keep-models` does.")
    return found


def lasting(reference: str) -> str:
    """Return an id or path that will still refer to the run that a reference means now.

    Raises:
        RunError: no run or several runs match.
    """
    found = find_run(reference)
    if is_remote(reference):
        return reference
    by_path = os.path.isfile(Path(reference) / "run.json")  # noqa: PTH113 - it may be outside the folder of runs
    return str(found.path) if by_path else found.id


def all_runs(folder: Path) -> list[Run]:
    """Return all runs in the folder, oldest first."""
    mirror.refresh(folder)
    if folder.is_file():
        raise RunError(f"{folder} is a file, not a folder of runs.")
    if not folder.is_dir():
        return []
    paths = sorted(folder.iterdir(), key=_in_time)
    return [Run(path.resolve()) for path in paths if os.path.isfile(path / "run.json")]  # noqa: PTH113 - see above


def is_named_like_one(path: Path) -> bool:
    """Return whether a directory has a name like that of a run."""
    return NAMED.fullmatch(path.name) is not None


def _in_time(path: Path) -> list[str | int]:
    """Return a sort key for run directories: the tenth run of a second comes after the second one."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", path.name)]


def fold_runs(run: Run) -> list[Run]:
    """Return the directories of the folds that a k-fold run has started, in order."""
    return [Run(path) for path in sorted((run.path / FOLDS).glob("*")) if path.is_dir()]


def seed_runs(run: Run) -> list[Run]:
    """Return the runs of the seeds that a run of several has started, in order."""
    found = [path for path in (run.path / SEEDS).glob("*") if path.name.isdecimal() and (path / "run.json").is_file()]
    return [Run(path) for path in sorted(found, key=lambda path: int(path.name))]


def begun(folder: Path) -> list[Run]:
    """Return all runs in the folder and all directories with a name like that of a run, oldest first."""
    if not folder.is_dir():
        return []
    known = {run.path: run for run in all_runs(folder)}
    named = (path.resolve() for path in folder.iterdir() if path.is_dir() and is_named_like_one(path))
    return sorted({**{path: Run(path) for path in named}, **known}.values(), key=lambda run: run.id)
