"""A final model of several networks: each learns all rows but a part, which stops it; their mean is predicted.

They share the transforms, which are fitted on all of these rows: no score of the parts that stop them is reported.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dlpy.data.rows import Data
from dlpy.data.validate import check
from dlpy.engine.snapshots import Snapshot, with_copies
from dlpy.runs import checkpoints
from dlpy.runs.directory import FINAL_MODEL, Run
from dlpy.training.callbacks import checkpoint_of, directions, without_senders
from dlpy.training.compile import compiled_model
from dlpy.training.evaluate import read_config
from dlpy.training.fold_files import KEPT
from dlpy.training.in_folder import Assignment, begun, claimed, train_in_folder
from dlpy.training.mean_network import compiled_mean_of
from dlpy.training.part_record import write_part_record
from dlpy.training.pipeline import Split, transform
from dlpy.training.prepare import Job, Prepared, final_folds
from dlpy.training.record import save_splits
from dlpy.training.refit import for_refit
from dlpy.training.reporter import Reporter
from dlpy.training.workshop import Workshop

if TYPE_CHECKING:
    import keras


def train_networks(first: Job, reporter: Reporter) -> tuple[Job, keras.Model]:
    """Train the networks of a run's final model, each from its last checkpoint; return their job and their mean.

    Args:
        first: the training that is complete, with all rows that were loaded.
    """
    executed, _ = read_config(first.run)  # as it was executed, so that a resumed run executes these alike
    loaded, parts = first.prepared.loaded, Split(first.prepared.loaded.train, None, first.prepared.loaded.test)
    data, pipeline = transform(executed, parts, loaded.task)
    check(data)
    experiment = without_senders(executed.model_copy(update={"model": executed.model.resolved(data.task)}))
    final = Job(Run(first.run.path / FINAL_MODEL), Prepared(experiment, loaded, parts), data, pipeline)
    folds, shop = final_folds(experiment, loaded), first.prepared.shop or Workshop()
    reporter.notice(f"refit: {len(folds)} networks, each on all {len(data.train):,} rows but 1/{len(folds)}")
    for number, (learnt, held_out) in enumerate(folds, 1):
        own = experiment.model_copy(update={"seed": experiment.seed + number})
        rows = Data(data.train.take(learnt), data.train.take(held_out), None, data.task)
        _train(Assignment(_folder(final, number), f"network {number}", own, rows), len(folds), shop, reporter)
    networks = [compiled_model(experiment, data.task, experiment.seed) for _ in folds]
    for number, network in enumerate(networks, 1):
        checkpoints.load_weights(network, _folder(final, number))
    return final, compiled_mean_of(experiment, data.task, networks)


def take_networks(final: Job, model: keras.Model) -> None:
    """Write the mean of the networks as the final model of a run."""
    folder, experiment, whole = final.run, final.prepared.experiment, Run(final.run.path.parent)
    epoch, count = checkpoints.read_state(whole).epoch, experiment.training.refit
    final.pipeline.save(folder.transforms)
    save_splits(folder, final.data)
    state = with_copies(model, Snapshot(epoch, {}, {}))
    checkpoints.place(folder, KEPT, state.size, partial(checkpoints.write_weights, state=state), ["best"])
    own = {"kind": "train", "status": "running", "exit_reason": None, "task": final.data.task.to_record()}
    alone = for_refit(experiment, epoch)
    training = alone.training.model_copy(update={"threshold": None})
    write_part_record(folder, whole, alone.model_copy(update={"training": training}), own | {"networks": count})
    folders = [_folder(final, number) for number in range(1, count + 1)]
    epochs = [checkpoints.read_state(one).epoch for one in folders]
    summary = {"networks": epochs, "parameters": model.count_params(), "rows": {"train": len(final.data.train)}}
    folder.write("summary.json", summary)


def _train(work: Assignment, count: int, shop: Workshop, reporter: Reporter) -> None:
    """Train a network from its last checkpoint, which may be its end."""
    with claimed(work.folder):
        keeper = checkpoint_of(work.experiment).build(work.folder, directions(work.experiment, work.data))
        train_in_folder(work, shop, keeper, _WithoutEpochs(reporter), begun(work, reporter))
        reporter.notice(f"{work.name} of {count}: best epoch {checkpoints.read_state(work.folder).epoch}")


def _folder(final: Job, number: int) -> Run:
    return Run(final.run.path / str(number))


class _WithoutEpochs(Reporter):
    """Shows how far a training is, and no line for each epoch."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def set_params(self, params: dict[str, int]) -> None:
        self._reporter.set_params(params)

    def notice(self, text: str) -> None:
        self._reporter.notice(text)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._reporter.on_train_begin()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self._reporter.on_train_end()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._reporter.on_epoch_begin(epoch)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._reporter.on_train_batch_end(batch)
