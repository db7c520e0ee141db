"""A run directory: the paths in it and who writes each. `runs/README.md` is its contract."""

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
PICTURE_KINDS = ("dream", "style")  # of runs that train no model
_OUTDATED = ("evaluation.json", "predictions.npz", "classes-*.csv", "samples/made.npz", "samples/wrongest-*", "plots/*")
_STAMP, _MOST_SET_BACK = "%Y%m%d-%H%M%S", timedelta(days=1)
_NAMED = re.compile(r"\d{8}-\d{6}-(.+?)(?:-\d+)?")  # a number at the end tells apart runs of one second
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")


@dataclass(frozen=True)
class Run:
    """One run directory."""

    path: Path

    @property
    def name(self) -> str:
        """Its experiment's name."""
        found = _NAMED.fullmatch(self.id)
        return found[1] if found else self.id

    @property
    def id(self) -> str:
        """The directory's name: YYYYMMDD-HHMMSS-<experiment>."""
        return self.path.name

    @property
    def config(self) -> Path:
        """The experiment with every default filled in."""
        return self.path / "config.yaml"

    @property
    def metrics(self) -> Path:
        """One row an epoch."""
        return self.path / "metrics.csv"

    @property
    def checkpoints(self) -> Path:
        """Folder of `best` and `last`."""
        return self.path / "checkpoints"

    @property
    def plots(self) -> Path:
        """Folder of pictures."""
        return self.path / "plots"

    @property
    def model(self) -> Path:
        """The best model as Keras saves it."""
        return self.path / "model.keras"

    @property
    def log(self) -> Path:
        """What happened, and the traceback of a bug."""
        return self.path / "log.txt"

    @property
    def transforms(self) -> Path:
        """What the transforms learnt from the training rows."""
        return self.path / "transforms.npz"

    @property
    def splits(self) -> Path:
        """Which rows trained, and which were held out."""
        return self.path / "splits.npz"

    @property
    def predictions(self) -> Path:
        """Targets and predictions of the validation and test rows."""
        return self.path / "predictions.npz"

    @property
    def unfinished(self) -> Path:
        """What a picture in the making goes on from."""
        return self.path / "unfinished.npz"

    @property
    def made(self) -> Path:
        """What a model that makes rows shows of itself."""
        return self.path / "samples" / "made.npz"

    @property
    def changes(self) -> Path:
        """What `alone` is asked for by whoever reads a file and writes it again."""
        return self.path / "changes"

    def record(self) -> Record:
        """Return run.json.

        Raises:
            RunError: the file is damaged, or is not there.
        """
        content = self.read("run.json")
        if not content:
            raise RunError(f"{self.path / 'run.json'} is missing.")
        return parse(content, Record)

    def summary(self) -> Summary:
        """Return summary.json; an empty one where it is not written yet.

        Raises:
            RunError: the file is damaged.
        """
        return parse(self.read("summary.json"), Summary)

    def evaluation(self) -> Mapping[str, Evaluation]:
        """Return evaluation.json by part; an empty one where it is not written yet.

        Raises:
            RunError: the file is damaged.
        """
        return parse(self.read("evaluation.json"), Mapping[str, Evaluation])

    def read(self, name: str) -> dict[str, Any]:
        """Return a JSON file as it stands, to be changed; an empty mapping where it is not written yet.

        Raises:
            RunError: the file is damaged.
        """
        try:
            return read_mapping(self.path / name, JSON_FILES.get(name, Any))
        except FileNotFoundError:
            return {}

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Write a JSON file that appears whole."""
        text = json_text(content) + "\n"
        write_whole(self.path / name, lambda path: path.write_text(text, encoding="utf-8"))

    def change(self, name: str, changed: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Write what `changed` makes of a JSON file; processes that want to change it take turns."""
        with storage(self.path / name), alone(self.changes):
            self.write(name, changed(self.read(name)))

    def update(self, **changes: Any) -> None:
        """Change some entries of run.json."""
        self.change("run.json", lambda record: record | changes)

    def require_present(self) -> None:
        """Raise StorageError where somebody removed the directory."""
        if not self.path.is_dir():
            raise StorageError(f"{self.path} was removed while its run trained.")

    def append_log(self, text: str) -> None:
        """Add lines to log.txt."""
        with storage(self.log), self.log.open("a", encoding="utf-8", errors="backslashreplace") as file:
            lines = printable(text).rstrip("\n").replace("\n", "\n  ")  # what is said of one moment is set in
            file.write(f"{datetime.now().isoformat(timespec='seconds')} {lines}\n")


def forget_outdated(run: Run) -> None:
    """Remove what was made of an earlier state of the model."""
    with storage(run.path):
        for path in (path for pattern in _OUTDATED for path in run.path.glob(pattern)):
            if path.is_file():  # a file browser may have put a folder there
                path.unlink()


def default_runs_folder() -> Path:
    """Return where runs live: $DLPY_RUNS, or `runs` in the current folder."""
    return Path(os.environ.get("DLPY_RUNS") or "runs")


def create_run(folder: Path, name: str, now: datetime) -> Run:
    """Claim and return a new run directory; two runs in the same second get different ones."""
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
    raise StorageError(f"{folder} already holds 999 runs called {stem}.")


def _not_before_others(folder: Path, now: datetime) -> datetime:
    """Return the time, or that of the newest run where the clock was set back since, as in autumn.

    One of more than a day ahead was made by a clock that was wrong.
    """
    stamps = [path.name[:15] for path in folder.iterdir() if _NAMED.fullmatch(path.name)]
    try:
        newest = datetime.strptime(max(stamps), _STAMP) if stamps else now
    except ValueError:  # no time, but called like one
        return now
    return max(now, newest) if newest - now < _MOST_SET_BACK else now


def find_run(reference: str, folder: Path | None = None) -> Run:
    """Return the run that an id, a unique part of its beginning, a path, or `latest` stands for.

    An experiment's name stands for its latest run.

    Raises:
        RunError: none does, or several do, or there is something in it that is not the run's own.
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
        raise RunError(f"'{reference}' could be any of {', '.join(run.id for run in found[:5])}.")
    have = f"The newest are {', '.join(run.id for run in runs[-3:])}." if runs else "There are no runs yet."
    raise RunError(f"no run '{reference}' in {folder}. {have}")


def lasting(reference: str) -> str:
    """Return an id or a path that goes on standing for the run that a reference stands for now.

    Raises:
        RunError: none does, or several do.
    """
    found = find_run(reference)
    by_path = os.path.isfile(Path(reference) / "run.json")  # noqa: PTH113 - it may lie where ids are not looked for
    return str(found.path) if by_path else found.id


def require_model(run: Run) -> None:
    """Raise RunError where a run trained no model but made a picture."""
    if (kind := run.record().kind) in PICTURE_KINDS:
        raise RunError(f"run {run.id} is of kind '{kind}': it made the pictures in its samples/, and has no model.")


def all_runs(folder: Path) -> list[Run]:
    """Return every run in the folder, the oldest first."""
    if folder.is_file():
        raise RunError(f"{folder} is a file, not the folder of runs.")
    if not folder.is_dir():
        return []
    paths = sorted(folder.iterdir(), key=_in_time)
    return [Run(path.resolve()) for path in paths if os.path.isfile(path / "run.json")]  # noqa: PTH113 - see above


def is_named_like_one(path: Path) -> bool:
    """Return whether a directory is called as runs are."""
    return _NAMED.fullmatch(path.name) is not None


def _in_time(path: Path) -> list[str | int]:
    """Return what sorts run directories: the tenth run of a second comes after the second one."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", path.name)]


def fold_runs(run: Run) -> list[Run]:
    """Return the directories of the folds that a k-fold run has begun, in their order."""
    return [Run(path) for path in sorted((run.path / "folds").glob("*")) if path.is_dir()]
