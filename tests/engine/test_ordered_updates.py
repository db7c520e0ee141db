"""The same seed gives the same bits where words occur several times in a batch."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from dlpy.engine.ordered_updates import add_in_order

pytestmark = pytest.mark.slow

WORDS, ROWS, LENGTH, SIZE = 2_000, 64, 400, 64  # large enough for several threads


def network() -> keras.Model:
    keras.utils.set_random_seed(1)
    x = keras.Input((LENGTH,), dtype="int32")
    means = layers.GlobalAveragePooling1D()(layers.Embedding(WORDS, SIZE)(x))
    return keras.Model(x, layers.Dense(1)(means))


@pytest.mark.parametrize("optimizer", ["rmsprop", "adam", "sgd"])
def test_repeated_words_are_added_up_in_one_order(optimizer: str) -> None:
    random = np.random.default_rng(2)
    x = tf.constant(np.minimum(random.zipf(1.3, (ROWS, LENGTH)), WORDS - 1).astype(np.int32))
    y = tf.constant(random.normal(size=(ROWS, 1)).astype(np.float32))
    model = network()
    model.compile(optimizer, "mse")
    add_in_order(model.optimizer)
    add_in_order(model.optimizer)  # once is enough
    model.optimizer.build(model.trainable_variables)
    start = [variable.numpy() for variable in (*model.weights, *model.optimizer.variables)]
    step = tf.function(lambda: model.train_step((x, y))["loss"])
    found = set()
    for _ in range(12):
        for variable, value in zip((*model.weights, *model.optimizer.variables), start, strict=True):
            variable.assign(value)
        for _ in range(3):
            step()
        found.add(b"".join(variable.numpy().tobytes() for variable in model.weights))
    assert len(found) == 1


def test_the_sum_is_that_of_one_thread() -> None:
    optimizer = keras.optimizers.SGD(1.0)
    add_in_order(optimizer)
    variable = keras.Variable(np.array([[10.0], [20.0]], np.float32))
    optimizer.assign_sub(variable, tf.IndexedSlices(tf.constant([[1.0], [2.0], [4.0]]), tf.constant([1, 0, 1])))
    np.testing.assert_array_equal(variable.numpy(), [[8.0], [15.0]])
    optimizer.assign_add(variable, tf.constant([[1.0], [1.0]]))
    np.testing.assert_array_equal(variable.numpy(), [[9.0], [16.0]])
