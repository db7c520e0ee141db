"""Models whose training step is a plain function."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlpy.data.rows import Rows
from dlpy.engine import model_state
from dlpy.engine.custom_step import Noise, Sampler, Turn, stepped
from dlpy.engine.engine import Engine, Plan
from dlpy.engine.plan import Execution

pytestmark = pytest.mark.slow  # imports Keras


def line() -> keras.Model:
    """Return y = w x + b, trained in two turns: first b, then w, each towards twice the rows."""
    rows = keras.Input((1,), name="input")
    slope = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    shift = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    network = keras.Model(rows, slope(rows) + shift(rows * 0 + 1))

    def error(batch, noise) -> dict:
        x = batch[0]
        return {"loss": tf.reduce_mean(tf.square(network(x, training=noise.training) - 2 * x))}

    def of_slope(batch, noise) -> dict:
        return {"slope_loss": error(batch, noise)["loss"]}

    turns = [Turn([shift], error, "loss"), Turn([slope], of_slope, "slope_loss")]
    return stepped(network, turns, ["loss", "slope_loss"], Sampler(network, 1, (0.0, 1.0)), network)


def compiled(rate: float = 0.1) -> keras.Model:
    model = line()
    model.compile(keras.optimizers.SGD(rate))
    return model


def test_a_step_takes_its_turns_one_after_the_other() -> None:
    model = compiled()
    model.train_step((tf.constant([[1.0], [3.0]]),))
    # y - 2x = 1 - x: b = 1 - 0.1 * 2 * mean(0, -2) = 1.2; then 1.2 - x: w = 1 - 0.1 * 2 * mean(0.2 * 1, -1.8 * 3)
    shift, slope = (turn.weights[0].numpy().item() for turn in model.turns)
    assert shift == pytest.approx(1.2)
    assert slope == pytest.approx(1 + 0.1 * 2 * 2.6)
    loss, slope_loss = (metric.result().numpy() for metric in model.metrics)
    assert loss == pytest.approx(2.0)
    assert slope_loss == pytest.approx((0.2**2 + 1.8**2) / 2)


def test_every_turn_has_an_optimizer_of_its_own() -> None:
    model = line()
    model.compile(keras.optimizers.Adam(0.25))
    first, second = model.optimizers
    assert first is model.optimizer
    assert second is not first
    assert float(second.learning_rate) == 0.25
    model_state.build_optimizers(model)
    assert len(model_state.variables(model)["optimizer"]) == len(first.variables) + len(second.variables)


def test_a_new_learning_rate_is_that_of_all_turns_without_an_optimizer_of_their_own() -> None:
    model = compiled(0.1)
    model_state.set_learning_rate(model, 0.025)
    assert [float(optimizer.learning_rate) for optimizer in model.optimizers] == [pytest.approx(0.025)] * 2


def test_scores_are_means_over_rows_even_where_the_last_batch_is_short() -> None:
    model = compiled()
    rows = Rows.single(np.array([[0.0], [2.0], [5.0]], np.float32))
    # 1 - x: squares 1, 1, 16
    assert Engine(model).evaluate(rows, 2)["loss"] == pytest.approx(6.0)


@pytest.mark.parametrize("mode", ["epoch", "steps"])
def test_both_ways_through_an_epoch_end_at_the_same_weights(mode) -> None:
    rows = Rows.single(np.linspace(-1, 1, 50, dtype=np.float32)[:, None])
    model, other = compiled(), compiled()
    Engine(model, Execution(mode)).fit(rows, None, Plan(8, 3, 0), [])
    step = tf.function(other.train_step, autograph=False)
    model_state.build_optimizers(other)
    from dlpy.engine.plan import order

    for epoch in range(3):
        ordered = order(0, epoch, 50)
        for start in range(0, 50, 8):
            step((tf.constant(rows.array[ordered[start : start + 8]]),))
    np.testing.assert_allclose(model.get_weights(), other.get_weights(), rtol=1e-6)


def test_noise_is_the_same_for_every_scoring_and_new_at_every_training_step() -> None:
    generator = keras.random.SeedGenerator(1)
    first, second = (Noise(generator).normal((3,)).numpy() for _ in range(2))
    assert not np.array_equal(first, second)
    still, again = Noise(None), Noise(None)
    np.testing.assert_array_equal(still.normal((3,)), again.normal((3,)))
    assert not np.array_equal(still.normal((3,)), again.uniform((3,)))
