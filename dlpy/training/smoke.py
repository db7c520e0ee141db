"""An experiment cut down for a smoke test."""

from __future__ import annotations

from dlpy.components.estimator import EstimatorModel
from dlpy.experiment.experiment import Experiment


def shortened(experiment: Experiment) -> Experiment:
    """Return the experiment cut down to a few batches, for a smoke test."""
    holdout = experiment.data.validation
    data = experiment.data.model_copy(update={"validation": holdout and holdout.for_few_rows()})
    if isinstance(experiment.model, EstimatorModel):
        return experiment.model_copy(update={"model": experiment.model.shortened(1), "data": data})
    batch_size = min(experiment.training.batch_size, 32)
    phases = [phase.model_copy(update={"epochs": 1}) for phase in experiment.training.phases or []] or None
    update = {"epochs": len(phases or [1]), "phases": phases, "batch_size": batch_size, "steps_per_epoch": None}
    training = experiment.training.model_copy(update=update)
    return experiment.model_copy(update={"training": training, "data": data})
