"""Targets of steps: the loss and scores are those of the steps that have a target, worked out by hand and by Keras."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from dlpy.components.hooks import Hooks
from dlpy.data.features import Padded
from dlpy.data.rows import Rows
from dlpy.engine.engine import Engine, Plan
from dlpy.engine.named_outputs import Objective, with_outputs
from dlpy.engine.plan import Execution, epoch_orders
from dlpy.engine.step_targets import Steps

pytestmark = pytest.mark.slow

EXECUTIONS = {"epoch": Execution(), "compiled": Execution(jit_compile=True), "steps": Execution("steps")}
PLAN = Plan(batch_size=4, epochs=2, seed=3)
ROWS, LENGTH, CLASSES = 18, 7, 3


def tokens(*, front: bool) -> Rows:
    """Return rows of 1 to 7 tokens whose class is the token's own; every fifth token has no target."""
    rng = np.random.default_rng(2)
    lengths = rng.integers(1, LENGTH + 1, ROWS)
    lengths[:2] = 1, LENGTH
    splits = np.concatenate([[0], np.cumsum(lengths)])
    values = rng.integers(1, 1 + CLASSES, splits[-1]).astype(np.int32)
    x = Padded(values, splits, LENGTH, front)
    y = x.numbers() - 1
    y[y >= 0] = np.where(np.arange(len(values)) % 5 == 0, -1, y[y >= 0])
    return Rows.single(x, y.astype(np.int32))


def network(length: int | None, *, masking: bool) -> Any:
    keras.utils.set_random_seed(5)
    inputs = keras.Input((length,), dtype="int32", name="input")
    x = layers.Embedding(1 + CLASSES, 4, mask_zero=masking)(inputs)
    x = layers.Bidirectional(layers.GRU(4, return_sequences=True, use_cudnn=False))(x)
    return keras.Model(inputs, layers.Dense(CLASSES, activation="softmax", name="target")(x))


def ours(model: Any, *, front: bool, masked: bool = True) -> Any:
    made = with_outputs(model, ["target"], uncertain=False)
    accuracy = keras.metrics.SparseCategoricalAccuracy("accuracy")
    loss = keras.losses.SparseCategoricalCrossentropy()
    steps = Steps(LENGTH, front=front)
    made.set_objectives({"target": Objective(loss, [accuracy], is_masked=masked, steps=steps)}, logs_data_loss=False)
    made.compile(optimizer=keras.optimizers.SGD(0.1))
    return made


class Recorder(Hooks):
    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.epochs.append(logs)


def test_loss_and_accuracy_are_means_over_the_steps_with_a_target() -> None:
    inputs = keras.Input((3, 2), name="input")
    network = keras.Model(inputs, layers.Activation("linear", name="target")(inputs))
    made = with_outputs(network, ["target"], uncertain=False)
    accuracy = keras.metrics.SparseCategoricalAccuracy("accuracy")
    objective = Objective(keras.losses.SparseCategoricalCrossentropy(), [accuracy], is_masked=True, steps=Steps(3))
    made.set_objectives({"target": objective}, logs_data_loss=False)
    made.compile(optimizer="sgd")
    x = np.array([[[0.5, 0.5], [0.25, 0.75], [0.9, 0.1]], [[0.2, 0.8], [0.5, 0.5], [0.5, 0.5]]], np.float32)
    y = np.array([[0, 0, -1], [1, -1, -1]], np.int32)
    scores = Engine(made).evaluate(Rows.single(x, y), 2)
    assert scores["loss"] == pytest.approx(-(math.log(0.5) + math.log(0.25) + math.log(0.8)) / 3, rel=1e-6)
    assert scores["accuracy"] == pytest.approx(2 / 3)  # 0.5 against 0.5 is the first class


@pytest.mark.parametrize("way", EXECUTIONS)
@pytest.mark.parametrize("front", [False, True], ids=["behind", "in front"])
@pytest.mark.parametrize("cut", [False, True], ids=["full length", "cut"])
def test_training_is_that_of_keras_over_the_steps_with_a_target(way: str, front: bool, cut: bool) -> None:
    if cut and way == "compiled":
        pytest.skip("XLA compiles rows of one length")
    data = tokens(front=front)
    made = ours(network(None if cut else LENGTH, masking=True), front=front)
    recorder = Recorder()
    lines: list[str] = []
    engine = Engine(made, EXECUTIONS[way], masks_padding=cut, tell=lines.append)
    engine.fit(data, data, PLAN, [recorder])
    assert not lines  # cutting was not given up
    by_hand, scores = network(LENGTH, masking=True), {}
    for order, _ in epoch_orders(PLAN, data, range(PLAN.epochs), ROWS, data.x.lengths if cut else None):
        scores = train_by_hand(by_hand, data, order)
    assert recorder.epochs[-1]["loss"] == pytest.approx(scores["loss"], rel=1e-4)
    assert recorder.epochs[-1]["accuracy"] == pytest.approx(scores["accuracy"], rel=1e-6)
    for one, two in zip(made.get_weights(), by_hand.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)
    evaluated = engine.evaluate(data, 4)
    assert recorder.epochs[-1]["val_loss"] == pytest.approx(evaluated["loss"])
    predicted, known = engine.predict(data, 4), data.y >= 0
    assert predicted.shape == (ROWS, LENGTH, CLASSES)
    np.testing.assert_allclose(predicted[known], by_hand(data.array).numpy()[known], rtol=1e-4, atol=1e-5)
    own = predicted[known][np.arange(known.sum()), data.y[known]]
    assert evaluated["loss"] == pytest.approx(-np.log(own).mean(), rel=1e-5)


def train_by_hand(model: Any, data: Rows, order: np.ndarray) -> dict[str, float]:
    """Take the steps of an epoch by gradient descent on the mean over the steps with a target; return the scores."""
    loss, right, count = 0.0, 0, 0
    for start in range(0, ROWS, PLAN.batch_size):
        some = order[start : start + PLAN.batch_size]
        x, y = data.array[some], data.y[some]
        row, step = np.nonzero(y >= 0)
        with tf.GradientTape() as tape:
            probability = tf.gather_nd(model(x, training=True), np.stack([row, step], 1))
            own = tf.gather(probability, y[row, step], batch_dims=1)
            mean = tf.reduce_mean(-tf.math.log(own))
        for variable, gradient in zip(
            model.trainable_variables, tape.gradient(mean, model.trainable_variables), strict=True
        ):
            variable.assign_sub(0.1 * tf.convert_to_tensor(gradient))
        right += int((probability.numpy().argmax(axis=1) == y[row, step]).sum())
        loss, count = loss + float(mean) * len(row), count + len(row)
    return {"loss": loss / count, "accuracy": right / count}


def test_weights_of_rows_and_of_steps_count_in_the_loss_alone() -> None:
    inputs = keras.Input((2, 2), name="input")
    network = keras.Model(inputs, layers.Activation("linear", name="target")(inputs))
    x = np.array([[[0.5, 0.5], [0.25, 0.75]], [[0.2, 0.8], [0.5, 0.5]]], np.float32)
    y = np.array([[0, 0], [1, -1]], np.int32)
    for weight, wanted in (
        (np.array([1.0, 3.0]), -(math.log(0.5) + math.log(0.25) + 3 * math.log(0.8)) / 3),
        (np.array([[1.0, 2.0], [3.0, 9.0]]), -(math.log(0.5) + 2 * math.log(0.25) + 3 * math.log(0.8)) / 3),
    ):
        made = with_outputs(network, ["target"], uncertain=False)
        objective = Objective(keras.losses.SparseCategoricalCrossentropy(), [], is_masked=True, steps=Steps(2))
        made.set_objectives({"target": objective}, logs_data_loss=False)
        made.compile(optimizer="sgd")
        found = made.compute_loss(x, tf.constant(y), tf.constant(x), tf.constant(weight, tf.float32))
        assert float(found) == pytest.approx(wanted, rel=1e-6)
