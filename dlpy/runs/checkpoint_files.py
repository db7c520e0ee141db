"""Checkpoint files: links, integrity checks, rewinding to the last intact one, and removing unused ones."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlpy.core.errors import RunError
from dlpy.core.parsing import Scores, read_json
from dlpy.core.suggestions import command
from dlpy.runs.directory import Run
from dlpy.storage.atomic import beside, sha256, storage

_Manifest = Mapping[str, str]
_NETWORK = ("weights.npz", "optimizer.npz", "seeds.npz")
FILES = ("model.npz", "model.txt", "model.json")  # of classic models: arrays, or the text of LightGBM or XGBoost


@dataclass(frozen=True)
class CheckpointState:
    """state.json of a checkpoint. Those of earlier versions lack some entries.

    epoch: number of finished epochs. step: number of finished steps of the next one.
    best: the best epoch so far. stopped: whether a callback stopped training after it.
    phase, phase_began: the current one of training.phases, and its first epoch; None without phases.
    callbacks: the state of each callback.
    file: the name of the only file of the model: of a classic one, or of a network that needs no resuming; None for
        a network with the state of its training.
    """

    epoch: int
    step: int | None = None
    best: int | None = None
    stopped: bool | None = None
    phase: int | None = None
    phase_began: int | None = None
    scores: Scores = field(default_factory=dict)
    callbacks: Mapping[str, dict[str, Any]] | None = None
    file: str | None = None

    @property
    def is_resumable(self) -> bool:
        """Whether it has all entries needed to resume."""
        return self.step is not None and self.stopped is not None and self.callbacks is not None

    @property
    def is_possible(self) -> bool:
        """Whether its counts are consistent."""
        counts = [self.epoch, self.step or 0, self.best or 0, (self.phase or 1) - 1, (self.phase_began or 1) - 1]
        return (
            min(counts) >= 0 and (self.best or 0) <= self.epoch and (self.phase is None) == (self.phase_began is None)
        )


def whole(folder: Path) -> CheckpointState:
    """Return the state of a checkpoint after verifying all its files.

    Raises:
        RunError: a file is missing or damaged, or was written by a version of dlpy that could not resume.
    """
    state = read_state(folder)
    if state.file is not None and state.file not in (*FILES, "weights.npz"):
        raise RunError(f"{folder / 'state.json'} is damaged: '{state.file}' is no file of a model.")
    for name in _NETWORK if state.file is None else (state.file,):
        verify(folder, name)
    if state.step:
        verify(folder, "metrics.npz")
    if not state.is_resumable:
        raise RunError(f"{folder} cannot be resumed: an older version of dlpy wrote it.")
    return state


def read_state(folder: Path) -> CheckpointState:
    """Return the state of a checkpoint.

    Raises:
        RunError: the file is damaged or inconsistent.
    """
    verify(folder, "state.json")
    state = _state(folder)
    if not state.is_possible:
        raise RunError(f"{folder / 'state.json'} is damaged: its counts are inconsistent.")
    return state


def _state(folder: Path) -> CheckpointState:
    try:
        return read_json(folder / "state.json", CheckpointState)
    except FileNotFoundError as error:
        raise RunError(f"{folder} is missing or damaged: {error}.") from None


def verify(folder: Path, name: str) -> None:
    """Raise RunError if a file does not have the checksum in the manifest."""
    try:
        digests = read_json(folder / "manifest.json", _Manifest)
        same = digests.get(name) == sha256(folder / name)
    except OSError as error:
        raise RunError(f"{folder} is missing or damaged: {error}.") from None
    if not same:
        raise RunError(f"{folder / name} is damaged: its content was changed after it was written.")


def point(link: Path, target: str) -> None:
    """Point a link at a sibling, atomically."""
    temporary = beside(link)
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)


def rewind(run: Run) -> tuple[CheckpointState | None, list[str]]:
    """Restore the folder to its state when the last intact checkpoint was written.

    Returns:
        The state of that checkpoint (None if there is none), and a line for each damaged one.

    Raises:
        RunError: there are checkpoints, but none is intact.
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
            damages.append(f"{error} It was the best checkpoint when {folder.name} was written.")
            continue
        last = _last_if_whole(run) if state.step else folder
        if last is not None and read_state(last).epoch > state.epoch:
            continue  # the process was killed just before removing the link to `unfinished`
        unfinished = folder if state.step else None
        _reset(run.checkpoints, {"unfinished": unfinished, "last": last, "best": best or last})
        return state, damages
    if damages:
        reasons = " ".join(dict.fromkeys(damages))
        hint = f"Start a new run: {command('train', run.config)}"
        raise RunError(f"run {run.id} cannot be resumed from any checkpoint: {reasons} {hint}")
    _reset(run.checkpoints, {})
    return None, []


def forget_all(run: Run) -> None:
    """Remove all checkpoints."""
    _reset(run.checkpoints, {})


def keep_alone(run: Run, name: str) -> None:
    """Remove all checkpoints but this one, which is then the best."""
    _reset(run.checkpoints, {"best": run.checkpoints / name})


def _last_if_whole(run: Run) -> Path | None:
    try:
        whole(run.checkpoints / "last")
    except RunError:
        return None
    return (run.checkpoints / "last").resolve()


def _reset(folder: Path, links: dict[str, Path | None]) -> None:
    """Set these links, and remove all other links and unused checkpoints."""
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
    """Remove unlinked checkpoints, except those that a linked checkpoint names as the best."""
    linked = {path.readlink().name for path in folder.iterdir() if path.is_symlink()}
    try:
        best = {f"epoch-{_state(folder / name).best or 0:04d}" for name in linked}
    except RunError:
        return  # the damaged checkpoint may name any of them
    for path in folder.glob("epoch-*"):
        if path.name not in linked | best:
            shutil.rmtree(path, ignore_errors=True)
