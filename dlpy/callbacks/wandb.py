"""Sends a run to Weights & Biases while it trains."""

from __future__ import annotations

from typing import Literal

from dlpy.callbacks._tracking import TrackingHooks
from dlpy.components.callback import Callback
from dlpy.components.hooks import Hooks
from dlpy.data.task import Task
from dlpy.runs.directory import Run
from dlpy.trackers.choice import Choice


class Wandb(Callback):
    """Send options, scores by epoch, files and the model to Weights & Biases, from a process of its own.

    An error of wandb is one line; training continues, to the same bits. A resumed run continues the same wandb run.
    Folds and trials are not sent while they train: `dlpy track RUN --to wandb` sends runs that are over.
    """

    sets = ("trackers/wandb.json",)
    sends_runs = True

    name: Literal["wandb"] = "wandb"
    project: str | None = None
    """Project that groups runs; default: the name of the experiment file."""
    entity: str | None = None
    """User or team; default: that of `wandb login`."""
    offline: bool = False
    """Whether to write files into the folder wandb, for `wandb sync`, in place of using the network."""
    files: bool = True
    """Whether to send config.yaml, plots, the report and model.keras after training."""

    def check(self, task: Task) -> None:
        self._choice().require()

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        return TrackingHooks(run, self._choice())

    def _choice(self) -> Choice:
        return Choice("wandb", project=self.project, entity=self.entity, offline=self.offline, files=self.files)
