"""Sends a run to MLflow while it trains."""

from __future__ import annotations

from typing import Literal

from dlpy.callbacks._tracking import TrackingHooks
from dlpy.components.callback import Callback
from dlpy.components.hooks import Hooks
from dlpy.data.task import Task
from dlpy.runs.directory import Run
from dlpy.trackers.choice import Choice


class Mlflow(Callback):
    """Send options, scores by epoch, files and the model to MLflow, from a process of its own.

    An error of MLflow is one line; training continues, to the same bits. A resumed run continues the same MLflow run.
    Folds and trials are not sent while they train: `dlpy track RUN --to mlflow` sends runs that are over.
    """

    sets = ("trackers/mlflow.json",)
    sends_runs = True

    name: Literal["mlflow"] = "mlflow"
    uri: str | None = None
    """Database or server, such as sqlite:///mlflow.db or http://localhost:5000; default: $MLFLOW_TRACKING_URI, or
    mlflow.db in the current folder."""
    experiment: str | None = None
    """Name of MLflow's experiment, which groups runs; default: the name of the experiment file."""
    files: bool = True
    """Whether to send config.yaml, plots, the report and model.keras after training."""

    def check(self, task: Task) -> None:
        self._choice().require()

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        return TrackingHooks(run, self._choice())

    def _choice(self) -> Choice:
        return Choice("mlflow", self.uri, self.experiment, files=self.files)
