"""Stacked updates must do what Keras' optimizer does to each member alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlpy.engine.stacked.updates import Updates

pytestmark = pytest.mark.slow  # imports Keras

OPTIMIZERS = [
    keras.optimizers.SGD(momentum=0.9, nesterov=True),
    keras.optimizers.RMSprop(),
    keras.optimizers.RMSprop(rho=0.7, momentum=0.5, centered=True),
    keras.optimizers.Adam(beta_1=0.8, amsgrad=True),
    keras.optimizers.AdamW(),
    keras.optimizers.Adamax(),
    keras.optimizers.Nadam(),
    keras.optimizers.Adagrad(initial_accumulator_value=0.3),
    keras.optimizers.Adadelta(),
    keras.optimizers.Lion(),
]
RATES = [0.1, 0.003]


def alone(optimizer: keras.optimizers.Optimizer, rate: float, start: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    own = type(optimizer).from_config(optimizer.get_config() | {"learning_rate": rate, "weight_decay": 0.0})
    weights = keras.Variable(start)
    own.build([weights])
    for gradient in gradients:
        own.apply([tf.constant(gradient)], [weights])
    return weights.numpy()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_member_moves_as_with_its_own_optimizer(optimizer: keras.optimizers.Optimizer) -> None:
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=(2, 6)).astype(np.float32), rng.normal(size=(4, 2, 6)).astype(np.float32)
    updates = Updates(optimizer, [6], members=2)
    slots = tf.nest.map_structure(lambda array: tf.constant(np.stack([array, array])), updates.start())
    weights = [tf.constant(start)]
    for gradient in gradients:
        weights, slots = updates.apply(weights, [tf.constant(gradient)], slots, tf.constant(RATES)[:, None])
    expected = [alone(optimizer, rate, start[k], gradients[:, k]) for k, rate in enumerate(RATES)]
    np.testing.assert_allclose(weights[0], expected, rtol=1e-5, atol=1e-6)
