"""Every component of dlpy, made with the least that an experiment file must give; and tasks and rows for them."""

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from dlpy.components.catalogue import kinds
from dlpy.components.model import Model
from dlpy.components.objectives import Loss, Metric
from dlpy.core.errors import ConfigError
from dlpy.data.features import Padded, Sparse
from dlpy.data.rows import Rows
from dlpy.data.task import Output, Task

REQUIRED = {  # the least that an experiment file must give
    "csv": {
        **{"path": "x.csv", "target": "y", "task": "binary"},
        **{"numeric": ["a", "b"], "categorical": ["c"], "dates": ["d"]},
    },
    "npz": {"path": "x.npz"},
    "tagged_words": {"path": "x.txt"},
    "labelled_series": {"path": "x.csv", "columns": ["a", "b"]},
    "whole_series": {"path": "x.csv", "id": "id", "columns": ["a", "b"], "task": "binary"},
    "text_csv": {"path": "x.csv", "task": "binary"},
    "text_folder": {"path": "x"},
    "parallel_texts": {"source": "x.txt", "target": "y.txt"},
    "image_folder": {"path": "x"},
    "video_folder": {"path": "x"},
    "language_model": {"path": "x.txt"},
    "timeseries_csv": {"path": "x.csv", "target": "a", "columns": ["a", "b"], "lookback": 24, "delay": 2},
    "reshape": {"shape": [-1]},
    "log": {"add": 1000},
    "pretrained": {"base": "vgg16"},
    "graph": {"layers": {"hidden": {"layer": "Dense", "units": 5, "activation": "relu"}}},
    "exponential_decay": {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5},
    "inverse_time_decay": {"initial_learning_rate": 0.1, "decay_rate": 0.5},
    "cosine_decay": {"initial_learning_rate": 0.1, "decay_steps": 20},
    "warmup_cosine": {"peak_learning_rate": 0.04, "steps": 20},
    "coslog4": {"peak_learning_rate": 0.04, "decay_steps": 20},
    "piecewise_constant_decay": {"boundaries": [5, 10], "values": [0.1, 0.05, 0.01]},
    "learning_rate_schedule": {"rates": {2: 0.5}},
}

CLASSES, ONE_HOT = Output("multiclass", 3, ("a", "b", "c")), Output("multiclass", 3, ("a", "b", "c"), one_hot=True)
BINARY, NUMBER = Output("binary", 1, ("no", "yes")), Output("regression")
OUTPUTS = [CLASSES, ONE_HOT, BINARY, NUMBER]


def names(kind: str) -> list[str]:
    """Return the components of dlpy itself; tests and plug-ins may have registered others."""
    registry = kinds()[kind]
    found = [name for name in registry.names() if registry.get(name).__module__.startswith("dlpy.")]
    assert len(found) >= 2
    return found


def made(kind: str, name: str, required: dict[str, dict[str, Any]] = REQUIRED) -> Any:
    """Return the component with only the options that must be given; fail the test where it takes others."""
    registry = kinds()[kind]
    try:
        return registry.get(name).model_validate({"name": name, **required.get(name, {})})
    except ValidationError as error:
        options = ", ".join(".".join(map(str, mistake["loc"])) for mistake in error.errors())
        pytest.fail(f"{registry.kind} '{name}' needs other options ({options}): see REQUIRED in tests/every.py")


def rows_for(task: Task, count: int = 24) -> Rows:
    rng = np.random.default_rng(6)
    shape = tuple(n or 1 for n in task.input.shape)
    x = rng.normal(size=(count, *shape)).astype(np.float32)
    labels = np.arange(count) % (task.output.units or 1) if task.output.kind == "multiclass" else np.arange(count) % 2
    y = labels if task.output.kind != "regression" else x.reshape(count, -1)[:, : task.output.units]
    if task.output.one_hot:
        y = np.eye(3, dtype=np.float32)[labels]
    if task.input.kind == "sparse":
        columns = np.sort(rng.permuted(np.tile(np.arange(30), (count, 1)), axis=1)[:, :5], axis=1)
        return Rows.single(Sparse(columns.reshape(-1).astype(np.int32), np.arange(count + 1) * 5, 30), y)
    if task.input.kind == "sequence":
        lengths = rng.integers(1, shape[0] + 1, count)
        splits = np.concatenate([[0], np.cumsum(lengths)])
        values = rng.integers(1, task.input.vocabulary, splits[-1]).astype(np.int32)
        return Rows.single(Padded(values, splits, shape[0], task.input.padding == "front"), y)
    return Rows.single(x, y)


def fitting(component: Model | Loss | Metric, tasks: list[Task]) -> list[Task]:
    """Return the tasks that a component says it fits."""
    found = []
    for task in tasks:
        try:
            component.check(task)
        except ConfigError:
            continue
        found.append(task)
    assert found
    return found
