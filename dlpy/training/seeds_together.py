"""The seeds of a run trained at once, in one graph."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from dlpy.data.rows import Data
from dlpy.engine.plan import Execution
from dlpy.engine.snapshots import Snapshot, with_copies
from dlpy.engine.together import Together
from dlpy.experiment.experiment import Experiment
from dlpy.runs.checkpoints import Which, place, write_weights
from dlpy.runs.directory import SEEDS, Run
from dlpy.runs.history import read_history
from dlpy.training.callbacks import checkpoint_of, directions
from dlpy.training.compile import engine_for
from dlpy.training.in_folder import Assignment, claimed
from dlpy.training.part_record import write_part_record
from dlpy.training.prepare import Job
from dlpy.training.record import save_splits, settle_config
from dlpy.training.reporter import Reporter
from dlpy.training.together import fit_together
from dlpy.training.train import finish_final, leave

_EXECUTION = Execution("epoch", jit_compile=True)


def train_at_once(job: Job, works: Sequence[Assignment], reporter: Reporter) -> None:
    """Train all seeds at once, and write the files of each; those that are done stay as they are.

    Args:
        job: of all seeds.
        works: the training of each seed.
    """
    first, state = works[0], job.run.path / SEEDS / "together.npz"
    with ExitStack() as stack:
        for work in works:
            stack.enter_context(claimed(work.folder))
            if not work.folder.read("run.json"):
                begin_seed(work.folder, job.run, work.experiment)
            job.pipeline.save(work.folder.transforms)
            save_splits(work.folder, work.data)
        group = fit_together(works, state, reporter, _monitor(first.experiment, first.data))
        engine = engine_for(group.members[0].model, first.experiment, first.data.task, _EXECUTION, reporter.notice)
        for number, work in enumerate(works):
            if work.folder.read("run.json").get("status") == "completed":
                continue
            _save(work, group, number)
            if number:
                engine.restart(group.members[number].model)
            experiment = work.experiment.executed(_EXECUTION)
            settle_config(work.folder, experiment)
            own = replace(job.prepared, experiment=experiment)
            one = replace(job, run=work.folder, prepared=own)
            leave(one, engine, reporter)
            if experiment.training.refit:
                finish_final(one, reporter)
            work.folder.update(status="completed", exit_reason="done", seconds=_seconds(work.folder))
    state.unlink(missing_ok=True)


def _monitor(experiment: Experiment, data: Data) -> tuple[str, str] | None:
    """Return the score by which the best epoch is chosen, and its direction; None where the last epoch is kept."""
    better = directions(experiment, data)
    name = checkpoint_of(experiment).monitor or ("val_loss" if "val_loss" in better else None)
    return None if name is None else (name, better[name])


def _save(work: Assignment, group: Together, number: int) -> None:
    """Write the checkpoints `last` and `best` of a seed; the model then has the best weights.

    They hold the weights alone, since a run that is complete is not resumed.
    """
    model, outcome = group.members[number].model, group.outcomes[number]
    best = outcome.best_epoch or outcome.epochs
    kept: dict[Which, tuple[int, dict[str, float]]]
    kept = {"last": (outcome.epochs, outcome.logs), "best": (best, outcome.best_logs)}
    for which, (epoch, logs) in kept.items():
        group.give(number, last=which == "last")
        state = with_copies(model, Snapshot(epoch, logs, {}, best=best))
        place(work.folder, state.folder, state.size, partial(write_weights, state=state), [which])


def _seconds(folder: Run) -> float:
    history = read_history(folder.metrics)
    return 0.0 if history is None else float(history.seconds[-1])


def begin_seed(folder: Run, run: Run, experiment: Experiment) -> None:
    """Write the files of one of several seeds that are known before training; its rows are those of the whole run."""
    write_part_record(folder, run, experiment, {"kind": "train", "status": "running", "exit_reason": None})
