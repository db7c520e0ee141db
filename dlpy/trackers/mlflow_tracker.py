"""MLflow as a tracker: a database file such as sqlite:///mlflow.db, or a server."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.core.errors import printable
from dlpy.runs.directory import Run
from dlpy.trackers.contents import Epoch, started
from dlpy.trackers.model_files import inputs_of

DEFAULT_URI = "sqlite:///mlflow.db"
_STATUS = {"completed": "FINISHED", "killed": "KILLED", "interrupted": "KILLED", "running": "RUNNING"}
_ENVIRONMENT = {  # so that an unreachable server costs seconds, and nothing is sent to anyone else
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_CONFIGURE_LOGGING": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
_MOST_PARAMETERS, _MOST_METRICS, _LONGEST = 100, 1000, 6000  # in one call of log_batch; characters of a parameter


class MlflowTracker:
    """Writes runs with MLflow's client.

    Args of an instance:
        uri: a database or a server; None: $MLFLOW_TRACKING_URI, or mlflow.db in the current folder.
        experiment: the name of MLflow's experiment; None: that of the experiment file.
    """

    name = "mlflow"

    def __init__(self, uri: str | None = None, experiment: str | None = None) -> None:
        self.place = uri or os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_URI
        self._experiment = experiment
        self._id = ""
        self._client: Any = None

    def open(self, run: Run, known: str | None) -> str:
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        self._client = _library().MlflowClient(tracking_uri=self.place)
        if known is None:
            self._id = self._created(run)
        else:
            self._client.update_run(known, status="RUNNING")
            self._id = known
        return self._id

    def _created(self, run: Run) -> str:
        name = self._experiment or (run.owner or run).name
        found = self._client.get_experiment_by_name(name)
        number = self._client.create_experiment(name) if found is None else found.experiment_id
        tags = {"mlflow.source.name": "dlpy", "dlpy.run": printable(str(run.path))}
        made = self._client.create_run(number, start_time=started(run), tags=tags, run_name=run.id)
        return made.info.run_id

    def send_parameters(self, parameters: Mapping[str, str]) -> None:
        entities = _library("entities")
        items = [entities.Param(name, value[:_LONGEST]) for name, value in parameters.items()]
        for first in range(0, len(items), _MOST_PARAMETERS):
            self._client.log_batch(self._id, params=items[first : first + _MOST_PARAMETERS])

    def send_epochs(self, epochs: Sequence[Epoch]) -> None:
        entities = _library("entities")
        items = [
            entities.Metric(name, value, epoch.milliseconds, epoch.number)
            for epoch in epochs
            for name, value in epoch.scores.items()
        ]
        for first in range(0, len(items), _MOST_METRICS):
            self._client.log_batch(self._id, metrics=items[first : first + _MOST_METRICS])

    def send_files(self, files: Mapping[str, Path]) -> None:
        for name, path in files.items():
            folder = str(Path(name).parent)
            self._client.log_artifact(self._id, str(path), None if folder == "." else folder)

    def send_model(self, run: Run) -> None:
        """Send model.keras in the form that `mlflow.keras.load_model` and `mlflow.pyfunc.load_model` read."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "model"
            (folder / "data").mkdir(parents=True)
            shutil.copyfile(run.model, folder / "data" / "model.keras")
            versions = run.record().versions
            needed = [(package, versions.get(package)) for package in ("keras", "tensorflow")]
            lines = [f"{package}=={version}\n" for package, version in needed if version]
            (folder / "requirements.txt").write_text("".join(lines), encoding="utf-8")
            self._description(run).save(str(folder / "MLmodel"))
            self._client.log_artifacts(self._id, str(folder), "model")

    def _description(self, run: Run) -> Any:
        """Return MLflow's description of the model, with the signature of its inputs where it is known."""
        models, types, given = _library("models"), _library("types"), inputs_of(run.model)
        several = len(given) > 1  # a single input needs no name
        specs = [
            types.TensorSpec(np.dtype(kind), shape, name if several else None) for name, (kind, shape) in given.items()
        ]
        signature = models.ModelSignature(types.Schema(specs)) if specs else None
        model = models.Model(artifact_path="model", run_id=self._id, signature=signature)
        keras_version = run.record().versions.get("keras")
        model.add_flavor(
            "keras", data="data", keras_version=keras_version, keras_backend="tensorflow", save_exported_model=False
        )
        model.add_flavor("python_function", loader_module="mlflow.keras", python_version=platform.python_version())
        return model

    def close(self, status: str, scores: Mapping[str, float], ended: int) -> None:
        entities = _library("entities")
        items = [entities.Metric(name, value, ended, 0) for name, value in scores.items()]
        if items:
            self._client.log_batch(self._id, metrics=items[:_MOST_METRICS])
        self._client.set_terminated(self._id, _STATUS.get(status, "FAILED"), ended)


def _library(part: str = "") -> Any:
    """Return MLflow, or a part of it: an optional package, which type checkers need not find."""
    return import_module(f"mlflow.{part}" if part else "mlflow")
