"""The files of checkpoints: the links to them, whether one is what was written, and which are still needed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from dlpy.errors import RunError
from dlpy.runs import Run
from dlpy.suggestions import command
from dlpy.writing import beside, sha256, storage


def whole(folder: Path) -> dict[str, Any]:
    """Return the state of a checkpoint all of whose files are what was written.

    Raises:
        RunError: one is not, or was written by a dlpy that could not resume.
    """
    for name in ("weights.npz", "optimizer.npz", "seeds.npz"):
        verify(folder, name)
    state = read_state(folder)
    if state.get("step"):
        verify(folder, "metrics.npz")
    if not {"best", "step", "stopped", "callbacks"} <= state.keys():
        raise RunError(f"{folder} lacks what is needed to go on: an older dlpy wrote it.")
    return state


def read_state(folder: Path) -> dict[str, Any]:
    """Return the epoch, the scores and what callbacks remember of a checkpoint.

    Raises:
        RunError: the file is not what was written, or says something else.
    """
    verify(folder, "state.json")
    try:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        counts = [state["epoch"], state.get("step", 0), state.get("best") or 0]
        known = all(isinstance(count, int) and count >= 0 for count in counts)
        known = known and all(isinstance(kept, dict) for kept in [state.get("callbacks", {}), state.get("scores", {})])
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(f"{folder / 'state.json'} is damaged: {error}.") from None
    if not known:
        raise RunError(f"{folder / 'state.json'} is damaged: it says what dlpy never writes.")
    return state


def verify(folder: Path, name: str) -> None:
    """Raise RunError where a file is not what was written."""
    try:
        digests = json.loads((folder / "manifest.json").read_text())
        same = digests[name] == sha256(folder / name)
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise RunError(f"{folder} is missing or damaged: {error}.") from None
    if not same:
        raise RunError(f"{folder / name} is damaged: its content is not what was written.")


def point(link: Path, target: str) -> None:
    """Let a link point at its neighbour of that name; it is never missing meanwhile."""
    temporary = beside(link)
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)


def rewind(run: Run) -> tuple[dict[str, Any] | None, list[str]]:
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
            best = None if state["best"] is None else run.checkpoints / f"epoch-{state['best']:04d}"
        except RunError as error:
            damages.append(str(error))
            continue
        try:
            if best is not None:
                whole(best)
        except RunError as error:
            damages.append(f"{error} It was the best when {folder.name} was written.")
            continue
        last = _last_if_whole(run) if state["step"] else folder
        if last is not None and read_state(last)["epoch"] > state["epoch"]:
            continue  # a process was killed just before it removed the link to `unfinished`
        unfinished = folder if state["step"] else None
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
        best = {f"epoch-{_best_of(folder / name):04d}" for name in linked}
    except (OSError, ValueError, LookupError, TypeError):
        return  # what is damaged may have needed any of them
    for path in folder.glob("epoch-*"):
        if path.name not in linked | best:
            shutil.rmtree(path, ignore_errors=True)


def _best_of(folder: Path) -> int:
    """Return which epoch was the best when a checkpoint was written, 0 where none was."""
    return json.loads((folder / "state.json").read_text())["best"] or 0
