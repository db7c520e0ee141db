"""Saves and loads checkpoints: weights and everything else that is needed to resume training.

`best` and `last` are links to directories such as `epoch-0007`. A link is moved atomically once its directory is
complete, so a reader always finds a complete checkpoint. Weights are plain npz: loading them executes no code.
During training, `previous` links to the checkpoint before `last`, and `unfinished` to a state within the next epoch.
Each checkpoint names the best epoch so far, whose checkpoint is kept with it, so that a resumed run knows its best
epoch.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from dlpy.components.hooks import restore_states
from dlpy.components.objectives import DATA_LOSS
from dlpy.core.errors import RunError, in_one_line
from dlpy.core.registry import plugin_failure
from dlpy.core.signals import held_back
from dlpy.engine.model_state import finish_normalization, metrics, variables
from dlpy.engine.plan import Position
from dlpy.engine.snapshots import Snapshot, key_of
from dlpy.runs import checkpoint_files
from dlpy.runs.checkpoint_files import CheckpointState, point, remove_unused, verify
from dlpy.runs.directory import Run
from dlpy.storage.atomic import beside, json_text, put_on_disk, require_space, sha256, storage
from dlpy.storage.npz import ArraysError, read_npz

if TYPE_CHECKING:
    import keras

Which = Literal["best", "last", "unfinished"]
Result = TypeVar("Result")


def save(run: Run, state: Snapshot, links: list[Which]) -> None:
    """Write the snapshot, point the links at it, and remove checkpoints that are no longer needed."""
    place(run, state.folder, state.size, lambda folder: _write(folder, state), links)


def place(run: Run, name: str, size: int, write: Callable[[Path], None], links: list[Which]) -> None:
    """Create the directory of a checkpoint, point the links at it, and remove checkpoints that are no longer needed.

    Args:
        name: of the directory; if there is one already, only the links are moved.
        size: bytes on disk, at least.
        write: fills the directory with the files of the model and state.json.
    """
    folder = run.checkpoints / name
    run.require_present()
    with held_back(), storage(folder):
        if not folder.exists():
            require_space(folder, size)
            temporary = beside(folder)
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
            try:
                write(temporary)
                _seal(temporary)
                if run.metrics.is_file():  # the state refers to its rows
                    put_on_disk(run.metrics)
                temporary.rename(folder)
                put_on_disk(run.checkpoints)  # before a link points to it
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
        last = run.checkpoints / "last"
        if "last" in links and last.is_symlink() and last.readlink().name != folder.name:
            point(run.checkpoints / "previous", last.readlink().name)
        for link in links:
            point(run.checkpoints / link, folder.name)
        if "last" in links:
            (run.checkpoints / "unfinished").unlink(missing_ok=True)
        put_on_disk(run.checkpoints)  # before the old targets of the links are removed
        remove_unused(run.checkpoints)


def forget_previous(run: Run) -> None:
    """Remove the fallback checkpoint after training has ended."""
    with storage(run.checkpoints):
        (run.checkpoints / "previous").unlink(missing_ok=True)
        remove_unused(run.checkpoints)


def load_weights(model: keras.Model, run: Run, which: Which = "best") -> int:
    """Load a checkpoint's weights into a model of the same shapes and return their epoch.

    Raises:
        RunError: the checkpoint is missing, damaged, or of another network.
    """

    def fill(folder: Path) -> int:
        _fill(model.weights, folder, "weights", run)
        return checkpoint_files.read_state(folder).epoch

    epoch = _read_current(run, which, fill)
    finish_normalization(model.layers)
    return epoch


def load(model: keras.Model, run: Run, which: Which) -> None:
    """Load a whole checkpoint into a model whose optimizer and metrics are built.

    Raises:
        RunError: the checkpoint is missing, damaged, or of another network.
    """
    groups = variables(model) | ({"metrics": metrics(model)} if which == "unfinished" else {})
    folder = existing(run, which)
    for name, group in groups.items():
        _fill(group, folder, name, run)
    finish_normalization(model.layers)


def position(run: Run, state: CheckpointState, hooks: Mapping[str, object]) -> Position:
    """Return the position to resume from, given the state of the latest checkpoint and the callbacks by name."""
    step = state.step or 0

    def restore(model: keras.Model) -> None:
        load(model, run, "unfinished" if step else "last")
        try:
            restore_states(hooks, state.callbacks or {})
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            damage = f"the stored state of callbacks in {run.checkpoints} does not fit them: {in_one_line(error)}"
            raise plugin_failure(error) or RunError(damage) from error

    stage = (1, 0) if state.phase is None or state.phase_began is None else (state.phase, state.phase_began - 1)
    return Position(state.epoch, step, restore, *stage, stopped=bool(state.stopped))


def read_weights(run: Run, which: Which = "best") -> dict[str, np.ndarray]:
    """Return the weights of a checkpoint by name, in network order.

    Raises:
        RunError: the checkpoint is missing or damaged.
    """
    return _read_current(run, which, lambda folder: _read_arrays(folder, "weights.npz"))


def read_state(run: Run, which: Which = "best") -> CheckpointState:
    """Return the epoch and scores of a checkpoint.

    Raises:
        RunError: the checkpoint is missing or damaged.
    """
    return _read_current(run, which, checkpoint_files.read_state)


def _read_current(run: Run, which: Which, read: Callable[[Path], Result]) -> Result:
    """Return what `read` returns, retried with the next checkpoint if a running training removes this one."""
    while True:
        folder = existing(run, which)
        try:
            return read(folder)
        except RunError:
            if folder.is_dir():
                raise


def existing(run: Run, which: Which) -> Path:
    """Return the folder of a checkpoint with links resolved, as they may move before all files are read."""
    folder = (run.checkpoints / which).resolve()
    if not folder.is_dir():
        removed = "it was removed, or " if any(run.checkpoints.glob("epoch-*")) else ""
        raise RunError(
            f"run {run.id} has no checkpoint '{which}': {removed}the run stopped before its first epoch ended."
        )
    return folder


def _write(folder: Path, state: Snapshot) -> None:
    for name, arrays in state.arrays.items():
        with (folder / f"{name}.npz").open("wb") as file:
            np.savez(file, **arrays)  # type: ignore
    phase = {} if state.phase is None else {"phase": state.phase, "phase_began": state.phase_began}
    content = {"epoch": state.epoch, "step": state.step, "best": state.best, "stopped": state.stopped, **phase}
    content |= {"scores": state.logs, "callbacks": state.callbacks}
    (folder / "state.json").write_text(json_text(content) + "\n")


def write_weights(folder: Path, state: Snapshot) -> None:
    """Write the weights of a network that is completely trained, from which nothing is resumed."""
    with (folder / "weights.npz").open("wb") as file:
        np.savez(file, **state.arrays["weights"])  # type: ignore
    content = {"epoch": state.epoch, "step": 0, "best": state.best, "stopped": False, "file": "weights.npz"}
    (folder / "state.json").write_text(json_text({**content, "scores": state.logs, "callbacks": {}}) + "\n")


def _seal(folder: Path) -> None:
    """Write the checksums of all files in a directory, and flush them to disk."""
    digests = {path.name: sha256(path) for path in sorted(folder.iterdir())}
    (folder / "manifest.json").write_text(json.dumps(digests, indent=2) + "\n")
    for path in [*folder.iterdir(), folder]:
        put_on_disk(path)


def _fill(group: list[Any], folder: Path, name: str, run: Run) -> None:
    """Assign the arrays of a file to variables of the same names and shapes."""
    arrays = _read_arrays(folder, f"{name}.npz")
    if not any(DATA_LOSS in key for key in arrays):  # written by a version without this score
        group = [variable for variable in group if DATA_LOSS not in variable.name]
    wanted = {key_of(i, v): tuple(v.shape) for i, v in enumerate(group)}
    if {key: array.shape for key, array in arrays.items()} != wanted:
        raise RunError(f"{folder} holds the {name} of a different network than {run.config} describes.")
    for variable, array in zip(group, arrays.values(), strict=True):
        variable.assign(array)


def _read_arrays(folder: Path, name: str) -> dict[str, np.ndarray]:
    verify(folder, name)
    try:
        arrays = read_npz(folder / name)
    except ArraysError as error:
        raise RunError(f"{folder / name} is damaged: {error}.") from None
    for key, array in arrays.items():
        if array.dtype.kind not in "fiub":
            raise RunError(f"{folder / name} is damaged: '{key}' contains {array.dtype} instead of numbers.")
    return arrays
