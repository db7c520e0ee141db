"""Predictions for a user's rows, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.core.suggestions import command
from dlpy.data.rows import Rows
from dlpy.data.steps import ROW
from dlpy.data.task import Task
from dlpy.data.unfamiliar import Unfamiliar, require_familiar
from dlpy.data.validate import check_rows
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run
from dlpy.sampling.translation import Search
from dlpy.training.adapted_predictions import adapted_predictions
from dlpy.training.decisions import Decision, decisions_of, notes_of
from dlpy.training.estimators import network_of
from dlpy.training.evaluate import Tell, Trained, restore, silent, tasks
from dlpy.training.given import Ask, Given, require_file, require_texts, rows_of_file, rows_of_texts
from dlpy.training.predicted_steps import in_given_order, steps_of
from dlpy.training.predicted_table import Predicted
from dlpy.training.prediction_columns import answers_of
from dlpy.training.written_texts import Writer


def predict(run: Run, path: Path, ask: Ask, tell: Tell = silent) -> Predicted:
    """Return a run's predictions for the rows of a user's file.

    Raises:
        ConfigError: the run predicts nothing, or an option of `ask` does not fit it.
        DataError: the file cannot be read, or does not fit the run.
    """
    require_answers(run)
    require_file(path)  # before the model is restored, which takes a while
    return Predictor.of(run, ask.checkpoint, tell).file(path, ask, tell)


def predict_texts(run: Run, texts: list[str], ask: Ask, tell: Tell = silent) -> Predicted:
    """Return a run's predictions for texts.

    Raises:
        ConfigError: the run was not trained on texts.
        DataError: a text is empty.
    """
    require_answers(run)
    require_texts(run, ask)  # before the model is restored, which takes a while
    return Predictor.of(run, ask.checkpoint, tell).texts(texts, ask, tell)


@dataclass(frozen=True)
class Predictor:
    """A run and its restored model, for one prediction or many."""

    run: Run
    trained: Trained

    @classmethod
    def of(cls, run: Run, which: checkpoints.Which = "best", tell: Tell = silent) -> Predictor:
        """Restore the model of a run that predicts something.

        Raises:
            ConfigError: the run predicts nothing.
            RunError: the run has no such checkpoint, or is damaged.
        """
        require_answers(run)
        return cls(run, restore(run, which, tell))

    def file(self, path: Path, ask: Ask, tell: Tell = silent) -> Predicted:
        """Return the predictions for the rows of a file.

        Raises:
            ConfigError: an option of `ask` does not fit the run.
            DataError: the file cannot be read, or does not fit the run.
        """
        return predict_given(self.run, self.trained, rows_of_file(self.trained, path, ask, tell), ask, tell)

    def texts(self, texts: list[str], ask: Ask, tell: Tell = silent) -> Predicted:
        """Return the predictions for texts.

        Raises:
            ConfigError: the run was not trained on texts.
            DataError: a text is empty.
        """
        require_texts(self.run, ask)
        return predict_given(self.run, self.trained, rows_of_texts(self.run, self.trained, texts), ask, tell)


def predict_given(run: Run, trained: Trained, given: Given, ask: Ask, tell: Tell) -> Predicted:
    """Return the predictions of a run that is restored already.

    Raises:
        ConfigError: an option of `ask` does not fit the run.
        DataError: the rows do not fit the run.
    """
    decisions = {} if trained.task.translates else told_decisions(run, trained, ask, tell)
    return predict_decided(trained, given, ask, decisions, tell)


def told_decisions(run: Run, trained: Trained, ask: Ask, tell: Tell) -> dict[str, Decision]:
    """Return what a run's predictions are turned into, by output, and tell what is not as usual.

    Raises:
        ConfigError, DataError: there can be no intervals or sets of the coverage asked.
    """
    decisions = decisions_of(run, trained.epoch, tell, ask.coverage)
    for line in notes_of(decisions, trained.task.outputs):
        tell(line)
    return decisions


def predict_decided(
    trained: Trained, given: Given, ask: Ask, decisions: dict[str, Decision], tell: Tell = silent
) -> Predicted:
    """Return the predictions of a restored run whose decisions have been read.

    Raises:
        ConfigError: an option of `ask` does not fit the run.
        DataError: the rows do not fit the run.
    """
    if trained.task.translates:
        return _written(trained, given, ask)
    unfamiliar, numbers = unfamiliar_rows(trained, given, ask), numbers_for(trained, given)
    for name, output in trained.task.outputs.items():
        lost = int(np.isnan(numbers[name]).any(axis=1).sum()) if output.is_per_step else 0
        if lost:
            tell(f"{lost:,} steps have no prediction: the model reads {output.steps} of a row (data.transforms: pad)")
    return as_table(numbers, given, trained.task, decisions, unfamiliar)


def require_answers(run: Run) -> None:
    """Raise ConfigError where the run's model predicts nothing."""
    task = tasks(run)[1]
    if of_codes := [output for output in task.outputs.values() if output.kind == "codes"]:
        if of_codes[0].classes:
            hint = f"`{command('predict', run.id)} FILE --embed FOLDER` writes them"
            raise ConfigError(f"run {run.id} learned codes and predicts nothing: {hint}.")
        return
    if not task.has_answers and not task.translates:
        raise ConfigError(f"run {run.id} is generative and predicts nothing: use `{command('generate', run.id)}`.")


def _written(trained: Trained, given: Given, ask: Ask) -> Predicted:
    """Return the texts that a seq2seq model writes for rows.

    Raises:
        ConfigError: intervals are asked for, or a column to keep is called as that of the texts.
    """
    if ask.coverage is not None:
        raise ConfigError("--coverage: written texts have no intervals: leave it out.")
    if "prediction" in given.kept:
        raise ConfigError("--keep prediction: the predictions have a column of that name. Rename yours.")
    unfamiliar = unfamiliar_rows(trained, given, ask)
    texts = texts_for(trained, given.inputs, Search())
    lines = [list(cells) for cells in zip(*given.kept.values(), texts, strict=True)]
    return Predicted([*given.kept, "prediction"], lines, unfamiliar)


def texts_for(trained: Trained, rows: Rows, search: Search) -> list[str]:
    """Return the text that a seq2seq model writes for each source."""
    return Writer.of(network_of(trained.engine), trained.pipeline).texts(trained.applied(rows), search)


def unfamiliar_rows(trained: Trained, given: Given, ask: Ask) -> list[Unfamiliar]:
    """Return the values in rows that no training row held.

    Raises:
        DataError: there are some, and `ask` is strict.
    """
    unfamiliar = trained.pipeline.unfamiliar(given.inputs)
    if ask.strict:
        require_familiar(unfamiliar, given.what)
    return unfamiliar


def numbers_for(trained: Trained, given: Given) -> dict[str, np.ndarray]:
    """Return the predictions for rows by output, (rows, units), numbers in the target's own unit.

    Bands of a series follow the errors of earlier rows whose targets are given, too.
    Of targets of steps, they are those of all steps, row after row; NaN where the model does not see one.
    """
    what = given.what.removeprefix("the rows of ")
    if trained.bands.adapt:
        return {next(iter(trained.task.outputs)): adapted_predictions(trained, given.rows, what)}
    rows = trained.applied(given.inputs)
    check_rows(rows, what, trained.task)
    numbers = trained.own_predictions(rows)
    of_steps = {name: own for name, own in numbers.items() if trained.task.outputs[name].is_per_step}
    return numbers | (in_given_order(trained.pipeline, given.inputs, of_steps) if of_steps else {})


def as_table(
    numbers: dict[str, np.ndarray],
    given: Given,
    task: Task,
    decisions: dict[str, Decision],
    unfamiliar: list[Unfamiliar],
) -> Predicted:
    """Return predictions as a table.

    Args:
        numbers: by output, as `numbers_for` returns them.
        given: the rows.
        task: of the run.
        decisions: what predictions are turned into, by output.
        unfamiliar: values that no training row held.

    Raises:
        ConfigError: a column to keep has the name of a column of predictions.
    """
    if any(output.is_per_step for output in task.outputs.values()):
        given = _by_step(given)
        row = given.inputs.columns[ROW]  # what is predicted of a whole row stands beside each of its steps
        numbers = {name: own if task.outputs[name].is_per_step else own[row] for name, own in numbers.items()}
    own, answers = answers_of(numbers, given.inputs, task, decisions)
    twice = [name for name in given.kept if name in own]
    if twice:
        raise ConfigError(f"--keep {twice[0]}: the predictions have a column of that name. Rename yours.")
    lines = [[*cells, *answer] for *cells, answer in zip(*given.kept.values(), answers, strict=True)]
    return Predicted([*given.kept, *own], lines, unfamiliar)


def _by_step(given: Given) -> Given:
    """Return what is given with each step as a row."""
    steps = steps_of(given.inputs)
    kept = {name: [cells[row] for row in steps.columns[ROW].tolist()] for name, cells in given.kept.items()}
    return Given(steps, given.what, kept)
