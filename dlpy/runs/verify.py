"""Verifies that the files of a run are present and unchanged. Nothing is trained, loaded or repaired."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dlpy.core.errors import ConfigError, RunError
from dlpy.data.task import Output
from dlpy.experiment.document import read
from dlpy.runs.arrays import read_arrays
from dlpy.runs.attention import read_attention
from dlpy.runs.checkpoint_files import read_state, whole
from dlpy.runs.decisions import read_bands, read_calibration, read_thresholds
from dlpy.runs.directory import ARTWORK_KINDS, ENSEMBLE, FINAL_MODEL, SEARCH_KIND, Run
from dlpy.runs.history import read_history
from dlpy.runs.images import artwork_files, read_artwork, read_augmented, read_made, read_wrongest
from dlpy.runs.lock import is_locked, status_of
from dlpy.runs.lookup import fold_runs, seed_runs
from dlpy.runs.members import damages_of_members
from dlpy.runs.network import read_network
from dlpy.runs.predictions import PARTS, key_of, read_fold, read_predictions, read_splits
from dlpy.runs.record import Record
from dlpy.runs.results import outputs_of, tasks_of
from dlpy.runs.transform_states import read_states
from dlpy.runs.trust import require_own
from dlpy.runs.verify_missing import missing_files
from dlpy.runs.verify_searches import damages_of_search
from dlpy.runs.written import read_written
from dlpy.storage.atomic import sha256
from dlpy.storage.zip_files import zip_damage

_STOPPED = ("interrupted", "failed", "killed")


@dataclass(frozen=True)
class Verdict:
    """The result of verifying a run.

    status: as in run.json, but `killed` if it says running and no process trains.
    resumable: whether `dlpy resume` can resume it; None if there is nothing to resume.
    damages: a line for each missing or changed file; none while the run is being trained.
    """

    id: str
    status: str
    resumable: bool | None
    damages: list[str]

    @property
    def line(self) -> str:
        """The result as one line."""
        way = {True: ", resumable", False: ", not resumable", None: ""}[self.resumable]
        return (
            f"{self.status}{way}: {'; '.join(self.damages) or ('intact' if self.status != 'running' else 'not over')}"
        )


def verify(run: Run) -> Verdict:
    """Return the verdict on a run."""
    try:
        require_own(run.path)
        record = run.record()
    except RunError as error:
        return Verdict(run.id, "unknown", False, [_short(run, str(error))])
    status = status_of(run, record)
    if is_locked(run):  # its files change at any moment
        return Verdict(run.id, status, None, [])
    damages = [*_config_damages(run, record), *missing_files(run, record, status)]
    damages += [damage for one in (run, *fold_runs(run)) for damage in _checkpoint_damages(one)]
    damages += [*_metrics_damages(run), *_file_damages(run, record), *_damages_within(run)]
    if record.kind == SEARCH_KIND:
        damages += damages_of_search(run, status)
    if record.kind == ENSEMBLE:
        damages += damages_of_members(run)
    return Verdict(run.id, status, _is_resumable(run, record, status), [_short(run, damage) for damage in damages])


def _config_damages(run: Run, record: Record) -> Iterator[str]:
    """Yield damages of config.yaml and plug-ins: edited or, without a stored checksum, unreadable."""
    known = record.config_sha256 or {}
    first = "search.yaml" if record.kind == SEARCH_KIND else "config.yaml"
    for name in dict.fromkeys([first, *known]):
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


def _damages_within(run: Run) -> Iterator[str]:
    """Yield the damages of the runs of the seeds, and of the final model of a search."""
    final = Run(run.path / FINAL_MODEL)
    for within in (*seed_runs(run), *([final] if final.path.is_dir() else [])):
        name = within.path.relative_to(run.path)
        yield from (f"{name}/{damage}" for damage in verify(within).damages)


def _checkpoint_damages(run: Run) -> Iterator[str]:
    """Yield the damaged checkpoints and broken links."""
    paths = sorted(run.checkpoints.glob("[!.]*"))  # hidden ones were left unfinished by killed processes
    for path in paths:
        if path.is_symlink():
            if not path.is_dir():
                yield f"{path} is a broken link"
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
            yield f"{path} is damaged: it lacks epochs that are in checkpoints/last"


def _epochs_kept(training: Run) -> int:
    """Return the number of finished epochs of the last checkpoint, 0 if there is none or it is unreadable."""
    try:
        return read_state(training.checkpoints / "last").epoch
    except RunError:
        return 0


def _file_damages(run: Run, record: Record) -> Iterator[str]:
    """Yield the files that plot, evaluate, resume or generate could not read."""
    yield from _damages_from(run.summary, run.evaluation, lambda: _task(run, record))
    try:
        outputs = outputs_of(run) or None
    except RunError:
        return  # already reported; the other files cannot be read without the task
    yield from _damages_from(lambda: read_predictions(run.predictions, outputs), lambda: read_splits(run.splits))
    yield from _damages_from(
        lambda: run.transforms.is_file() and read_states(run.transforms), lambda: read_arrays(run.unfinished)
    )
    samples = run.path / "samples"
    yield from _damages_from(lambda: read_made(run.made), lambda: read_augmented(samples / "augmented.npz"))
    yield from _damages_from(lambda: read_attention(run.attention), lambda: read_written(run.written, outputs or {}))
    yield from _damages_from(
        *_wrongest(samples, outputs or {}), lambda: read_network(run), lambda: run.read("rivals.json")
    )
    yield from _damages_from(lambda: read_calibration(run), lambda: read_thresholds(run), lambda: read_bands(run))
    if record.kind in ARTWORK_KINDS:
        yield from _damages_from(lambda: read_artwork(artwork_files(run)))
    for fold in fold_runs(run):
        yield from _damages_from(lambda fold=fold: read_splits(fold.splits))
        if (fold.path / "fold.json").is_file():
            yield from _damages_from(
                lambda fold=fold: fold.read("fold.json"), lambda fold=fold: read_fold(fold.predictions, outputs_of(run))
            )
    if run.model.is_file() and (damage := zip_damage(run.model)):
        yield f"{run.model} is damaged: {damage}"


def _wrongest(samples: Path, outputs: Mapping[str, Output]) -> Iterator[Callable[[], object]]:
    """Yield the readers of the most wrong images of each part and output."""
    for part in PARTS:
        for name, output in outputs.items():
            key = key_of(part, name if len(outputs) > 1 else "")
            yield partial(read_wrongest, samples / f"wrongest-{key}.npz", output)


def _task(run: Run, record: Record) -> None:
    if record.kind not in ARTWORK_KINDS and tasks_of(run) is None:
        raise RunError(f"{run.path / 'run.json'} is damaged: it lacks the task.")


def _damages_from(*readers: Callable[[], object]) -> Iterator[str]:
    """Yield the messages of readers that find a damaged file."""
    for read_file in readers:
        try:
            read_file()
        except RunError as error:
            yield str(error).rstrip(".")


def _is_resumable(run: Run, record: Record, status: str) -> bool | None:
    """Return whether the run can be resumed; None if it needs no resuming."""
    if status not in _STOPPED or run.owner is not None:  # the seeds of a run are resumed together
        return None if status in ("completed", "running") else False
    if any(_config_damages(run, record)) or (record.kind == "kfold" and record.folds is None):
        return False
    trainings = [run, *(fold for fold in fold_runs(run) if not (fold.path / "fold.json").is_file()), *seed_runs(run)]
    return all(_can_resume(training) for training in trainings)


def _can_resume(training: Run) -> bool:
    links = [training.checkpoints / name for name in ("unfinished", "last", "previous")]
    there = [link.resolve() for link in links if link.is_symlink()]
    return not there or any(_damage(folder) is None for folder in there)


def _short(run: Run, damage: str) -> str:
    """Return the line with paths relative to the run directory."""
    return damage.replace(f"{run.path}/", "").rstrip(".")
