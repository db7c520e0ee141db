"""The compiled epoch must do what plain Keras does with the same batches."""

import keras
import numpy as np
import pytest

from dlpy import engine
from dlpy.components import Hooks, Model
from dlpy.data import Input, Output, Rows, Task
from dlpy.errors import DivergedError
from dlpy.features import Sparse
from dlpy.objectives import Loss, Metric, Optimizer

RNG = np.random.default_rng(3)
NUMBERS = Task.single(Input("array", (5,)), Output("regression"))
CLASSES = Task.single(Input("array", (5,)), Output("multiclass", 3))
BINARY = Task.single(Input("array", (5,)), Output("binary"))
IMAGES = Task.single(Input("array", (8, 8, 1)), Output("multiclass", 3))
BAGS = Task.single(Input("sparse", (30,)), Output("binary"))


def rows(task: Task, count: int = 50) -> Rows:
    rng = np.random.default_rng(5)
    shape = tuple(n or 1 for n in task.input.shape)
    x = rng.normal(size=(count, *shape)).astype(np.float32)
    if task.input.kind == "sparse":
        dense = rng.random((count, 30)) < 0.2
        splits = np.concatenate([[0], np.cumsum(dense.sum(axis=1))])
        return Rows.single(Sparse(np.nonzero(dense)[1].astype(np.int32), splits, 30), dense[:, 0].astype(np.int64))
    if task.output.kind == "regression":
        return Rows.single(x, x.reshape(count, -1)[:, 0] * 2)
    return Rows.single(x, (x.reshape(count, -1).sum(axis=1) > 0).astype(np.int64))


def dense_array(features: object) -> np.ndarray:
    if isinstance(features, Sparse):
        array = np.zeros((len(features), features.width), np.float32)
        array[np.repeat(np.arange(len(features)), np.diff(features.splits)), features.columns] = 1
        return array
    assert isinstance(features, np.ndarray)
    return features.astype(np.float32)


def model(family: dict, task: Task, optimizer: dict | None = None, metrics: tuple[str, ...] = ()) -> keras.Model:
    keras.utils.set_random_seed(11)
    built = Model.registry.get(family["name"]).model_validate(family).build(task)
    loss = Loss.registry.get(task.output.loss)(name=task.output.loss).build()
    options = optimizer or {"name": "rmsprop"}
    scores = [Metric.registry.get(name)(name=name).build(task) for name in metrics or (task.output.metric,)]
    built.compile(Optimizer.registry.get(options["name"]).model_validate(options).build(), loss, metrics=scores)
    return built


def train_by_keras(network: keras.Model, data: Rows, plan: engine.Plan) -> dict[str, float]:
    """Train by plain `fit` over the engine's order of rows, and return the last epoch's scores."""
    x, y = dense_array(data.x), data.y[:, None]
    logs = {}
    for epoch in range(plan.epochs):
        order = engine.order(plan.seed, epoch, len(data))
        weight = None if plan.sample_weight is None else plan.sample_weight[order]
        history = network.fit(x[order], y[order], plan.batch_size, sample_weight=weight, shuffle=False, verbose=0)
        logs = {name: values[-1] for name, values in history.history.items()}
    return logs


class Recorder(Hooks):
    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.epochs.append(logs)


CASES = [
    ({"name": "dense", "units": [8, 8]}, NUMBERS, None, ()),
    ({"name": "dense", "units": [8]}, CLASSES, {"name": "adam"}, ("accuracy", "top_k")),
    ({"name": "dense", "units": [8], "regularizer": {"l1": 0.01, "l2": 0.01}}, BINARY, None, ("auc", "precision", "recall", "f1")),
    ({"name": "dense", "units": [8], "batch_normalization": True}, BINARY, {"name": "sgd", "momentum": 0.9}, ()),
    ({"name": "dense", "units": [8]}, NUMBERS, None, ("mae", "rmse")),
    ({"name": "convnet", "filters": [4], "units": [6], "dropout": 0.5, "block_dropout": 0.2}, IMAGES, None, ()),
    ({"name": "dense", "units": [8]}, NUMBERS, {"name": "sgd", "learning_rate": {"name": "exponential_decay", "initial_learning_rate": 0.05, "decay_steps": 3, "decay_rate": 0.5}}, ()),
    ({"name": "dense", "units": [8]}, NUMBERS, {"name": "rmsprop", "epsilon": 1e-16, "clipnorm": 0.5}, ()),
    ({"name": "dense", "units": [4]}, BAGS, None, ()),
    ({"name": "convnet", "filters": [4, 4], "pooling": [2, 1], "kernel": 2, "units": [6]}, IMAGES, None, ()),
    ({"name": "convnet", "filters": [[4, 4]], "padding": "same", "separable": True, "batch_normalization": True, "global_pooling": "average", "units": []}, IMAGES, None, ()),
]  # fmt: skip


@pytest.mark.parametrize("xla", [False, True])
@pytest.mark.parametrize(("family", "task", "optimizer", "metrics"), CASES)
def test_weights_and_scores_are_those_of_keras_over_the_same_batches(family, task, optimizer, metrics, xla) -> None:
    if xla and task in (BAGS, IMAGES):
        pytest.skip("XLA compiles plain dense networks only")
    data = rows(task)
    plan = engine.Plan(batch_size=8, epochs=3, seed=4)
    ours, theirs = model(family, task, optimizer, metrics), model(family, _densified(task), optimizer, metrics)
    recorder = Recorder()
    engine.Engine(ours, xla=xla).fit(data, None, plan, [recorder])
    logs = train_by_keras(theirs, data, plan)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=2e-4, atol=2e-6)
    assert recorder.epochs[-1].keys() == logs.keys()
    for name, value in logs.items():
        assert recorder.epochs[-1][name] == pytest.approx(value, rel=1e-4, abs=1e-5)


def _densified(task: Task) -> Task:
    return task.with_input(Input("array", task.input.shape))


def test_sample_weights_count_as_in_keras() -> None:
    data = rows(BINARY)
    weight = np.where(data.y == 1, 5.0, 0.5).astype(np.float32)
    plan = engine.Plan(batch_size=8, epochs=2, seed=4, sample_weight=weight)
    family = {"name": "dense", "units": [8]}
    ours, theirs = model(family, BINARY), model(family, BINARY)
    engine.Engine(ours).fit(data, None, plan, [])
    train_by_keras(theirs, data, plan)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("task", [NUMBERS, IMAGES, BAGS])
def test_scores_and_predictions_are_those_of_keras(task: Task) -> None:
    family = {"name": "convnet", "filters": [4], "units": []} if task is IMAGES else {"name": "dense", "units": [4]}
    data = rows(task, 50)
    ours, theirs = model(family, task), model(family, _densified(task))
    x, y = dense_array(data.x), data.y[:, None]
    expected = theirs.evaluate(x, y, batch_size=16, verbose=0, return_dict=True)
    assert engine.Engine(ours).evaluate(data, 16) == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(
        engine.Engine(ours).predict(data, 16), theirs.predict(x, verbose=0), rtol=1e-4, atol=1e-6
    )


def test_the_order_of_rows_is_a_function_of_seed_and_epoch() -> None:
    assert engine.order(1, 2, 9).tolist() == engine.order(1, 2, 9).tolist()
    assert sorted(engine.order(1, 2, 9)) == list(range(9))
    assert engine.order(1, 2, 99).tolist() != engine.order(1, 3, 99).tolist()
    assert engine.order(1, 2, 99).tolist() != engine.order(2, 2, 99).tolist()


def test_the_same_seed_gives_the_same_bits() -> None:
    data = rows(NUMBERS)
    plan = engine.Plan(batch_size=8, epochs=3, seed=4)
    weights = []
    for _ in range(2):
        network = model({"name": "dense", "units": [8], "dropout": 0.3}, NUMBERS)
        engine.Engine(network).fit(data, None, plan, [])
        weights.append(network.get_weights())
    assert all(np.array_equal(one, other) for one, other in zip(*weights, strict=True))


def test_validation_scores_are_told_beside_training_scores() -> None:
    data, recorder = rows(NUMBERS), Recorder()
    network = model({"name": "dense", "units": [8]}, NUMBERS)
    engine.Engine(network).fit(data, rows(NUMBERS, 20), engine.Plan(8, 2, 0), [recorder])
    assert list(recorder.epochs[0]) == ["loss", "mae", "val_loss", "val_mae"]
    assert recorder.epochs[-1]["val_loss"] == engine.Engine(network).evaluate(rows(NUMBERS, 20), 8)["loss"]


def test_every_batch_is_reported_and_the_rest_too() -> None:
    class Batches(Hooks):
        seen: list[int] = []

        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            self.seen.append(batch)

    hook = Batches()
    engine.Engine(model({"name": "dense"}, NUMBERS)).fit(rows(NUMBERS, 50), None, engine.Plan(8, 1, 0), [hook])
    assert hook.seen == sorted(hook.seen)
    assert hook.seen[-1] == 6


def test_a_batch_larger_than_the_data_is_one_step() -> None:
    network = model({"name": "dense"}, NUMBERS)
    engine.Engine(network).fit(rows(NUMBERS, 5), None, engine.Plan(64, 2, 0), [])
    assert int(network.optimizer.iterations) == 2


def test_nan_stops_training_before_any_hook_sees_it() -> None:
    data, recorder = rows(NUMBERS), Recorder()
    network = model({"name": "dense"}, NUMBERS, {"name": "sgd", "learning_rate": 1e20})
    with pytest.raises(DivergedError, match=r"loss became (nan|inf) in epoch"):
        engine.Engine(network).fit(data, None, engine.Plan(8, 5, 0), [recorder])
    assert all(np.isfinite(logs["loss"]) for logs in recorder.epochs)


def test_a_keras_callback_fits() -> None:
    class Counter(keras.callbacks.Callback):
        epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            self.epochs += 1
            self.model.stop_training = epoch == 1

    counter = Counter()
    engine.Engine(model({"name": "dense"}, NUMBERS)).fit(rows(NUMBERS), None, engine.Plan(8, 9, 0), [counter])
    assert counter.epochs == 2
