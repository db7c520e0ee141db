"""Several inputs and outputs are trained and scored as plain Keras does it; missing targets count nowhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, mean_squared_error, roc_auc_score

from dlpy.components.hooks import Hooks
from dlpy.data.augmentation import Augmentation
from dlpy.data.features import Padded, Sparse
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.engine import device_rows, held_out_batch
from dlpy.engine.engine import Engine, Plan
from dlpy.engine.named_outputs import Objective, with_outputs
from dlpy.engine.plan import Execution, epoch_orders
from dlpy.engine.plan import order as rows_in_order
from dlpy.models.graph import Graph

pytestmark = pytest.mark.slow

EXECUTIONS = {"epoch": Execution(), "compiled": Execution(jit_compile=True), "steps": Execution("steps")}
NAMES = ["price", "sold"]
PLAN = Plan(batch_size=8, epochs=3, seed=4)


def rows(count: int = 50) -> Rows:
    rng = np.random.default_rng(5)
    facts, photo = (rng.normal(size=(count, size)).astype(np.float32) for size in (5, 3))
    price = (facts[:, 0] + 2 * photo[:, 1]).astype(np.float32)
    sold = (facts[:, 1] - photo[:, 0] > 0).astype(np.int64)
    return Rows({"facts": facts, "photo": photo}, {"price": price, "sold": sold}, np.arange(count))


def with_gaps(data: Rows) -> Rows:
    """Return rows of which some lack a price (NaN), and others the class (-1); rows 16 to 23 have no price at all."""
    rng = np.random.default_rng(8)
    price, sold = data.targets["price"].copy(), data.targets["sold"].copy()
    price[rng.random(len(data)) < 0.4] = np.nan
    price[16:24] = np.nan
    sold[rng.random(len(data)) < 0.3] = -1
    return Rows(data.inputs, {"price": price, "sold": sold}, data.index)


def network() -> Any:
    keras.utils.set_random_seed(11)
    facts, photo = keras.Input((5,), name="facts"), keras.Input((3,), name="photo")
    joined = layers.Concatenate()(
        [layers.Dense(6, activation="tanh")(facts), layers.Dense(4, activation="relu")(photo)]
    )
    ends = {"price": layers.Dense(1, name="price")(joined), "sold": layers.Dense(1, "sigmoid", name="sold")(joined)}
    return keras.Model({"facts": facts, "photo": photo}, ends)


def ours(
    optimizer: Any = None, *, weights: tuple[float, float] = (1.0, 1.0), masked: bool = False, uncertain: bool = False
) -> Any:
    model: Any = with_outputs(network(), NAMES, uncertain=uncertain)
    mae, accuracy = keras.metrics.MeanAbsoluteError("price_mae"), keras.metrics.BinaryAccuracy("sold_accuracy")
    losses = keras.losses.MeanSquaredError(), keras.losses.BinaryCrossentropy()
    objectives = {
        "price": Objective(losses[0], [mae], weights[0], is_masked=masked, is_error=True),
        "sold": Objective(losses[1], [accuracy], weights[1], is_masked=masked),
    }
    model.set_objectives(objectives, logs_data_loss=False)
    model.compile(optimizer=optimizer or keras.optimizers.RMSprop())
    return model


def theirs(optimizer: Any = None, *, weights: tuple[float, float] = (1.0, 1.0)) -> Any:
    model = network()
    model.compile(
        optimizer or keras.optimizers.RMSprop(),
        loss={"price": "mse", "sold": "binary_crossentropy"},
        loss_weights=dict(zip(NAMES, weights, strict=True)),
        metrics={"price": ["mae"], "sold": [keras.metrics.BinaryAccuracy("accuracy")]},
    )
    return model


def fit(model: Any, data: Rows, plan: Plan, weight: Any = None) -> dict[str, float]:
    """Train by plain `fit` over the engine's order of rows, and return the last epoch's scores."""
    logs = {}
    for epoch in range(plan.epochs):
        order = rows_in_order(plan.seed, epoch, len(data))
        x = {name: values[order] for name, values in data.inputs.items()}
        y = {name: values[order][:, None] for name, values in data.targets.items()}
        given = weight and {name: values[order] for name, values in weight.items()}
        history = model.fit(x, y, plan.batch_size, sample_weight=given, shuffle=False, verbose=0).history
        logs = {name: values[-1] for name, values in history.items()}
    return logs


class Recorder(Hooks):
    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.epochs.append(logs)


def same_weights(mine: Any, other: Any) -> None:
    for one, two in zip(mine.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


BY_CLASS = {"price": np.ones(50, np.float32), "sold": np.where(rows().targets["sold"] == 1, 3, 0.5).astype(np.float32)}
BY_ROW = dict.fromkeys(NAMES, np.linspace(0.1, 2, 50).astype(np.float32))


@pytest.mark.parametrize("way", EXECUTIONS)
@pytest.mark.parametrize(
    ("weights", "weight"),
    [((1.0, 1.0), None), ((0.25, 10.0), None), ((0.5, 2.0), BY_CLASS), ((1.0, 1.0), BY_ROW)],
    ids=["plain", "loss weights", "class weights of one output", "sample weights"],
)
def test_weights_and_scores_are_those_of_keras(way: str, weights: tuple[float, float], weight: Any) -> None:
    mine, other, recorder = ours(weights=weights), theirs(weights=weights), Recorder()
    plan = Plan(batch_size=8, epochs=3, seed=4, sample_weight=weight)
    Engine(mine, EXECUTIONS[way]).fit(rows(), None, plan, [recorder])
    logs = fit(other, rows(), plan, weight)
    same_weights(mine, other)
    assert recorder.epochs[-1].keys() == logs.keys()
    assert next(iter(recorder.epochs[-1])) == "loss"
    for name, value in logs.items():
        if not name.endswith("_loss"):  # Keras' losses by output give the last batch, which is smaller, a full share
            assert recorder.epochs[-1][name] == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("way", EXECUTIONS)
def test_losses_by_output_are_those_of_keras_over_batches_of_one_size(way: str) -> None:
    recorder = Recorder()
    Engine(ours(weights=(0.5, 2)), EXECUTIONS[way]).fit(rows(48), None, PLAN, [recorder])
    assert recorder.epochs[-1] == pytest.approx(fit(theirs(weights=(0.5, 2)), rows(48), PLAN), rel=1e-5)


def test_a_model_may_have_several_inputs_and_one_output() -> None:
    data = rows().of_target("price")
    models = []
    for _ in range(2):
        base = network()
        model = keras.Model(base.input, base.output["price"])
        model.compile("rmsprop", "mse", metrics=["mae"])
        models.append(model)
    recorder = Recorder()
    Engine(models[0]).fit(data, None, PLAN, [recorder])
    for epoch in range(PLAN.epochs):
        order = rows_in_order(4, epoch, 50)
        x = {name: values[order] for name, values in data.inputs.items()}
        logs = models[1].fit(x, data.y[order][:, None], 8, shuffle=False, verbose=0).history
    same_weights(*models)
    assert recorder.epochs[-1]["mae"] == pytest.approx(logs["mae"][0], rel=1e-5)


@pytest.mark.parametrize("way", EXECUTIONS)
def test_batches_are_trained_on_their_known_targets_alone(way: str) -> None:
    data, mine, other = with_gaps(rows()), ours(masked=True), theirs()
    Engine(mine, EXECUTIONS[way]).fit(data, None, PLAN, [])
    known = {"price": np.isfinite(data.targets["price"]), "sold": data.targets["sold"] >= 0}
    filled = {"price": np.nan_to_num(data.targets["price"]), "sold": np.maximum(data.targets["sold"], 0)}
    for epoch in range(PLAN.epochs):
        order = rows_in_order(4, epoch, 50)
        for first in range(0, 50, 8):
            some = order[first : first + 8]
            x = {name: values[some] for name, values in data.inputs.items()}
            y = {name: values[some][:, None] for name, values in filled.items()}
            weight = {name: mask[some] * (len(some) / max(1, mask[some].sum())) for name, mask in known.items()}
            other.train_on_batch(x, y, sample_weight={name: w.astype(np.float32) for name, w in weight.items()})
    same_weights(mine, other)


def test_scores_are_those_of_the_rows_whose_target_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_out_batch, "_MOST", 8)  # the third batch has no price
    data, model = with_gaps(rows()), ours(masked=True, weights=(0.5, 2.0))
    scores = Engine(model).evaluate(data, 8)
    predicted = {name: value.numpy()[:, 0].astype(np.float64) for name, value in model(data.inputs).items()}
    price, sold = data.targets["price"], data.targets["sold"]
    known, classed = np.isfinite(price), sold >= 0
    assert 10 < known.sum() < 40
    assert 25 < classed.sum() < 45
    assert scores["price_loss"] == pytest.approx(mean_squared_error(price[known], predicted["price"][known]), rel=1e-5)
    assert scores["price_mae"] == pytest.approx(mean_absolute_error(price[known], predicted["price"][known]), rel=1e-5)
    assert scores["sold_loss"] == pytest.approx(log_loss(sold[classed], predicted["sold"][classed]), rel=1e-5)
    right = accuracy_score(sold[classed], predicted["sold"][classed] > 0.5)
    assert scores["sold_accuracy"] == pytest.approx(right, rel=1e-6)
    assert scores["loss"] == pytest.approx(0.5 * scores["price_loss"] + 2 * scores["sold_loss"], rel=2e-7)


def test_an_output_without_any_known_target_changes_nothing() -> None:
    data = rows(8)
    gone = Rows(data.inputs, data.targets | {"price": np.full(8, np.nan, np.float32)}, data.index)
    mine, other = ours(keras.optimizers.SGD(0.1), masked=True), theirs(keras.optimizers.SGD(0.1), weights=(0, 1))
    Engine(mine).fit(gone, None, Plan(8, 2, 4), [])
    fit(other, data, Plan(8, 2, 4))
    same_weights(mine, other)
    assert all(np.isfinite(weight).all() for weight in mine.get_weights())


@pytest.mark.parametrize(("masked", "expected"), [(True, False), (False, True)])
def test_a_metric_that_is_no_mean_keeps_xla_from_masked_targets(masked: bool, expected: bool) -> None:
    model: Any = with_outputs(network(), NAMES, uncertain=False)
    area = Objective(keras.losses.BinaryCrossentropy(), [keras.metrics.AUC()], is_masked=masked)
    price = Objective(keras.losses.MeanSquaredError(), [keras.metrics.MeanAbsoluteError()], is_masked=True)
    model.set_objectives({"price": price, "sold": area}, logs_data_loss=False)
    assert model.supports_jit is expected


def test_other_metrics_than_means_see_the_known_rows_alone() -> None:
    data, model = with_gaps(rows()), ours(masked=True)
    area = keras.metrics.AUC(name="sold_auc")
    model.objectives = (model.objectives[0], replace(model.objectives[1], metrics=[area]))
    model.compile("sgd")
    scores = Engine(model).evaluate(data, 8)
    predicted, sold = model(data.inputs)["sold"].numpy()[:, 0], data.targets["sold"]
    known = sold >= 0
    assert scores["sold_auc"] == pytest.approx(roc_auc_score(sold[known], predicted[known]), abs=0.01)


@pytest.mark.parametrize("way", EXECUTIONS)
def test_uncertainty_learns_the_weights_of_the_losses(way: str) -> None:
    """Two steps by hand: with s the log variances, the loss is exp(-s0) price / 2 + exp(-s1) sold + (s0 + s1) / 2."""
    data, rate = rows(8), 0.1
    mine = ours(keras.optimizers.SGD(rate), uncertain=True)
    Engine(mine, EXECUTIONS[way]).fit(data, None, Plan(8, 2, 4), [])
    variances, base = np.zeros(2), theirs(keras.optimizers.SGD(rate))
    for epoch in range(2):
        predicted = {name: value.numpy()[:, 0].astype(np.float64) for name, value in base(data.inputs).items()}
        losses = np.array([
            mean_squared_error(data.targets["price"], predicted["price"]),
            log_loss(data.targets["sold"], predicted["sold"]),
        ])  # fmt: skip
        share = np.array([0.5, 1.0]) * np.exp(-variances)
        base.compile(
            keras.optimizers.SGD(rate),
            loss={"price": "mse", "sold": "binary_crossentropy"},
            loss_weights=dict(zip(NAMES, share.tolist(), strict=True)),
        )
        order = rows_in_order(4, epoch, 8)
        y = {name: values[order][:, None] for name, values in data.targets.items()}
        base.train_on_batch({name: values[order] for name, values in data.inputs.items()}, y)
        variances -= rate * (0.5 - share * losses)
    np.testing.assert_allclose(mine.log_variances, variances, rtol=1e-5)
    learnt = [weight for weight in mine.weights if weight is not mine.log_variances]
    for one, two in zip(learnt, base.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


def test_the_validation_loss_is_the_weighted_sum_of_the_outputs_losses() -> None:
    recorder = Recorder()
    Engine(ours(weights=(0.25, 4.0))).fit(rows(40), rows(50), PLAN, [recorder])
    for logs in recorder.epochs:
        for before in ("", "val_"):
            price, sold = (np.float32(logs[f"{before}{name}_loss"]) for name in NAMES)
            assert np.float32(logs[f"{before}loss"]) == np.float32(0.25) * price + np.float32(4) * sold


def built(text: dict[str, Any], task: Task) -> Any:
    keras.utils.set_random_seed(2)
    model = Graph.model_validate({"name": "graph", "layers": text}).build(task)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


NUMBER = {"price": Output("regression")}


def test_bags_of_words_beside_numbers_train_as_dense_rows_do() -> None:
    rng = np.random.default_rng(0)
    bags = (rng.random((50, 30)) < 0.2).astype(np.float32)
    splits = np.concatenate([[0], np.cumsum(bags.sum(axis=1).astype(np.int64))])
    sparse = Sparse(np.nonzero(bags)[1].astype(np.int32), splits, 30)
    facts, price = rng.normal(size=(50, 4)).astype(np.float32), bags[:, 0] - bags[:, 1]
    text = {
        "read": {"layer": "Dense", "units": 6, "activation": "relu", "of": "bag"},
        "joined": {"layer": "Concatenate", "of": ["read", "facts"]},
    }
    kinds = {"facts": Input("array", (4,))}
    mine = built(text, Task({"bag": Input("sparse", (30,)), **kinds}, NUMBER))
    other = built(text, Task({"bag": Input("array", (30,)), **kinds}, NUMBER))
    for model, bag in ((mine, sparse), (other, bags)):
        Engine(model).fit(Rows({"bag": bag, "facts": facts}, {"price": price}, np.arange(50)), None, PLAN, [])
    for one, two in zip(mine.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)
    given = {"bag": bags, "facts": facts}
    rows_of = Rows({"bag": sparse, "facts": facts}, {"price": price}, np.arange(50))
    np.testing.assert_allclose(Engine(mine).predict(rows_of, 16), other(given), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("front", [True, False])
def test_one_of_two_inputs_is_cut_by_length_without_changing_scores(front: bool) -> None:
    rng = np.random.default_rng(6)
    lengths = rng.integers(1, 13, 50)
    splits = np.concatenate([[0], np.cumsum(lengths)])
    words = Padded(rng.integers(1, 20, splits[-1]).astype(np.int32), splits, 12, front)
    facts = rng.normal(size=(50, 4)).astype(np.float32)
    data = Rows({"words": words, "facts": facts}, {"price": (lengths / 12).astype(np.float32)}, np.arange(50))
    given = Input("sequence", (12,), 20, padding="front" if front else "back")
    task = Task({"words": given, "facts": Input("array", (4,))}, NUMBER)
    text = {
        "read": {"family": "rnn", "units": 5, "of": "words"},
        "all": {"layer": "Concatenate", "of": ["read", "facts"]},
    }
    cut, whole = (Engine(built(text, task), masks_padding=masks) for masks in (True, False))
    assert cut._lengths.cut(data) == {"words"}
    assert whole._lengths.cut(data) == frozenset()
    assert cut.evaluate(data, 8) == pytest.approx(whole.evaluate(data, 8), rel=1e-5)
    np.testing.assert_allclose(cut.predict(data, 8), whole.predict(data, 8), rtol=1e-5, atol=1e-6)
    resident = device_rows.Resident(data, 4, cut=["words"])
    x, _ = device_rows.batch(resident.in_order(np.argsort(lengths)[:4].astype(np.int32)), np.int32(0), {
        "words": (None,), "facts": (4,)
    })  # fmt: skip
    assert x["words"].shape == (4, np.sort(lengths)[3])


def test_one_of_two_images_is_augmented() -> None:
    rng = np.random.default_rng(1)
    left, right = (rng.integers(0, 255, (12, 8, 8, 1)).astype(np.uint8) for _ in range(2))
    data = Rows({"left": left, "right": right}, {"price": np.zeros(12, np.float32)}, np.arange(12))
    plan = Plan(4, 1, 3, augmentation={"right": Augmentation.model_validate({"rotation": 40, "flip": "horizontal"})})
    ((order, draws),) = epoch_orders(plan, data, range(1), 12, None)
    assert list(draws) == ["right"]
    shapes = {"left": (8, 8, 1), "right": (8, 8, 1)}
    x, _ = device_rows.batch(device_rows.Resident(data, 4).in_order(order, draws), np.int32(0), shapes)
    np.testing.assert_array_equal(x["left"], left[order[:4]])
    assert not np.array_equal(x["right"], right[order[:4]])
    alone = Rows({"right": right}, data.targets, data.index)
    one, _ = device_rows.batch(device_rows.Resident(alone, 4).in_order(order, draws), np.int32(0), shapes)
    np.testing.assert_array_equal(x["right"], one)
