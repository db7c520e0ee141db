"""The fused update rules must do what Keras' own do."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlpy.components.objectives import Optimizer
from dlpy.engine.fused_updates import fuse

pytestmark = pytest.mark.slow  # imports Keras

OPTIONS = [
    {"name": "rmsprop"},
    {"name": "rmsprop", "epsilon": 1e-16, "clipnorm": 0.5},
    {"name": "rmsprop", "rho": 0.7, "weight_decay": 0.01},
    {"name": "rmsprop", "momentum": 0.5},
    {"name": "rmsprop", "centered": True},
    {"name": "adam", "beta_1": 0.8, "epsilon": 1e-3},
    {"name": "adam", "amsgrad": True},
    {"name": "adam", "learning_rate": {"name": "exponential_decay", "initial_learning_rate": 0.05, "decay_steps": 3, "decay_rate": 0.5}},
]  # fmt: skip


def plain(options: dict) -> keras.optimizers.Optimizer:
    """Return Keras' own optimizer of the same settings."""
    return Optimizer.registry.get(options["name"]).model_validate(options).build()


def steps(optimizer: keras.optimizers.Optimizer, sparse: bool) -> np.ndarray:
    rng = np.random.default_rng(0)
    weights = keras.Variable(rng.normal(size=(40, 8)).astype(np.float32))
    optimizer.build([weights])
    for _ in range(12):
        gradient = tf.constant(rng.normal(size=(40, 8)).astype(np.float32))
        rows = tf.constant([1, 3, 3])
        optimizer.apply([tf.IndexedSlices(gradient[:3], rows, (40, 8)) if sparse else gradient], [weights])
    return weights.numpy()


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("options", OPTIONS)
def test_weights_move_as_with_keras_own_rule(options: dict, sparse: bool) -> None:
    if sparse:
        options = {name: value for name, value in options.items() if name != "clipnorm"}  # Keras clips dense ones only
    ours = plain(options)
    fuse(ours)
    np.testing.assert_allclose(steps(ours, sparse), steps(plain(options), sparse), rtol=1e-5, atol=3e-6)


def test_what_is_saved_is_keras_own_optimizer(tmp_path) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("rmsprop", "mse")
    fuse(model.optimizer)
    model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.optimizer) is keras.optimizers.RMSprop
    assert "update_step" not in vars(again.optimizer)
    np.testing.assert_array_equal(again.optimizer.variables[2], model.optimizer.variables[2])


@pytest.mark.parametrize("name", ["rmsprop", "adam"])
def test_a_graph_of_steps_is_traced_once(name: str) -> None:
    optimizer, weights, traced = plain({"name": name}), keras.Variable(np.ones((2, 3), np.float32)), []
    fuse(optimizer)
    optimizer.build([weights])

    @tf.function
    def step() -> None:
        traced.append(name)
        optimizer.apply([tf.ones((2, 3))], [weights])

    step()
    step()
    assert traced == [name]
    assert int(optimizer.iterations) == 2
