"""The scores of an evaluated part in the target's own unit, beside those of the baseline."""

from __future__ import annotations

from typing import Any

from dlpy.data.rows import Rows
from dlpy.data.units import constants_in_unit, own_scores, scores_in_unit
from dlpy.experiment.experiment import Experiment
from dlpy.training.answers import Answers
from dlpy.training.naive_forecasts import guess_in_unit


def score_in_unit(
    experiment: Experiment, answers: Answers, common_sense: dict[str, Any], train: Rows
) -> dict[str, Any]:
    """Return the scores in the target's own unit."""
    output, names = answers.task.output, experiment.metric_names(answers.task)
    loss = experiment.loss_name(answers.task)
    found = scores_in_unit(answers.rows, answers.prediction, output, [loss, *names.values()])
    keys = {**({loss: loss} if loss in found else {}), **names}
    scores = {key: found[name] for key, name in keys.items() if name in found}
    usual = own_scores(common_sense, output, names)
    if output.by_series:
        usual = guess_in_unit(answers.rows, output, {**({loss: loss} if loss in found else {}), **names})
    if output.log_of_sum is not None:  # scores of logarithms cannot be turned back
        constants = constants_in_unit(train.y, answers.rows.y, output, [loss, *names.values()])
        usual = {key: constants[name] for key, name in {loss: loss, **names}.items() if name in constants}
    return {"unit": output.unit, "scores": scores, "baseline": usual}
