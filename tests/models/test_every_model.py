"""What holds for every model there is, and for whatever is added."""

import keras
import numpy as np
import pytest
from every import BINARY, CLASSES, NUMBER, ONE_HOT, fitting, names, rows_for

from dlpy.components.estimator import EstimatorModel
from dlpy.components.model import GenerativeModel, Model
from dlpy.components.objectives import Loss
from dlpy.data.task import Input, Output, Task
from dlpy.engine.engine import Engine, Plan
from dlpy.engine.snapshots import Snapshot, with_copies
from dlpy.models._one_encoder import OneEncoder
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow

INPUTS = [
    Input("array", (6,)),
    Input("array", (12, 12, 2)),
    Input("array", (4, 8, 8, 1)),
    Input("sparse", (30,)),
    Input("array", (14, 3)),
    Input("sequence", (14,), 30, padding="front"),
]
TASKS = [
    Task.single(given, wanted)
    for given in INPUTS
    for wanted in (CLASSES, ONE_HOT, BINARY, NUMBER, Output("regression", 2))
]


def small(name: str) -> Model:
    options = {
        "convnet": {"filters": [4], "units": [5]},
        "video": {"filters": [4], "dropout": 0.2},
        "dense": {"units": [5]},
        "pretrained": {"base": {"name": "convnet", "filters": [4]}, "weights": None, "train": "all", "units": [5]},
        "rnn": {"units": 5, "embedding": 4},
        "conv1d": {"filters": [4, 4], "kernel": 3, "embedding": 4},
        "combined": {"head": [5]},
        "transformer": {"size": 4},
        "realmlp": {"units": [5]},
        "tabm": {"units": [5], "members": 3},
        "graph": {"layers": {"hidden": {"layer": "Dense", "units": 5, "activation": "relu"}}},
    }.get(name, {})
    return Model.registry.get(name).model_validate({"name": name, **options})


OF_LABELS = [
    name
    for name in names("models")
    if name not in ("baseline", "seq2seq")
    and not isinstance(small(name), GenerativeModel | EstimatorModel | OneEncoder)
]


def compiled(model: Model, task: Task) -> keras.Model:
    keras.utils.set_random_seed(2)
    network = model.build(task)
    network.compile(keras.optimizers.RMSprop(0.01), Loss.registry.get(task.output.loss)(name=task.output.loss).build())
    return network


@pytest.mark.parametrize("name", OF_LABELS)
def test_a_model_learns_and_comes_back_from_its_checkpoint(name: str, tmp_path) -> None:
    model = small(name)
    tasks = fitting(model, TASKS)
    for number, task in enumerate([tasks[0], tasks[-1]]):
        rows, network = rows_for(task), compiled(model, task)
        engine = Engine(network)
        before = engine.evaluate(rows, 8)["loss"]
        engine.fit(rows, None, Plan(8, 8, 0), [])
        assert engine.evaluate(rows, 8)["loss"] < before
        prediction = engine.predict(rows, 8)
        assert prediction.shape == (24, task.output.units)
        run = Run(tmp_path / str(number))
        run.path.mkdir()
        checkpoints.save(run, with_copies(network, Snapshot(3, {}, {})), ["best"])
        fresh = Engine(compiled(model, task))
        assert not np.array_equal(fresh.predict(rows, 8), prediction)
        assert checkpoints.load_weights(fresh.model, run) == 3
        np.testing.assert_array_equal(fresh.predict(rows, 8), prediction)


@pytest.mark.parametrize("name", OF_LABELS)
def test_a_model_ends_in_as_many_numbers_as_the_target_has(name: str) -> None:
    model = small(name)
    for task in fitting(model, TASKS):
        network = model.build(task)
        assert network.output_shape == (None, task.output.units)
        last = next(layer for layer in reversed(network.layers) if "activation" in vars(layer))
        assert last.activation.__name__ == task.output.activation
