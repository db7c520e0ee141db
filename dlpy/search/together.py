"""How many trials of a search are trained in one graph."""

from __future__ import annotations

from dlpy.components.estimator import EstimatorModel
from dlpy.data.rows import Data
from dlpy.engine.stacked.group import group_size
from dlpy.engine.stacked.rows import is_array
from dlpy.engine.together import reason_apart
from dlpy.experiment.experiment import Experiment
from dlpy.training.compile import compiled_model
from dlpy.training.train import plan_of

_MOST_TRAININGS = 32  # two groups of 16: more took as long by training
_MOST_DEPENDENT = 16  # trials that are proposed, or pruned, without each other's results
_SHARE_DEPENDENT = 10  # at most a tenth of all trials
_LEAST_STEPS = 20_000  # of all trainings: compiling the graph takes longer than fewer steps


def trials_together(experiment: Experiment, data: Data, total: int | None) -> int:
    """Return `search.together`, or the number that `auto` stands for; it depends on options and sizes alone.

    Args:
        experiment: at the first point of the space.
        data: its rows as the model sees them, those of the first fold where trials are trained on folds.
        total: the number of trials; None if it depends on the time.
    """
    options = experiment.search
    if options.together != "auto":
        return options.together
    folds = experiment.kfold.count if options.folds else 1
    trainings = folds * options.seeds
    if not _is_worth_it(experiment, data, None if total is None else total * trainings):
        return 1
    most = max(2, _MOST_TRAININGS // trainings)
    if options.sampler != "tpe" and options.pruner == "none":
        return most
    return max(2, min(most, _MOST_DEPENDENT, (total or _MOST_DEPENDENT) // _SHARE_DEPENDENT))


def _is_worth_it(experiment: Experiment, data: Data, trainings: int | None) -> bool:
    """Return whether networks like this one are trained in one graph sooner than one after another."""
    how, rows = experiment.training, len(data.train)
    if isinstance(experiment.model, EstimatorModel) or (how.execution, how.jit_compile) != ("auto", "auto"):
        return False
    if data.validation is None or not (is_array(data.train) and is_array(data.validation)):
        return False
    steps = (how.steps_per_epoch or -(-rows // min(how.batch_size, rows))) * how.epochs
    if trainings is not None and steps * trainings < _LEAST_STEPS:
        return False
    resolved = experiment.model_copy(update={"model": experiment.model.resolved(data.task)})
    model = compiled_model(resolved, data.task, experiment.seed)
    if reason_apart(model, plan_of(resolved, data, model)) is not None:
        return False
    return group_size(_MOST_TRAININGS, model.count_params()) > 1
