"""Weights and all else that training needs to go on, in a directory that appears whole.

`best` and `last` are links to directories such as `epoch-0007`; a link is moved in one step once its directory is
complete, so a reader always finds a whole checkpoint. Weights are plain npz: nothing is executed by loading them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dlpy.errors import DivergedError, RunError
from dlpy.model_state import finish_normalization, variables
from dlpy.runs import Run, storage

if TYPE_CHECKING:
    import keras

Which = Literal["best", "last"]


@dataclass(frozen=True)
class Snapshot:
    """The state after an epoch (numbered from 1): arrays by file and path, and the epoch's scores."""

    epoch: int
    logs: dict[str, float]
    arrays: dict[str, dict[str, np.ndarray]]
    callbacks: dict[str, Any]
    phase: int | None = None  # of training in phases, from 1


def snapshot(model: keras.Model, epoch: int, logs: dict[str, float], callbacks: dict[str, Any]) -> Snapshot:
    """Return a copy of the model's state.

    Raises:
        DivergedError: a weight is NaN or infinite.
    """
    groups = variables(model)
    arrays = {name: {_key(i, v): np.array(v) for i, v in enumerate(group)} for name, group in groups.items()}
    if not all(np.isfinite(array).all() for array in arrays["weights"].values()):
        raise DivergedError(
            f"a weight became NaN or infinite in epoch {epoch}. "
            "Try a smaller training.optimizer.learning_rate, 'standardize' in data.transforms, or clipnorm."
        )
    return Snapshot(epoch, dict(logs), arrays, callbacks)


def save(run: Run, state: Snapshot, links: list[Which]) -> None:
    """Write the snapshot and let the links point at it; directories that no link points at are removed."""
    folder = run.checkpoints / f"epoch-{state.epoch:04d}"
    with storage(folder):
        if not folder.exists():
            temporary = run.checkpoints / f".{os.getpid()}-{folder.name}"
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
            try:
                _write(temporary, state)
                temporary.rename(folder)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
        for link in links:
            _point(run.checkpoints / link, folder.name)
        _remove_unused(run.checkpoints)


def load_weights(model: keras.Model, run: Run, which: Which = "best") -> int:
    """Put a checkpoint's weights into a model of the same shapes and return the epoch they are from.

    Raises:
        RunError: the checkpoint is missing or damaged, or is of another network.
    """
    folder = _existing(run, which)
    arrays = read_weights(run, which)
    wanted = {_key(i, v): tuple(v.shape) for i, v in enumerate(model.weights)}
    if {key: array.shape for key, array in arrays.items()} != wanted:
        raise RunError(f"{folder} holds the weights of another network than {run.config} describes.")
    for variable, array in zip(model.weights, arrays.values(), strict=True):
        variable.assign(array)
    finish_normalization(model.layers)
    return read_state(run, which)["epoch"]


def read_weights(run: Run, which: Which = "best") -> dict[str, np.ndarray]:
    """Return the weights of a checkpoint, in the order of the network.

    Raises:
        RunError: the checkpoint is missing or damaged.
    """
    return _read_arrays(_existing(run, which), "weights.npz")


def read_state(run: Run, which: Which = "best") -> dict[str, Any]:
    """Return the epoch and scores of a checkpoint.

    Raises:
        RunError: the checkpoint is missing or damaged.
    """
    folder = _existing(run, which)
    _verify(folder, "state.json")
    return json.loads((folder / "state.json").read_text())


def _existing(run: Run, which: Which) -> Path:
    folder = run.checkpoints / which
    if not folder.is_dir():
        raise RunError(f"run {run.id} has no checkpoint '{which}': it stopped before an epoch was over.")
    return folder


def _key(position: int, variable: Any) -> str:
    return f"{position:04d} {variable.name}"  # not the path: layers are numbered on through a process


def _write(folder: Path, state: Snapshot) -> None:
    for name, arrays in state.arrays.items():
        with (folder / f"{name}.npz").open("wb") as file:
            np.savez(file, **arrays)  # type: ignore
            file.flush()
            os.fsync(file.fileno())
    phase = {} if state.phase is None else {"phase": state.phase}
    content = {"epoch": state.epoch, **phase, "scores": state.logs, "callbacks": state.callbacks}
    (folder / "state.json").write_text(json.dumps(content, indent=2) + "\n")
    digests = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
    (folder / "manifest.json").write_text(json.dumps(digests, indent=2) + "\n")


def _read_arrays(folder: Path, name: str) -> dict[str, np.ndarray]:
    _verify(folder, name)
    with np.load(folder / name, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files}


def _verify(folder: Path, name: str) -> None:
    """Raise RunError where a file is not what was written."""
    try:
        digests = json.loads((folder / "manifest.json").read_text())
        same = digests[name] == _sha256(folder / name)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise RunError(f"{folder} is missing or damaged: {error}.") from None
    if not same:
        raise RunError(f"{folder / name} is damaged: its content is not what was written.")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _point(link: Path, target: str) -> None:
    temporary = link.with_name(f".{os.getpid()}-{link.name}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)


def _remove_unused(folder: Path) -> None:
    used = {path.readlink().name for path in folder.iterdir() if path.is_symlink()}
    for path in folder.glob("epoch-*"):
        if path.name not in used:
            shutil.rmtree(path, ignore_errors=True)
