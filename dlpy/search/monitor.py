"""The score by which the trials of a search are compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dlpy.callbacks.checkpoint import Checkpoint
from dlpy.components.estimator import EstimatorModel
from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.experiment.document import Document
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import Run
from dlpy.runs.history import read_history
from dlpy.training.callbacks import checkpoint_of

_DEFAULT = "val_loss"


@dataclass(frozen=True)
class Monitored:
    """The score that decides, and whether smaller ("min") or larger ("max") is better."""

    name: str
    direction: str

    def require_among(self, scores: Iterable[str]) -> None:
        """Raise ConfigError if a trial does not log the score."""
        if self.name not in scores:
            raise ConfigError(f"search.monitor: no trial logs '{self.name}'.{did_you_mean(self.name, scores)}")

    def curve(self, folder: Run) -> list[float]:
        """Return the score after each epoch from metrics.csv; an empty list if it is not there."""
        history = read_history(folder.metrics) if folder.metrics.is_file() else None
        if history is None or self.name not in history.curves:
            return []
        return history.curves[self.name].tolist()


def name_of_monitor(experiment: Experiment) -> str:
    """Return the name of the score by which trials are compared."""
    return experiment.search.monitor or checkpoint_of(experiment).monitor or _DEFAULT


def with_monitor(experiment: Experiment, name: str) -> Experiment:
    """Return the experiment whose checkpoint keeps the epoch that is best by the monitored score.

    Classic models have no checkpoints during training: they keep the round with the smallest val_loss.
    """
    keeper = checkpoint_of(experiment)
    if (keeper.monitor or _DEFAULT) == name or isinstance(experiment.model, EstimatorModel):
        return experiment
    others = [callback for callback in experiment.callbacks if not isinstance(callback, Checkpoint)]
    return experiment.model_copy(update={"callbacks": [*others, keeper.model_copy(update={"monitor": name})]})


def set_monitor(document: Document, name: str) -> None:
    """Make the checkpoint callback in a document keep the epoch that is best by the monitored score."""
    values = document.values
    listed = [{"name": item} if isinstance(item, str) else item for item in values.get("callbacks") or []]
    keeper = next((item for item in listed if item.get("name") == "checkpoint"), None)
    if ((keeper or {}).get("monitor") or _DEFAULT) == name:
        return
    others = [item for item in listed if item is not keeper]
    values["callbacks"] = [*others, {**(keeper or {"name": "checkpoint"}), "monitor": name}]
