"""Scores and predictions of a finished run, from its directory and its data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlpy.components.estimator import EstimatorModel
from dlpy.core.errors import ConfigError, RunError
from dlpy.core.suggestions import command
from dlpy.data.rows import Rows
from dlpy.data.task import Task
from dlpy.data.unfamiliar import require_familiar
from dlpy.data.validate import check_rows
from dlpy.drawing import process as drawing
from dlpy.engine.engine import Engine
from dlpy.experiment.document import Document
from dlpy.experiment.experiment import Experiment, load
from dlpy.runs import checkpoints
from dlpy.runs.bands import LEARNED, Bands, bands_for, widened
from dlpy.runs.directory import KFOLD, Run, count_look, require_model, require_one_training
from dlpy.runs.how import How
from dlpy.runs.lookup import final_model
from dlpy.runs.results import tasks_of, without_targets
from dlpy.sampling.translation import Search
from dlpy.training.answers import answers_for, by_target, own_targets, save_predictions
from dlpy.training.band_scores import band_scores
from dlpy.training.baseline import baseline, beside
from dlpy.training.compile import engine_for
from dlpy.training.estimators import Estimator, network_of, read_estimator
from dlpy.training.loaded_rows import raw_parts
from dlpy.training.mean_network import compiled_mean
from dlpy.training.output_scores import by_output
from dlpy.training.pipeline import Pipeline, may_be_same, measured
from dlpy.training.split_names import Part, wanted_parts
from dlpy.training.written_texts import Writer, scores_of_texts

Tell = Callable[[str], None]  # shows a line to the user


def silent(line: str) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Trained:
    """A trained run: its experiment, fitted transforms and model with the weights of a checkpoint."""

    experiment: Experiment
    pipeline: Pipeline
    engine: Engine | Estimator  # holds the model
    raw_task: Task  # before the transforms
    task: Task
    epoch: int
    which: checkpoints.Which = "best"
    bands: Bands = LEARNED  # their widths, where quantiles are predicted

    def applied(self, raw: Rows) -> Rows:
        """Return rows as the model takes them.

        Raises:
            RunError: the transforms return rows of another shape.
        """
        rows = self.pipeline.apply(raw)
        for name, given in measured(self.task, rows).inputs.items():
            found, wanted = given.shape, self.task.inputs[name].shape
            if len(found) != len(wanted) or not all(map(may_be_same, zip(found, wanted, strict=True))):
                wrong = f"its rows have shape {found}, not {wanted}"
                raise RunError(f"{self.pipeline.path} belongs to another run: {wrong}.")
        return rows

    def own_predictions(self, rows: Rows) -> dict[str, np.ndarray]:
        """Return the predictions for rows as the model takes them, by output, numbers in the target's own unit.

        Bands of quantiles have the widths that were fitted on held-out rows.
        """
        predictions = by_target(self.task, self.engine.predict_all(rows, self.experiment.training.batch_size))
        predictions = {name: widened(own, self.task.outputs[name], self.bands) for name, own in predictions.items()}
        return own_targets(self.task, predictions, rows)


def restore(run: Run, which: checkpoints.Which = "best", tell: Tell = silent, *, part: Part | None = None) -> Trained:
    """Return the trained run; its data is not needed.

    Args:
        run: the run.
        which: the checkpoint; the best of a run with `training.refit` is its final model.
        tell: shows what the user should know.
        part: the rows of the run that are to be predicted; None: new rows. The final model has seen the validation
            rows, so that the first one predicts all parts but the test rows.

    Raises:
        RunError: the run has no such checkpoint, or its files are damaged.
    """
    require_one_training(run)
    experiment, _ = read_config(run)
    final = final_model(run) if which == "best" and part in (None, "test") else None
    if final is not None:
        return replace(restore(final, which, tell), experiment=experiment)
    record = run.record()
    if experiment.training.refit and record.kind == "train" and which == "best" and part in (None, "test"):
        tell(
            f"note: the final model is not trained yet; the first one predicts. {command('resume', run.id)} trains it."
        )
    if record.kind == KFOLD and not run.checkpoints.is_dir():
        keeps = (record.folds or How()).keep_models and not without_targets(run)
        hint = f"combine its folds with `{command('ensemble', run.id)}`" if keeps else "`dlpy kfold --refit` trains one"
        raise RunError(f"run {run.id} has no final model: {hint}.")
    raw_task, task = tasks(run)
    pipeline = Pipeline.restore(experiment.all_transforms(), run.transforms)
    pipeline.require_task(raw_task, task)
    if isinstance(experiment.model, EstimatorModel):
        estimator, epoch = read_estimator(run, experiment, task, which)
        return Trained(experiment, pipeline, estimator, raw_task, task, epoch, which, bands_for(run, task, epoch, tell))
    model = compiled_mean(experiment, task, record.networks)
    epoch = checkpoints.load_weights(model, run, which)
    engine = engine_for(model, experiment, task, tell=tell)
    return Trained(experiment, pipeline, engine, raw_task, task, epoch, which, bands_for(run, task, epoch, tell))


def read_config(run: Run) -> tuple[Experiment, Document]:
    """Return the experiment of a run, and the document of its config.yaml for error messages."""
    require_model(run)
    with reading_config(run):
        return load(run.config)


@contextmanager
def reading_config(run: Run) -> Iterator[None]:
    """Turn an error in the config.yaml of a run, which dlpy wrote, into an error of the run."""
    if not run.config.is_file():
        raise RunError(f"{run.path} has no config.yaml.")
    try:
        yield
    except ConfigError as error:
        raise RunError(f"the run's config.yaml was changed, or written by another version: {error}") from None


def tasks(run: Run) -> tuple[Task, Task]:
    """Return a run's task before and after the transforms."""
    require_model(run)
    found = tasks_of(run)
    if found is None:
        raise RunError(f"{run.path / 'run.json'} is damaged: it lacks the task.")
    return found


def evaluate(
    run: Run, parts: list[Part], which: checkpoints.Which = "best", tell: Tell = silent, *, strict: bool = False
) -> dict[str, Any]:
    """Score a run's model on parts of its data, add the scores to evaluation.json, and return them by part.

    A look at the test rows is counted.

    Args:
        parts: which rows; if empty, the validation rows and the test rows where they exist.
        which: the checkpoint.
        tell: shows what the user should know.
        strict: refuse rows with values that no training row held.

    Raises:
        DataError: the data is missing or has changed, has no such part, or is refused by `strict`.
    """
    experiment, _ = read_config(run)
    drawing.begin_for_few()
    drawing.begin_to_import()
    results = score_run(run, raw_parts(run, experiment), parts, (which, tell), strict=strict)
    if "test" in results:
        count_look(run)
    return results


def score_run(
    run: Run, raw: dict[str, Rows], parts: list[Part], how: tuple[checkpoints.Which, Tell], *, strict: bool
) -> dict[str, Any]:
    """Score a run's model on parts of its rows, add the scores to evaluation.json, and return them by part.

    Args:
        run, parts, strict: as of `evaluate`.
        raw: the rows of each part before the transforms.
        how: the checkpoint, and what shows the user what they should know.
    """
    (which, tell), results = how, {}
    for group in groups_of([run], wanted_parts(run, parts, raw)):
        results |= score_parts(run, restore(run, which, tell, part=group[-1]), raw, group, strict=strict)
    return results


def groups_of(runs: list[Run], parts: list[Part]) -> list[list[Part]]:
    """Return the parts of the runs' rows in groups that the same models predict: final models, the test rows alone."""
    test: list[Part] = [part for part in parts if part == "test"]
    others: list[Part] = [part for part in parts if part != "test"]
    return [others, test] if others and test and any(final_model(run) for run in runs) else [parts]


def score_parts(run: Run, trained: Trained, raw: dict[str, Rows], parts: list[Part], *, strict: bool) -> dict[str, Any]:
    """Score a model on parts of its rows, add the scores to evaluation.json, and return them by part.

    Args:
        raw: the rows of each part before the transforms.
    """
    parts = wanted_parts(run, parts, raw)
    unfamiliar = {part: trained.pipeline.unfamiliar(raw[part]) for part in parts if part != "train"}
    if strict:
        for part, found in unfamiliar.items():
            require_familiar(found, f"the {part} rows")
    train = trained.applied(raw["train"])
    results = {}
    for part in parts:
        told = {"checkpoint": trained.which, "unfamiliar": [item.record() for item in unfamiliar.get(part, [])]}
        results[part] = _score(run, trained, part, raw[part], train) | told
    run.change("evaluation.json", lambda before: before | results)
    return results


def checkpoint_name(name: str) -> checkpoints.Which:
    """Return the name of a checkpoint, checked."""
    for which in ("best", "last"):
        if name == which:
            return which
    raise ConfigError(f"--checkpoint {name}: expected best or last.")


def _score(run: Run, trained: Trained, part: Part, raw: Rows, train: Rows) -> dict[str, Any]:
    rows = train if part == "train" else trained.applied(raw)
    check_rows(rows, part, trained.task)
    batch_size = trained.experiment.training.batch_size
    scores = trained.engine.evaluate(rows, batch_size)
    common_sense = beside(baseline(trained.experiment, trained.task, train, rows), scores)
    found = {"rows": len(rows), "epoch": trained.epoch, "scores": scores, "baseline": common_sense}
    if trained.task.translates:
        writer = Writer.of(network_of(trained.engine), trained.pipeline)
        written, copies = scores_of_texts(run, part, writer, (raw, rows), writer.texts(rows, Search()))
        return found | {"scores": scores | written, "baseline": common_sense | copies}
    if not trained.task.has_answers:
        return found
    answers = answers_for(raw, rows, trained.task, trained.engine.predict_all(rows, batch_size))
    if part != "train":
        save_predictions(run, part, answers)
    own = by_output((trained.experiment, trained.task), answers, common_sense, train)
    return found | own | band_scores(answers, part, trained.bands)
