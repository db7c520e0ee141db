"""Whether a run is intact: what dlpy wrote is there, and is what it wrote. Nothing is trained, loaded or mended."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dlpy.core.errors import ConfigError, RunError
from dlpy.experiment.document import read
from dlpy.runs.arrays import read_arrays
from dlpy.runs.checkpoint_files import read_state, whole
from dlpy.runs.directory import PICTURE_KINDS, Run, all_runs, fold_runs, is_named_like_one
from dlpy.runs.history import read_history
from dlpy.runs.images import artwork_files, read_artwork, read_augmented, read_made, read_wrongest
from dlpy.runs.lock import is_locked, status_of
from dlpy.runs.predictions import PARTS, read_fold, read_predictions, read_splits
from dlpy.runs.record import Record
from dlpy.runs.results import output_of, tasks_of
from dlpy.runs.transform_states import read_states
from dlpy.runs.trust import require_own
from dlpy.storage.atomic import sha256
from dlpy.storage.npz import check_sizes

_OF_TRAINING = ("metrics.csv", "summary.json", "splits.npz", "transforms.npz", "checkpoints/best", "checkpoints/last")
_OF_FOLDS = ("summary.json", "predictions.npz")
_OF_FOLD = ("fold.json", "predictions.npz", "metrics.csv", "splits.npz")
_OF_PICTURES = ("metrics.csv", "summary.json")
_STOPPED = ("interrupted", "failed", "killed")


@dataclass(frozen=True)
class Verdict:
    """What is found about a run.

    status: as in run.json, but `killed` where the process is gone that was to write how it ended.
    resumable: whether `dlpy resume` goes on with it; None where it has nothing to go on with.
    damages: a line for each thing that is missing or is not what was written. A run that is being trained has none.
    """

    id: str
    status: str
    resumable: bool | None
    damages: list[str]

    @property
    def line(self) -> str:
        """The same for a person."""
        way = {True: ", resumable", False: ", not resumable", None: ""}[self.resumable]
        return (
            f"{self.status}{way}: {'; '.join(self.damages) or ('intact' if self.status != 'running' else 'not over')}"
        )


def begun(folder: Path) -> list[Run]:
    """Return every run in the folder and every directory that is called like one, the oldest first."""
    if not folder.is_dir():
        return []
    known = {run.path: run for run in all_runs(folder)}
    named = (path.resolve() for path in folder.iterdir() if path.is_dir() and is_named_like_one(path))
    return sorted({**{path: Run(path) for path in named}, **known}.values(), key=lambda run: run.id)


def verify(run: Run) -> Verdict:
    """Return whether a run is intact."""
    try:
        require_own(run.path)
        record = run.record()
    except RunError as error:
        return Verdict(run.id, "unknown", False, [_short(run, str(error))])
    status = status_of(run, record)
    if is_locked(run):  # its files change at any moment
        return Verdict(run.id, status, None, [])
    damages = [*_config_damages(run, record), *_missing(run, record, status)]
    damages += [damage for one in (run, *fold_runs(run)) for damage in _checkpoint_damages(one)]
    damages += [*_metrics_damages(run), *_file_damages(run, record)]
    return Verdict(run.id, status, _is_resumable(run, record, status), [_short(run, damage) for damage in damages])


def _config_damages(run: Run, record: Record) -> Iterator[str]:
    """Yield whether config.yaml or a plug-in is not what was written; without its digest, whether it can be read."""
    known = record.config_sha256 or {}
    for name in dict.fromkeys(["config.yaml", *known]):
        path = run.path / Path(name).name
        if not path.is_file():
            yield f"{path} is missing"
        elif name in known and sha256(path) != known[name]:
            yield f"{path} was edited"
        elif name not in known:
            try:
                read(path)
            except ConfigError as error:
                yield f"{path} is damaged: {str(error).splitlines()[0]}"


def _missing(run: Run, record: Record, status: str) -> Iterator[str]:
    """Yield what a run that is complete should have."""
    if status != "completed":
        return
    names = list(_OF_PICTURES if record.kind in PICTURE_KINDS else _OF_TRAINING)
    if record.kind == "kfold":
        how = record.folds  # none of an older dlpy, which kept nothing of a fold
        trained = [name for name in _OF_TRAINING if name not in _OF_FOLDS] if how is not None and how.refit else []
        numbers = range(1, _fold_count(run) + 1) if how is not None else ()
        names = [*_OF_FOLDS, *trained, *(f"folds/{number:02d}/{name}" for number in numbers for name in _OF_FOLD)]
    yield from (f"{run.path / name} is missing" for name in names if not (run.path / name).exists())


def _fold_count(run: Run) -> int:
    """Return how many folds the summary tells of; none where it is damaged, which is told of it."""
    try:
        return len(run.summary().folds)
    except RunError:
        return 0


def _checkpoint_damages(run: Run) -> Iterator[str]:
    """Yield which checkpoints are not what was written, and which links lead nowhere."""
    paths = sorted(run.checkpoints.glob("[!.]*"))  # a hidden one is what a killed process had not finished
    for path in paths:
        if path.is_symlink():
            if not path.is_dir():
                yield f"{path} leads nowhere"
        elif damage := _damage(path):
            yield damage


def _damage(checkpoint: Path) -> str | None:
    try:
        whole(checkpoint)
    except RunError as error:
        return str(error).rstrip(".")
    return None


def _metrics_damages(run: Run) -> Iterator[str]:
    for path in sorted([*run.path.glob("metrics.csv"), *run.path.glob("folds/*/metrics.csv")]):
        try:
            history = read_history(path, whole=True)
        except RunError as error:
            yield str(error).rstrip(".")
            continue
        if (0 if history is None else len(history.epochs)) < _epochs_kept(Run(path.parent)):
            yield f"{path} is damaged: it lacks epochs that checkpoints/last has"


def _epochs_kept(training: Run) -> int:
    """Return how many epochs the last checkpoint has behind it, 0 where there is none that says so."""
    try:
        return read_state(training.checkpoints / "last").epoch
    except RunError:
        return 0


def _file_damages(run: Run, record: Record) -> Iterator[str]:
    """Yield which files cannot be read by those who read them: plots, evaluate, resume, generate."""
    yield from _told(run.summary, run.evaluation, lambda: _task(run, record))
    try:
        output = output_of(run)
    except RunError:
        return  # told; without the task nobody reads what hangs on it
    yield from _told(lambda: read_predictions(run.predictions, output), lambda: read_splits(run.splits))
    yield from _told(
        lambda: run.transforms.is_file() and read_states(run.transforms), lambda: read_arrays(run.unfinished)
    )
    samples = run.path / "samples"
    yield from _told(lambda: read_made(run.made), lambda: read_augmented(samples / "augmented.npz"))
    yield from _told(*(partial(read_wrongest, samples / f"wrongest-{part}.npz", output) for part in PARTS))
    if record.kind in PICTURE_KINDS:
        yield from _told(lambda: read_artwork(artwork_files(run)))
    for fold in fold_runs(run):
        yield from _told(lambda fold=fold: read_splits(fold.splits))
        if (fold.path / "fold.json").is_file():
            yield from _told(lambda fold=fold: fold.read("fold.json"), lambda fold=fold: read_fold(fold.predictions))
    if run.model.is_file() and (damage := _zip_damage(run.model)):
        yield f"{run.model} is damaged: {damage}"


def _task(run: Run, record: Record) -> None:
    if record.kind not in PICTURE_KINDS and tasks_of(run) is None:
        raise RunError(f"{run.path / 'run.json'} is damaged: it lacks the task.")


def _told(*readers: Callable[[], object]) -> Iterator[str]:
    """Yield what the readers say of damaged files."""
    for read_file in readers:
        try:
            read_file()
        except RunError as error:
            yield str(error).rstrip(".")


def _zip_damage(path: Path) -> str | None:
    """Return what is wrong with an archive: every byte of it is read, and none of it is unpacked to disk or run."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_sizes(archive.infolist())
            wrong = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        return str(error) or type(error).__name__
    return wrong and f"{wrong} is not what was written"


def _is_resumable(run: Run, record: Record, status: str) -> bool | None:
    """Return whether there is a checkpoint to go on from, or none is needed."""
    if status not in _STOPPED:
        return None if status in ("completed", "running") else False
    if any(_config_damages(run, record)) or (record.kind == "kfold" and record.folds is None):
        return False
    trainings = [run, *(fold for fold in fold_runs(run) if not (fold.path / "fold.json").is_file())]
    return all(_can_go_on(training) for training in trainings)


def _can_go_on(training: Run) -> bool:
    links = [training.checkpoints / name for name in ("unfinished", "last", "previous")]
    there = [link.resolve() for link in links if link.is_symlink()]
    return not there or any(_damage(folder) is None for folder in there)


def _short(run: Run, damage: str) -> str:
    """Return the line with paths as they are in the run's directory."""
    return damage.replace(f"{run.path}/", "").rstrip(".")
