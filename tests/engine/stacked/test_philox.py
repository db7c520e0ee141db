"""The random numbers must be those of TensorFlow on a CPU."""

import numpy as np
import pytest
import tensorflow as tf

from dlpy.engine.stacked.philox import uniform

pytestmark = pytest.mark.slow  # imports TensorFlow

SEEDS = np.array([[3, 0], [123456789, 7], [2**31 - 2, 2**31 - 2]])


@pytest.mark.parametrize("count", [1, 37])
def test_numbers_are_those_of_stateless_uniform(count: int) -> None:
    expected = [tf.random.stateless_uniform((count,), tf.constant(seed, tf.int32)).numpy() for seed in SEEDS]
    np.testing.assert_array_equal(uniform(tf.constant(SEEDS), count), expected)


def test_numbers_are_the_same_under_xla() -> None:
    compiled = tf.function(lambda seeds: uniform(seeds, 10), jit_compile=True, autograph=False)
    np.testing.assert_array_equal(compiled(tf.constant(SEEDS)), uniform(tf.constant(SEEDS), 10))
