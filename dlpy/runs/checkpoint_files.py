"""The files of checkpoints: the links to them, whether one is what was written, and which are still needed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlpy.core.errors import RunError
from dlpy.core.parsing import Scores, parse, read_json, read_mapping
from dlpy.core.suggestions import command
from dlpy.runs.directory import Run
from dlpy.storage.atomic import beside, sha256, storage

_Manifest = Mapping[str, str]


@dataclass(frozen=True)
class CheckpointState:
    """state.json of a checkpoint. Those of earlier versions lack some entries.

    epoch: how many epochs are over. step: how many steps of the next one.
    best: which epoch was the best by then. stopped: whether a callback stopped training after it.
    phase, phase_began: which of training.phases it is in, and the epoch that began with; None where there are none.
    callbacks: what each callback remembers.
    """

    epoch: int
    step: int | None = None
    best: int | None = None
    stopped: bool | None = None
    phase: int | None = None
    phase_began: int | None = None
    scores: Scores = field(default_factory=dict)
    callbacks: Mapping[str, dict[str, Any]] | None = None

    @property
    def is_resumable(self) -> bool:
        """Whether it says all that is needed to go on."""
        return self.step is not None and self.stopped is not None and self.callbacks is not None

    @property
    def is_possible(self) -> bool:
        """Whether its counts are those of a training."""
        counts = [self.epoch, self.step or 0, self.best or 0, (self.phase or 1) - 1, (self.phase_began or 1) - 1]
        return (
            min(counts) >= 0 and (self.best or 0) <= self.epoch and (self.phase is None) == (self.phase_began is None)
        )


def whole(folder: Path) -> CheckpointState:
    """Return the state of a checkpoint all of whose files are what was written.

    Raises:
        RunError: one is not, or was written by a dlpy that could not resume.
    """
    for name in ("weights.npz", "optimizer.npz", "seeds.npz"):
        verify(folder, name)
    state = read_state(folder)
    if state.step:
        verify(folder, "metrics.npz")
    if not state.is_resumable:
        raise RunError(f"{folder} lacks what is needed to go on: an older dlpy wrote it.")
    return state


def read_state(folder: Path) -> CheckpointState:
    """Return the epoch, the scores and what callbacks remember of a checkpoint.

    Raises:
        RunError: the file is not what was written, or says something else.
    """
    verify(folder, "state.json")
    state = _state(folder)
    if not state.is_possible:
        raise RunError(f"{folder / 'state.json'} is damaged: it says what dlpy never writes.")
    return state


def _state(folder: Path) -> CheckpointState:
    try:
        return read_json(folder / "state.json", CheckpointState)
    except FileNotFoundError as error:
        raise RunError(f"{folder} is missing or damaged: {error}.") from None


def verify(folder: Path, name: str) -> None:
    """Raise RunError where a file is not what was written."""
    try:
        digests = parse(read_mapping(folder / "manifest.json", _Manifest), _Manifest)
        same = digests.get(name) == sha256(folder / name)
    except OSError as error:
        raise RunError(f"{folder} is missing or damaged: {error}.") from None
    if not same:
        raise RunError(f"{folder / name} is damaged: its content is not what was written.")


def point(link: Path, target: str) -> None:
    """Let a link point at its neighbour of that name; it is never missing meanwhile."""
    temporary = beside(link)
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)


def rewind(run: Run) -> tuple[CheckpointState | None, list[str]]:
    """Bring the folder to what it was when the last checkpoint that is whole was written.

    Returns:
        The state of that checkpoint, None where there is none, and a line for each one that is damaged.

    Raises:
        RunError: there are checkpoints, but none is whole.
    """
    damages = []
    for link in ("unfinished", "last", "previous"):
        if not (run.checkpoints / link).is_symlink():
            continue
        try:
            folder = (run.checkpoints / link).resolve()
            state = whole(folder)
            best = None if state.best is None else run.checkpoints / f"epoch-{state.best:04d}"
        except RunError as error:
            damages.append(str(error))
            continue
        try:
            if best is not None:
                whole(best)
        except RunError as error:
            damages.append(f"{error} It was the best when {folder.name} was written.")
            continue
        last = _last_if_whole(run) if state.step else folder
        if last is not None and read_state(last).epoch > state.epoch:
            continue  # a process was killed just before it removed the link to `unfinished`
        unfinished = folder if state.step else None
        _reset(run.checkpoints, {"unfinished": unfinished, "last": last, "best": best or last})
        return state, damages
    if damages:
        told = " ".join(dict.fromkeys(damages))
        anew = f"Train it anew: {command('train', run.config)}"
        raise RunError(f"run {run.id} cannot be resumed from any checkpoint: {told} {anew}")
    _reset(run.checkpoints, {})
    return None, []


def _last_if_whole(run: Run) -> Path | None:
    try:
        whole(run.checkpoints / "last")
    except RunError:
        return None
    return (run.checkpoints / "last").resolve()


def _reset(folder: Path, links: dict[str, Path | None]) -> None:
    """Leave these links and what they point at, and nothing else."""
    with storage(folder):
        folder.mkdir(exist_ok=True)
        for link, target in links.items():
            if target is not None:
                point(folder / link, target.name)
        for path in folder.glob("*"):
            if path.is_symlink() and links.get(path.name) is None:
                path.unlink()
        remove_unused(folder)


def remove_unused(folder: Path) -> None:
    """Remove what no link points at, but for what was best when a checkpoint was written that one does point at."""
    linked = {path.readlink().name for path in folder.iterdir() if path.is_symlink()}
    try:
        best = {f"epoch-{_state(folder / name).best or 0:04d}" for name in linked}
    except RunError:
        return  # what is damaged may have needed any of them
    for path in folder.glob("epoch-*"):
        if path.name not in linked | best:
            shutil.rmtree(path, ignore_errors=True)
