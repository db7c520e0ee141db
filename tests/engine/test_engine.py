"""The compiled epoch must do what plain Keras does with the same batches."""

import tempfile
from pathlib import Path

import keras
import numpy as np
import pytest

from dlpy.components.callback import Callback
from dlpy.components.hooks import Hooks
from dlpy.components.model import Model
from dlpy.components.objectives import Loss, Metric, Optimizer
from dlpy.core.errors import ConfigError, DivergedError
from dlpy.data.features import Padded, Sparse, Windows
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.engine import engine
from dlpy.engine.device_rows import Resident
from dlpy.engine.graphs import steps_in_block
from dlpy.engine.plan import Execution, by_length, choose, jit_pays
from dlpy.engine.plan import order as rows_in_order
from dlpy.engine.row_tensors import SparseTensors
from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(3)
NUMBERS = Task.single(Input("array", (5,)), Output("regression"))
CLASSES = Task.single(Input("array", (5,)), Output("multiclass", 3))
BINARY = Task.single(Input("array", (5,)), Output("binary"))
IMAGES = Task.single(Input("array", (8, 8, 1)), Output("multiclass", 3))
SERIES = Task.single(Input("array", (7, 3)), Output("regression"))
TEXTS = Task.single(Input("sequence", (9,), 20, padding="front"), Output("binary"))
BACK = Task.single(Input("sequence", (9,), 20, padding="back"), Output("binary"))
BAGS = Task.single(Input("sparse", (30,)), Output("binary"))


def rows(task: Task, count: int = 50) -> Rows:
    rng = np.random.default_rng(5)
    shape = tuple(n or 1 for n in task.input.shape)
    x = rng.normal(size=(count, *shape)).astype(np.float32)
    if task.input.kind == "sparse":
        dense = rng.random((count, 30)) < 0.2
        splits = np.concatenate([[0], np.cumsum(dense.sum(axis=1))])
        return Rows.single(Sparse(np.nonzero(dense)[1].astype(np.int32), splits, 30), dense[:, 0].astype(np.int64))
    if task is SERIES:
        windows = Windows(rng.normal(size=(count + 20, 3)).astype(np.float32), np.arange(count), np.arange(0, 14, 2))
        return Rows.single(windows, windows.series[20:, 0])
    if task.input.padding:
        lengths = rng.integers(1, 10, count)
        splits, values = np.concatenate([[0], np.cumsum(lengths)]), rng.integers(1, 20, lengths.sum())
        padded = Padded(values.astype(np.int32), splits, 9, task.input.padding == "front")
        return Rows.single(padded, (padded.numbers() == 7).any(axis=1).astype(np.int64))
    if task.output.kind == "regression":
        return Rows.single(x, x.reshape(count, -1)[:, 0] * 2)
    return Rows.single(x, (x.reshape(count, -1).sum(axis=1) > 0).astype(np.int64))


def dense_array(features: object) -> np.ndarray:
    if isinstance(features, Sparse):
        array = np.zeros((len(features), features.width), np.float32)
        array[np.repeat(np.arange(len(features)), np.diff(features.splits)), features.columns] = 1
        return array
    if isinstance(features, Windows | Padded):
        return features.numbers()
    assert isinstance(features, np.ndarray)
    return features.astype(np.float32)


def model(family: dict, task: Task, optimizer: dict | None = None, metrics: tuple[str, ...] = ()) -> keras.Model:
    keras.utils.set_random_seed(11)
    built = Model.registry.get(family["name"]).model_validate(family).build(task)
    loss = Loss.registry.get(task.output.loss)(name=task.output.loss).build()
    options = optimizer or {"name": "rmsprop"}
    scores = [Metric.registry.get(name)(name=name).build(task) for name in metrics or task.output.metrics]
    built.compile(Optimizer.registry.get(options["name"]).model_validate(options).build(), loss, metrics=scores)
    return built


def train_by_keras(network: keras.Model, data: Rows, plan: engine.Plan) -> dict[str, float]:
    """Train by plain `fit` over the engine's order of rows, and return the last epoch's scores."""
    x, y = dense_array(data.x), data.y[:, None]
    logs = {}
    for epoch in range(plan.epochs):
        order = rows_in_order(plan.seed, epoch, len(data))
        if isinstance(data.x, Padded) and network.inputs[0].shape[1] is None:
            order = by_length(order, data.x.lengths, plan.batch_size, plan.seed, epoch)
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
    ({"name": "rnn", "cell": "gru", "units": [6]}, SERIES, None, ()),
    ({"name": "rnn", "cell": "simple", "units": [6, 4], "activation": ["tanh", "relu"], "bidirectional": True}, SERIES, None, ()),
    ({"name": "rnn", "cell": "gru", "units": 6, "dropout": 0.2, "recurrent_dropout": 0.3, "reset_after": False}, SERIES, None, ()),
    ({"name": "rnn", "cell": "lstm", "units": 6, "embedding": 5}, TEXTS, None, ()),
    ({"name": "rnn", "cell": "gru", "units": 6, "embedding": 5, "bidirectional": True}, BACK, {"name": "adam"}, ()),
    ({"name": "rnn", "cell": "lstm", "units": 6, "embedding": 5, "masking": False}, TEXTS, None, ()),
    ({"name": "dense", "units": [4], "embedding": 5}, TEXTS, None, ()),
    ({"name": "dense", "units": [4]}, SERIES, None, ()),
    # not rmsprop: it divides by the size of a gradient, and where that is but rounding, processors differ
    ({"name": "conv1d", "filters": [4, 4], "kernel": 3, "pooling": 1, "embedding": 5}, TEXTS, {"name": "sgd", "learning_rate": 0.1}, ()),
    ({"name": "conv1d", "filters": [[4]], "kernel": 3, "recurrent": {"cell": "gru", "units": 5}}, SERIES, None, ()),
    ({"name": "convnet", "filters": [4, 4], "pooling": [2, 1], "kernel": 2, "units": [6]}, IMAGES, None, ()),
    ({"name": "convnet", "filters": [[4, 4]], "padding": "same", "block": "separable", "batch_normalization": True, "global_pooling": "average", "units": []}, IMAGES, None, ()),
]  # fmt: skip


EXECUTIONS = {"epoch": Execution(), "compiled": Execution(jit_compile=True), "steps": Execution("steps")}
# XLA takes no sparse rows and no rows of different lengths, and draws other masks for dropout
UNCOMPILED = [
    case
    for case in CASES
    if case[1] is BAGS or "dropout" in case[0] or (case[0]["name"] == "rnn" and case[1] in (TEXTS, BACK))
]


PLAN = engine.Plan(batch_size=8, epochs=3, seed=4)


@pytest.fixture(scope="module", params=CASES)
def by_keras(request):
    """A case, and the weights and scores that plain Keras gives it."""
    family, task, optimizer, metrics = request.param
    network = model(family, _densified(task), optimizer, metrics)
    logs = train_by_keras(network, rows(task), PLAN)
    return request.param, network.get_weights(), logs


@pytest.mark.parametrize("way", EXECUTIONS)
def test_weights_and_scores_are_those_of_keras_over_the_same_batches(by_keras, way) -> None:
    case, weights, logs = by_keras
    if way == "compiled" and case in UNCOMPILED:
        assert not jit_pays(model(*case), steps=10**9, batch_size=128)
        return
    family, task, optimizer, metrics = case
    ours, recorder = model(family, task, optimizer, metrics), Recorder()
    masks_padding = Model.registry.get(family["name"]).masks_padding
    engine.Engine(ours, EXECUTIONS[way], masks_padding=masks_padding).fit(rows(task), None, PLAN, [recorder])
    exact = way == "steps" and task is not BAGS  # then it is the same arithmetic
    for mine, other in zip(ours.get_weights(), weights, strict=True):
        np.testing.assert_allclose(mine, other, rtol=0 if exact else 1e-5, atol=0 if exact else 2e-6)
    assert recorder.epochs[-1].keys() == logs.keys()
    for name, value in logs.items():
        assert recorder.epochs[-1][name] == pytest.approx(value, rel=0 if exact else 1e-5, abs=0 if exact else 1e-6)


def _densified(task: Task) -> Task:
    return task.with_input(Input("array", task.input.shape)) if task.input.kind == "sparse" else task


def test_training_step_by_step_writes_no_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # AutoGraph's would be left by a killed process
    network = model({"name": "dense"}, NUMBERS)
    engine.Engine(network, Execution("steps")).fit(rows(NUMBERS), None, engine.Plan(8, 1, 0), [])
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("way", EXECUTIONS)
def test_sample_weights_count_as_in_keras(way: str) -> None:
    data = rows(BINARY)
    weight = np.where(data.y == 1, 5.0, 0.5).astype(np.float32)
    plan = engine.Plan(batch_size=8, epochs=2, seed=4, sample_weight=weight)
    family = {"name": "dense", "units": [8]}
    ours, theirs = model(family, BINARY), model(family, BINARY)
    engine.Engine(ours, EXECUTIONS[way]).fit(data, None, plan, [])
    train_by_keras(theirs, data, plan)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)


STOPPED = engine.Plan(batch_size=4, epochs=60, seed=2)
WIDE = {"name": "dense", "units": [32]}
SWIFT = {"name": "rmsprop", "learning_rate": 0.015}  # the loss rises, falls once more, and rises twice


def noisy_rows() -> Rows:
    held_out = rows(NUMBERS, 24)
    return held_out.with_y(held_out.y + np.random.default_rng(1).normal(size=24))


@pytest.fixture(scope="module")
def stopped_by_keras() -> list[dict[str, float]]:
    """The scores of each epoch until Keras' rule stops, with a patience of 2.

    The rule is written out: `fit` over another order every epoch cannot stop itself.
    """
    train, held_out, network = rows(NUMBERS, 40), noisy_rows(), model(WIDE, NUMBERS, SWIFT)
    x, y, held_out_rows = dense_array(train.x), train.y[:, None], (dense_array(held_out.x), held_out.y[:, None])
    best, waited, epochs = np.inf, 0, []
    while waited < 2 and len(epochs) < STOPPED.epochs:
        order = rows_in_order(STOPPED.seed, len(epochs), len(train))
        history = network.fit(x[order], y[order], 4, shuffle=False, validation_data=held_out_rows, verbose=0).history
        epochs.append({name: values[-1] for name, values in history.items()})
        waited = 0 if epochs[-1]["val_loss"] < best else waited + 1
        best = min(best, epochs[-1]["val_loss"])
    return epochs


@pytest.mark.parametrize("way", EXECUTIONS)
def test_early_stopping_ends_where_keras_ends(way: str, stopped_by_keras: list[dict[str, float]]) -> None:
    callback = Callback.registry.get("early_stopping").model_validate({"patience": 2})
    recorder = Recorder()
    hooks = [recorder, callback.build(Run(Path("unused")), {"val_loss": "min"})]
    engine.Engine(model(WIDE, NUMBERS, SWIFT), EXECUTIONS[way]).fit(rows(NUMBERS, 40), noisy_rows(), STOPPED, hooks)
    assert 3 < len(stopped_by_keras) < STOPPED.epochs
    assert len(recorder.epochs) == len(stopped_by_keras)
    for mine, other in zip(recorder.epochs, stopped_by_keras, strict=True):
        assert mine == pytest.approx(other, rel=1e-5)


@pytest.mark.parametrize("units", [16, 64])
def test_sparse_rows_with_values_give_what_dense_rows_give(units: int) -> None:
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((60, 200)) < 0.1, rng.random((60, 200)), 0).astype(np.float32)
    splits = np.concatenate([[0], np.cumsum((dense > 0).sum(axis=1))])
    x = Sparse(np.nonzero(dense)[1].astype(np.int32), splits, 200, dense[dense > 0])
    y = (dense[:, 0] > 0).astype(np.int64)
    task = Task.single(Input("sparse", (200,)), Output("binary"))
    family, optimizer = {"name": "dense", "units": [units]}, {"name": "sgd", "momentum": 0.9}
    ours, theirs = model(family, task, optimizer), model(family, _densified(task), optimizer)
    plan = engine.Plan(batch_size=16, epochs=3, seed=4)
    engine.Engine(ours).fit(Rows.single(x, y), None, plan, [])
    train_by_keras(theirs, Rows.single(dense, y), plan)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-6)
    given = engine.Engine(ours).predict(Rows.single(x, y), 16)
    np.testing.assert_allclose(given, theirs.predict(dense, verbose=0), rtol=0, atol=1e-6)


class EveryBatch(keras.callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.begun: list[int] = []
        self.losses: list[float] = []

    def on_train_batch_begin(self, batch, logs=None) -> None:
        self.begun.append(batch)

    def on_train_batch_end(self, batch, logs=None) -> None:
        assert logs is not None
        self.losses.append(logs["loss"])


def test_a_keras_callback_that_acts_on_every_batch_gets_every_batch() -> None:
    network, callback, job = model({"name": "dense"}, NUMBERS), EveryBatch(), (14, 8)
    with pytest.raises(ConfigError, match="EveryBatch acts on every batch"):
        choose("epoch", "auto", network, job, [callback])
    execution = choose("auto", "auto", network, job, [callback])
    assert execution == Execution("steps")
    recorder = Recorder()
    engine.Engine(network, execution).fit(rows(NUMBERS, 50), None, engine.Plan(8, 2, 0), [callback, recorder])
    assert callback.begun == [*range(7), *range(7)]
    assert callback.losses[6] == recorder.epochs[0]["loss"]
    assert len(set(callback.losses)) == 14
    assert callback.params == {"epochs": 2, "steps": 7, "verbose": 0}


def test_the_choice_depends_on_what_there_is_to_gain() -> None:
    network = model({"name": "dense", "units": [8]}, NUMBERS)
    assert choose("auto", "auto", network, (10, 8), []) == Execution("epoch", jit_compile=False)
    assert choose("auto", "auto", network, (10**6, 8), []) == Execution("epoch", jit_compile=True)
    assert choose("auto", False, network, (10**6, 8), []) == Execution("epoch", jit_compile=False)
    assert choose("steps", True, network, (10, 8), []) == Execution("steps", jit_compile=True)
    recurrent = model({"name": "rnn", "cell": "gru"}, SERIES)
    assert not choose("auto", "auto", recurrent, (1000, 8), []).jit_compile
    assert choose("auto", "auto", recurrent, (10**5, 8), []).jit_compile
    embedded = model({"name": "rnn", "masking": False}, TEXTS)
    assert not choose("auto", "auto", embedded, (10**6, 8), []).jit_compile
    random = model({"name": "dense", "units": [8], "dropout": 0.5}, NUMBERS)
    assert not choose("auto", "auto", random, (10**6, 8), []).jit_compile


@pytest.mark.parametrize("way", EXECUTIONS)
def test_a_model_begun_anew_takes_every_step_of_its_own_rows(way: str) -> None:
    both = engine.Engine(model({"name": "dense", "units": [8]}, NUMBERS), EXECUTIONS[way])
    for count, steps in ((24, 3), (25, 4), (40, 5), (17, 3)):  # as in folds of unequal sizes
        both.restart(model({"name": "dense", "units": [8]}, NUMBERS))
        both.fit(rows(NUMBERS, count), None, engine.Plan(8, 2, 0), [])
        assert int(both.model.optimizer.iterations) == 2 * steps


@pytest.mark.parametrize("way", EXECUTIONS)
def test_a_model_begun_anew_is_not_traced_again(way: str) -> None:
    family, traced = {"name": "dense", "units": [8]}, []

    class Counting(keras.layers.Layer):
        def call(self, inputs):
            traced.append(1)
            return inputs

    def network() -> keras.Model:
        core = model(family, NUMBERS)
        built = keras.Sequential([core.inputs[0], Counting(), core])
        built.compile("rmsprop", "mse")
        return built

    machine = engine.Engine(network(), EXECUTIONS[way])
    plan = engine.Plan(batch_size=8, epochs=2, seed=0)
    machine.fit(rows(NUMBERS, 50), rows(NUMBERS, 20), plan, [])
    first, weights = len(traced), machine.model.get_weights()
    fresh = network()
    before = len(traced)
    machine.restart(fresh)
    machine.fit(rows(NUMBERS, 50), rows(NUMBERS, 20), plan, [])
    assert len(traced) == before
    assert first > 2
    for mine, other in zip(machine.model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(mine, other)


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
    assert rows_in_order(1, 2, 9).tolist() == rows_in_order(1, 2, 9).tolist()
    assert sorted(rows_in_order(1, 2, 9)) == list(range(9))
    assert rows_in_order(1, 2, 99).tolist() != rows_in_order(1, 3, 99).tolist()
    assert rows_in_order(1, 2, 99).tolist() != rows_in_order(2, 2, 99).tolist()


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


@pytest.mark.parametrize(
    ("weights", "times", "steps"),
    [
        (1_000, 1, 100),  # 100 steps of 16 rows take 1e7 operations
        (2_000_000, 1, 100),  # 1.9e8 a step: 104 would do
        (36_000_000, 1, 5),  # 3.5e9 a step
        (2_000_000, 100, 1),
    ],
)
def test_a_block_of_xla_ends_within_about_a_second(weights: int, times: int, steps: int) -> None:
    rows = Resident(Rows.single(np.zeros((1600, 8), np.float32), np.zeros(1600, np.float32)), 16)
    assert steps_in_block(rows, 32, weights, None, times) == steps


@pytest.mark.parametrize(("width", "dtype"), [(40, "int16"), (32_768, "int16"), (32_769, "int32")])
def test_sparse_batches_are_the_rows_in_their_order(width: int, dtype: str) -> None:
    import tensorflow as tf

    rng = np.random.default_rng(3)
    lengths = np.array([3, 0, 7, 1, 5])
    columns = np.concatenate([np.sort(rng.choice(width, size=count, replace=False)) for count in lengths])
    columns[-1] = width - 1
    x = Sparse(columns.astype(np.int32), np.cumsum([0, *lengths]), width)
    dense = np.zeros((5, width), np.float32)
    dense[np.repeat(np.arange(5), lengths), columns] = 1
    order = np.array([4, 1, 2, 0, 3], np.int32)
    held = SparseTensors.in_order(x, order, 2)
    assert held.indices.dtype == dtype
    tensors = SparseTensors(tf.constant(held.indices), tf.constant(held.starts))
    for step, rows in enumerate(([4, 1], [2, 0], [3])):
        batch = tensors.batch(tf.constant(step), tf.constant(rows), width)
        np.testing.assert_array_equal(tf.sparse.to_dense(batch).numpy(), dense[rows])
