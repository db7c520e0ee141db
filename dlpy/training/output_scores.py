"""Scores of each output of a run: in the target's own unit, of each class, and of each step of a forecast."""

from __future__ import annotations

from typing import Any

from dlpy.data.rows import Rows
from dlpy.data.steps import counted
from dlpy.data.task import Task
from dlpy.data.units import has_unit
from dlpy.experiment.experiment import Experiment, prefix
from dlpy.training.answers import Answers
from dlpy.training.forecast_scores import forecast_scores
from dlpy.training.record import scores_of
from dlpy.training.spans import class_tables
from dlpy.training.unit_scores import score_in_unit


def by_output(
    of: tuple[Experiment, Task], answers: list[Answers], common_sense: dict[str, Any], train: Rows
) -> dict[str, Any]:
    """Return the scores in the target's own unit and of each class; those of several outputs under `outputs`.

    Args:
        of: the experiment, and its task after the transforms.
        answers: of each output.
        common_sense: the scores of the baseline.
        train: the training rows.
    """
    told = {answer.output: _of_output(of, answer, common_sense, train) for answer in answers}
    return next(iter(told.values())) if len(told) == 1 else {"outputs": told}


def _of_output(
    of: tuple[Experiment, Task], answers: Answers, common_sense: dict[str, Any], train: Rows
) -> dict[str, Any]:
    """Return the scores of one output in the target's own unit, and those of each class."""
    (experiment, task), output, rows = of, answers.task.output, answers.rows
    found: dict[str, Any] = {} if answers.is_only else {"rows": len(rows)}
    known = counted(train, answers.output, task.outputs[answers.output])
    if has_unit(output):
        own = scores_of(common_sense, prefix(task, answers.output))
        found["in_unit"] = score_in_unit(experiment.of_output(answers.output), answers, own, known)
    return found | class_tables(answers, known) | forecast_scores(answers)
