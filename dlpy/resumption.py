"""Going on with a run that was interrupted, so that it ends with the same bits as one that was left alone."""

from __future__ import annotations

import os
import platform
from dataclasses import replace
from datetime import datetime
from typing import Any

from dlpy import backend, checkpoints
from dlpy.checks import check
from dlpy.config import Experiment
from dlpy.data import Loaded
from dlpy.errors import RunError
from dlpy.evaluation import loaded_again, read_config, read_record
from dlpy.outcome import record_outcome
from dlpy.pipeline import transform
from dlpy.records import config_digests, environment, told_of_data
from dlpy.reporting import Reporter
from dlpy.run_lock import locked
from dlpy.runs import Run, storage
from dlpy.training import finish, with_rows

_DECIDES = ("dlpy", "keras", "tensorflow", "tensorflow-cpu", "numpy")  # packages whose versions decide the numbers
_OUTDATED = ("evaluation.json", "predictions.npz", "samples/made.npz", "samples/wrongest-*", "plots/*")


def is_complete(run: Run) -> bool:
    """Return whether training is over and all that it leaves is there."""
    return read_record(run)["status"] == "completed"


def resume(run: Run, command: str, reporter: Reporter, *, allow_inexact: bool) -> None:
    """Train a run to its end from its last checkpoint; where that was the end, write what is read later.

    Raises:
        RunError: it cannot be resumed, or could end otherwise than if it had been left alone.
    """
    require_resumable(run)
    with locked(run):
        require_resumable(run)  # whoever held the lock may have ended it
        backend.check_settings()
        experiment, document = read_config(run)
        changes = _changed_surroundings(run, experiment)
        _refuse(run, changes, allow_inexact=allow_inexact)
        loaded = loaded_again(run, experiment)
        changes += _changed_data(run, loaded)
        _refuse(run, changes, allow_inexact=allow_inexact)
        prepared = with_rows(experiment, document, loaded)
        data, pipeline = transform(prepared.experiment, prepared.parts, loaded.task)
        check(data)
        reporter.data_ready(loaded, data, experiment)
        state = _rewound(run, experiment, reporter)
        _record_resume(run, state, changes, command)
        if changes:
            run.update(**told_of_data(loaded, data.task))
        with record_outcome(run, _seconds(run)):
            finish(run, replace(prepared, checkpoint=state), data, pipeline, reporter)


def require_resumable(run: Run) -> None:
    """Raise RunError where there is no way on."""
    record = read_record(run)
    if record["kind"] != "train":
        raise RunError(f"run {run.id} is a k-fold run: these cannot be resumed yet. Give its command again.")
    if record["status"] == "diverged":
        reason = f"run {run.id} diverged ({record.get('exit_reason')}) and would do so again"
        raise RunError(f"{reason}: change its experiment and train anew.")
    if record["status"] == "completed":
        raise RunError(f"run {run.id} is complete: there is nothing to go on with.")


def _changed_surroundings(run: Run, experiment: Experiment) -> list[str]:
    """Return a line for everything but the data that decides a run's numbers and is not what it was."""
    record, now = read_record(run), environment()
    pairs = [(name, record.get("versions", {}).get(name), now["versions"][name]) for name in _DECIDES]
    pairs += [(name, record.get(name), now[name]) for name in ("threads", "device", "settings")]
    changes = [
        f"{name}: {then or 'none'} then, {present or 'none'} now" for name, then, present in pairs if then != present
    ]
    kept = record.get("config_sha256")  # none where it was killed before training began
    changed = [name for name, digest in config_digests(run, experiment).items() if kept and kept.get(name) != digest]
    return changes + [f"{run.path / name} was edited" for name in changed]


def _changed_data(run: Run, loaded: Loaded) -> list[str]:
    """Return a line where the rows are not those that the run began with."""
    then = read_record(run)["data"]
    if loaded.fingerprint() == then["sha256"]:
        return []
    return [f"data: {then['description']} then, {loaded.source.description} now; its sha256 is another"]


def _refuse(run: Run, changes: list[str], *, allow_inexact: bool) -> None:
    if not changes or allow_inexact:
        return
    lines = "".join(f"\n  {change}" for change in changes)
    raise RunError(
        f"error: run {run.id} would end otherwise than if it had been left alone:{lines}\n"
        "Undo that, or use --allow-inexact: run.json will tell what was changed."
    )


def _rewound(run: Run, experiment: Experiment, reporter: Reporter) -> dict[str, Any] | None:
    """Bring the run's files to its last checkpoint, say which that is, and return its state."""
    state, damages = checkpoints.rewind(run)
    for damage in damages:
        reporter.notice(f"{damage} The checkpoint before it takes its place.")
    with storage(run.path):
        if state is None:
            run.metrics.write_text("")
        for pattern in _OUTDATED:  # what was made of an earlier state
            for path in run.path.glob(pattern):
                path.unlink()
    reporter.notice(f"resumed after epoch {_reached(state)} of {experiment.training.epochs}")
    return state


def _record_resume(run: Run, state: dict[str, Any] | None, changes: list[str], command: str) -> None:
    entry = {
        "time": datetime.now().astimezone().isoformat(timespec="seconds"),
        "after_epoch": 0 if state is None else state["epoch"],
        "after_step": 0 if state is None else state["step"],
        "command": command,
        "inexact": changes,
    }
    process = {"pid": os.getpid(), "host": platform.node()}
    resumes = [*run.read("run.json").get("resumes", []), entry]
    run.update(status="running", exit_reason=None, **process, resumes=resumes)
    run.append_log(f"resumed after epoch {_reached(state)}: {command}")


def _reached(state: dict[str, Any] | None) -> str:
    """Return how far a checkpoint is, in words."""
    if state is None:
        return "0"
    return f"{state['epoch']}" + (f" and {state['step']:,} steps" if state["step"] else "")


def _seconds(run: Run) -> float:
    """Return how long the run took so far; of a process that was killed only its epochs are known."""
    rows = run.metrics.read_text(encoding="utf-8").splitlines()
    trained = float(rows[-1].split(",")[1]) if len(rows) > 1 else 0.0
    return max(trained, read_record(run).get("seconds") or 0.0)
