"""Run directories: their paths, JSON files and lookup. `runs/README.md` is the contract."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dlpy.core.errors import RunError, StorageError, printable
from dlpy.core.parsing import parse, read_mapping
from dlpy.runs.record import JSON_FILES, Evaluation, Record, Summary
from dlpy.runs.trust import require_own
from dlpy.storage.atomic import json_text, storage, write_whole
from dlpy.storage.cache import alone

SCHEMA_VERSION = 1
ARTWORK_KINDS = ("dream", "style")  # of runs that generate an image instead of training a model
_OUTDATED = ("evaluation.json", "predictions.npz", "classes-*.csv", "samples/made.npz", "samples/wrongest-*", "plots/*")
_STAMP, _MOST_SET_BACK = "%Y%m%d-%H%M%S", timedelta(days=1)
_NAMED = re.compile(r"\d{8}-\d{6}-(.+?)(?:-\d+)?")  # runs of the same second get a number at the end
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")


@dataclass(frozen=True)
class Run:
    """A run directory."""

    path: Path

    @property
    def name(self) -> str:
        """The name of its experiment."""
        found = _NAMED.fullmatch(self.id)
        return found[1] if found else self.id

    @property
    def id(self) -> str:
        """The directory's name: YYYYMMDD-HHMMSS-<experiment>."""
        return self.path.name

    @property
    def config(self) -> Path:
        """The experiment with all defaults filled in."""
        return self.path / "config.yaml"

    @property
    def metrics(self) -> Path:
        """The scores, one row per epoch."""
        return self.path / "metrics.csv"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def plots(self) -> Path:
        """The folder of plots."""
        return self.path / "plots"

    @property
    def model(self) -> Path:
        """The best model as Keras saves it."""
        return self.path / "model.keras"

    @property
    def log(self) -> Path:
        """The log, with the traceback of a bug."""
        return self.path / "log.txt"

    @property
    def transforms(self) -> Path:
        """The states of the transforms, fitted on training rows."""
        return self.path / "transforms.npz"

    @property
    def splits(self) -> Path:
        """The positions of training and held-out rows."""
        return self.path / "splits.npz"

    @property
    def predictions(self) -> Path:
        """Targets and predictions of the validation and test rows."""
        return self.path / "predictions.npz"

    @property
    def unfinished(self) -> Path:
        """The state from which an unfinished image is resumed."""
        return self.path / "unfinished.npz"

    @property
    def made(self) -> Path:
        """The samples and latent vectors of a generative model."""
        return self.path / "samples" / "made.npz"

    @property
    def changes(self) -> Path:
        """The path to lock with `alone` while a file is read and rewritten."""
        return self.path / "changes"

    def record(self) -> Record:
        """Return run.json.

        Raises:
            RunError: the file is damaged or missing.
        """
        content = self.read("run.json")
        if not content:
            raise RunError(f"{self.path / 'run.json'} is missing.")
        return parse(content, Record)

    def summary(self) -> Summary:
        """Return summary.json; an empty one if it is not written yet.

        Raises:
            RunError: the file is damaged.
        """
        return parse(self.read("summary.json"), Summary)

    def evaluation(self) -> Mapping[str, Evaluation]:
        """Return evaluation.json by split; an empty one if it is not written yet.

        Raises:
            RunError: the file is damaged.
        """
        return parse(self.read("evaluation.json"), Mapping[str, Evaluation])

    def read(self, name: str) -> dict[str, Any]:
        """Return a JSON file as plain values; an empty mapping if it is not written yet.

        Raises:
            RunError: the file is damaged.
        """
        try:
            return read_mapping(self.path / name, JSON_FILES.get(name, Any))
        except FileNotFoundError:
            return {}

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Write a JSON file atomically."""
        text = json_text(content) + "\n"
        write_whole(self.path / name, lambda path: path.write_text(text, encoding="utf-8"))

    def change(self, name: str, changed: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Replace a JSON file by `changed` of its content; concurrent processes take turns."""
        with storage(self.path / name), alone(self.changes):
            self.write(name, changed(self.read(name)))

    def update(self, **changes: Any) -> None:
        """Update entries of run.json."""
        self.change("run.json", lambda record: record | changes)

    def require_present(self) -> None:
        """Raise StorageError if the directory was removed."""
        if not self.path.is_dir():
            raise StorageError(f"{self.path} was removed during training.")

    def append_log(self, text: str) -> None:
        """Add lines to log.txt."""
        with storage(self.log), self.log.open("a", encoding="utf-8", errors="backslashreplace") as file:
            lines = printable(text).rstrip("\n").replace("\n", "\n  ")  # continuation lines are indented
            file.write(f"{datetime.now().isoformat(timespec='seconds')} {lines}\n")


def forget_outdated(run: Run) -> None:
    """Remove the files made from an earlier state of the model."""
    with storage(run.path):
        for path in (path for pattern in _OUTDATED for path in run.path.glob(pattern)):
            if path.is_file():  # a file browser may have created a folder of that name
                path.unlink()


def default_runs_folder() -> Path:
    """Return the folder of the runs: $DLPY_RUNS, or `runs` in the current folder."""
    return Path(os.environ.get("DLPY_RUNS") or "runs")


def create_run(folder: Path, name: str, now: datetime) -> Run:
    """Create and return a new run directory, distinct even for runs of the same second."""
    with storage(folder):
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{_not_before_others(folder, now):{_STAMP}}-{name}"
        for number in range(1, 1000):
            path = folder / (stem if number == 1 else f"{stem}-{number}")
            try:
                path.mkdir()
            except FileExistsError:
                continue
            return Run(path)
    raise StorageError(f"{folder} already holds 999 runs named {stem}.")


def _not_before_others(folder: Path, now: datetime) -> datetime:
    """Return the time, or that of the newest run if the clock was set back since, as at the end of summer time.

    Runs more than a day ahead are ignored: their clock was wrong.
    """
    stamps = [path.name[:15] for path in folder.iterdir() if _NAMED.fullmatch(path.name)]
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


def _found(reference: str, folder: Path) -> Run:
    path = Path(reference)
    if os.path.isfile(path / "run.json"):  # noqa: PTH113 - False where a name is too long
        return Run(path.resolve())
    runs = all_runs(folder)
    if reference == "latest" and runs:
        return runs[-1]
    found = [run for run in runs if run.id == reference] or [run for run in runs if run.id.startswith(reference)]
    found = found or [run for run in runs if run.name == reference][-1:]
    if len(found) == 1 and _ID.match(reference):
        return found[0]
    if found and reference:
        raise RunError(f"'{reference}' is ambiguous: it matches {', '.join(run.id for run in found[:5])}.")
    have = f"The newest are {', '.join(run.id for run in runs[-3:])}." if runs else "There are no runs yet."
    raise RunError(f"no run '{reference}' in {folder}. {have}")


def lasting(reference: str) -> str:
    """Return an id or path that will still refer to the run that a reference means now.

    Raises:
        RunError: no run or several runs match.
    """
    found = find_run(reference)
    by_path = os.path.isfile(Path(reference) / "run.json")  # noqa: PTH113 - it may be outside the folder of runs
    return str(found.path) if by_path else found.id


def require_model(run: Run) -> None:
    """Raise RunError if a run generated an image and has no model."""
    if (kind := run.record().kind) in ARTWORK_KINDS:
        raise RunError(f"run {run.id} is of kind '{kind}': it generated the images in its samples/ and has no model.")


def all_runs(folder: Path) -> list[Run]:
    """Return all runs in the folder, oldest first."""
    if folder.is_file():
        raise RunError(f"{folder} is a file, not a folder of runs.")
    if not folder.is_dir():
        return []
    paths = sorted(folder.iterdir(), key=_in_time)
    return [Run(path.resolve()) for path in paths if os.path.isfile(path / "run.json")]  # noqa: PTH113 - see above


def is_named_like_one(path: Path) -> bool:
    """Return whether a directory has a name like that of a run."""
    return _NAMED.fullmatch(path.name) is not None


def _in_time(path: Path) -> list[str | int]:
    """Return a sort key for run directories: the tenth run of a second comes after the second one."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", path.name)]


def fold_runs(run: Run) -> list[Run]:
    """Return the directories of the folds that a k-fold run has started, in order."""
    return [Run(path) for path in sorted((run.path / "folds").glob("*")) if path.is_dir()]
