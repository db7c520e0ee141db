"""TensorFlow's stateless random numbers for many seeds at once, in operations that XLA compiles.

XLA has a generator of its own for `tf.random.stateless_uniform`; these are the numbers that it draws on a CPU without
XLA, which are those of Keras' Dropout. Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3";
tensorflow/core/lib/random/philox_random.h and tensorflow/core/kernels/stateless_random_ops.cc.
"""

from __future__ import annotations

from typing import Any

_ROUNDS = 10
_FACTORS = (0xD2511F53, 0xCD9E8D57)
_RAISES = (0x9E3779B9, 0xBB67AE85)
_SCRAMBLE = (0x3EC8F720, 0x02461E29)
_MANTISSA, _ONE = 0x007FFFFF, 0x3F800000  # of a float32


def uniform(seeds: Any, count: int) -> Any:
    """Return uniform numbers from [0, 1): (members, count) float32, for each seed those of `stateless_uniform`.

    Args:
        seeds: (members, 2) int64, from 0 to 2**31 - 1.
        count: how many numbers; fewer numbers are the first of more.
    """
    import tensorflow as tf

    given = tf.cast(seeds, tf.uint32)[..., None]  # (members, 2, 1)
    first, second = given[:, 0], given[:, 1]
    zero = tf.zeros_like(first)
    constants = [tf.constant(value, tf.uint32) for value in _SCRAMBLE]
    mixed = _philox((first, zero, second, zero), (constants[0], constants[1]))
    blocks = -(-count // 4)
    numbers = zero + tf.cast(tf.range(blocks), tf.uint32)  # (members, blocks)
    nothing = tf.zeros_like(numbers)
    words = _philox((numbers, nothing, mixed[2] + nothing, mixed[3] + nothing), (mixed[0], mixed[1]))
    bits = tf.reshape(tf.stack(words, axis=-1), (-1, 4 * blocks))[:, :count]
    ones = tf.bitwise.bitwise_or(
        tf.bitwise.bitwise_and(bits, tf.constant(_MANTISSA, tf.uint32)), tf.constant(_ONE, tf.uint32)
    )
    return tf.bitcast(ones, tf.float32) - 1.0


def _philox(counter: tuple[Any, Any, Any, Any], key: tuple[Any, Any]) -> tuple[Any, Any, Any, Any]:
    """Return the four words of each counter; all are uint32."""
    import tensorflow as tf

    xor = tf.bitwise.bitwise_xor
    for number in range(_ROUNDS):
        if number:
            key = (key[0] + tf.constant(_RAISES[0], tf.uint32), key[1] + tf.constant(_RAISES[1], tf.uint32))
        high, low = zip(*(_product(factor, counter[2 * at]) for at, factor in enumerate(_FACTORS)), strict=True)
        counter = (xor(xor(high[1], counter[1]), key[0]), low[1], xor(xor(high[0], counter[3]), key[1]), low[0])
    return counter


def _product(factor: int, value: Any) -> tuple[Any, Any]:
    """Return the high and the low half of a product."""
    import tensorflow as tf

    product = tf.cast(value, tf.uint64) * tf.constant(factor, tf.uint64)
    return tf.cast(tf.bitwise.right_shift(product, tf.constant(32, tf.uint64)), tf.uint32), tf.cast(product, tf.uint32)
