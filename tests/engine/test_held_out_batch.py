"""Rows are scored many at a time where they are small, and fewer where attention would fill the memory."""

import keras
import numpy as np
import pytest
from keras import layers

from dlpy.data.features import Padded
from dlpy.data.rows import Rows
from dlpy.engine.held_out_batch import held_out_batch
from dlpy.models._attention import BlockOptions, encoder_block

pytestmark = pytest.mark.slow  # imports Keras


def attending(steps: int | None, heads: int) -> keras.Model:
    inputs = keras.Input((steps,), dtype="int32")
    block = encoder_block(BlockOptions(size=8, heads=heads, feed_forward=8))
    return keras.Model(inputs, block(layers.Embedding(5, 8)(inputs)))


def texts(*lengths: int) -> Rows:
    splits = np.cumsum([0, *lengths])
    return Rows.single(Padded(np.ones(splits[-1], np.int32), splits, 500, front=True), np.zeros(len(lengths)))


@pytest.mark.parametrize(
    ("steps", "heads", "expected"),
    [(100, 1, 512), (500, 1, 64), (500, 4, 16), (1000, 1, 16)],
    ids=["100 x 100 x 4 bytes are small", "1 MB each", "4 MB each", "4 MB each, of one head"],
)
def test_the_attention_weights_of_all_rows_take_no_more_than_64_mb(steps: int, heads: int, expected: int) -> None:
    assert held_out_batch(attending(steps, heads), texts(3), 8) == expected


def test_rows_of_any_length_are_counted_by_the_longest() -> None:
    assert held_out_batch(attending(None, 1), texts(3, 500, 20), 8) == 64
    assert held_out_batch(attending(None, 1), texts(3, 20), 8) == 512


def test_no_fewer_rows_are_scored_at_a_time_than_trained_on() -> None:
    assert held_out_batch(attending(500, 4), texts(3), 32) == 32


def test_blocks_within_a_network_that_is_a_layer_count() -> None:
    inputs = keras.Input((500,), dtype="int32")
    assert held_out_batch(keras.Model(inputs, attending(500, 1)(inputs)), texts(3), 8) == 64


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.MultiHeadAttention(4, 2), 16),
        (layers.GroupQueryAttention(2, 4, 2), 16),
        (layers.Attention(), 64),
        (layers.AdditiveAttention(), 64),
    ],
)
def test_the_attention_of_keras_counts_by_its_heads(layer: layers.Layer, expected: int) -> None:
    inputs = keras.Input((500,), dtype="int32")
    x = layers.Embedding(5, 8)(inputs)
    y = layer(x, x) if "Multi" in type(layer).__name__ or "Group" in type(layer).__name__ else layer([x, x])
    assert held_out_batch(keras.Model(inputs, y), texts(3), 8) == expected


def test_queries_and_values_of_other_lengths_are_multiplied() -> None:
    queries, values = keras.Input((100, 8)), keras.Input((2500, 8))
    model = keras.Model([queries, values], layers.MultiHeadAttention(1, 2)(queries, values))
    assert held_out_batch(model, texts(3), 8) == 64  # 1 MB each


def test_without_attention_the_size_of_the_rows_decides() -> None:
    model = keras.Sequential([keras.Input((1000,)), layers.Dense(1)])
    rows = [Rows.single(np.zeros((2, width), np.float32), np.zeros(2)) for width in (1000, 10_000)]
    assert [held_out_batch(model, one, 8) for one in rows] == [512, 100]
