"""The layers of transformers: against Keras' own attention, by hand, and one position at a time."""

from typing import Any

import keras
import numpy as np
import pytest

from dlpy.models._attention import BlockOptions, decoder_block, encoder_block
from dlpy.models._multi_head import attention_class, attention_weights, rotated
from dlpy.models._positions import positions

pytestmark = pytest.mark.slow  # imports Keras

RNG = np.random.default_rng(5)
X = RNG.normal(size=(2, 7, 8)).astype(np.float32)
MEMORY = RNG.normal(size=(2, 5, 8)).astype(np.float32)
MASK = np.array([[True] * 7, [False] * 3 + [True] * 4])


def stretched(layer: Any) -> Any:
    """Return the layer with weights at which attention is far from a mean."""
    for variable in layer.trainable_variables:
        variable.assign(variable * 3 + 0.1)
    return layer


def built(layer: Any, *inputs: np.ndarray) -> Any:
    layer(*inputs)
    return stretched(layer)


def test_attention_is_that_of_keras() -> None:
    own, other = attention_class()(8, 2), keras.layers.MultiHeadAttention(2, 4)
    built(own, X, MEMORY)
    other(X, MEMORY)
    other.set_weights(own.get_weights())
    allowed = RNG.random((2, 7, 5)) < 0.6
    allowed[:, :, 0] = True
    expected, weights = other(X, MEMORY, attention_mask=allowed, return_attention_scores=True)
    np.testing.assert_allclose(own(X, MEMORY, allowed[:, None]), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(own.weights_of(X, MEMORY, allowed[:, None]), weights, rtol=1e-4, atol=1e-6)


def test_queries_keys_and_values_start_differently() -> None:
    own = attention_class()(8, 2)
    own(X, MEMORY)
    query, key, value = (layer.kernel.numpy() for layer in (own.query, own.key, own.value))
    assert np.abs(query - key).min() > 0
    assert np.abs(query - value).min() > 0
    assert 0.3 < np.abs(query).max() <= (6 / 16) ** 0.5  # Glorot's limit for 8 x 8


def test_attention_weights_by_hand() -> None:
    queries, keys = np.zeros((1, 1, 1, 4), np.float32), np.zeros((1, 3, 1, 4), np.float32)
    queries[..., 0] = 2.0
    keys[0, :, 0, 0] = np.log([1, 2, 5])  # divided by sqrt(4) and times 2: the logarithms themselves
    np.testing.assert_allclose(attention_weights(queries, keys, None)[0, 0, 0], [1 / 8, 2 / 8, 5 / 8], rtol=1e-6)
    allowed = np.array([True, True, False]).reshape(1, 1, 1, 3)
    np.testing.assert_allclose(attention_weights(queries, keys, allowed)[0, 0, 0], [1 / 3, 2 / 3, 0], rtol=1e-6)


def test_products_of_rotated_vectors_depend_on_the_distance_of_positions_alone() -> None:
    query, key = (np.tile(RNG.normal(size=(1, 1, 1, 6)).astype(np.float32), (1, 9, 1, 1)) for _ in range(2))
    products = np.einsum("aqbd,akbd->qk", rotated(query), rotated(key))
    for distance in range(-8, 9):
        diagonal = np.diagonal(products, distance)
        np.testing.assert_allclose(diagonal, diagonal[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(rotated(query)[:, 0], query[:, 0])
    shifted = rotated(query, np.array([[3, 4, 5, 6, 7, 8, 9, 10, 11]]))
    np.testing.assert_allclose(shifted[:, 0], rotated(query)[:, 3], rtol=1e-5)


@pytest.mark.parametrize("rotary", [False, True])
def test_a_later_position_changes_no_bit_before_it_where_causal(rotary: bool) -> None:
    block = built(encoder_block(BlockOptions(8, 2, 16, causal=True, rotary=rotary)), X)
    changed = X.copy()
    changed[:, 5:] *= -3
    before, after = np.asarray(block(X)), np.asarray(block(changed))
    np.testing.assert_array_equal(after[:, :5], before[:, :5])
    assert np.abs(after[:, 5:] - before[:, 5:]).min() > 1e-4
    free = built(encoder_block(BlockOptions(8, 2, 16, rotary=rotary)), X)
    assert np.abs(np.asarray(free(changed)) - np.asarray(free(X)))[:, :5].max() > 1e-3


@pytest.mark.parametrize("rotary", [False, True])
def test_padding_in_front_or_behind_changes_nothing(rotary: bool) -> None:
    block = built(encoder_block(BlockOptions(8, 2, 16, rotary=rotary)), X)
    row, other = X[:1, :4], np.full((1, 3, 8), 9.0, np.float32)
    alone = np.asarray(block(row))
    front = block(np.concatenate([other, row], axis=1), mask=np.array([[False] * 3 + [True] * 4]))
    behind = block(np.concatenate([row, other], axis=1), mask=np.array([[True] * 4 + [False] * 3]))
    np.testing.assert_allclose(np.asarray(front)[:, 3:], alone, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.asarray(behind)[:, :4], alone, rtol=1e-4, atol=1e-5)


def test_a_block_is_normalization_attention_and_feed_forward_and_adds() -> None:
    block = built(encoder_block(BlockOptions(8, 2, 16)), X)
    y = np.asarray(block.normalization(X))
    np.testing.assert_allclose(y.mean(-1), 0.1, atol=1e-5)  # the scale is 3.1, the offset 0.1
    h = X + np.asarray(block.self_attention(y, y))
    expected = h + np.asarray(block.dense(block.hidden(block.second_normalization(h))))
    np.testing.assert_allclose(block(X), expected, rtol=1e-5, atol=1e-5)
    weights = np.asarray(block.attention(X, MASK))
    assert weights.shape == (2, 2, 7, 7)
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)
    assert not weights[1, :, :, :3].any()


@pytest.mark.parametrize("rotary", [False, True])
def test_an_encoder_reads_one_position_at_a_time_as_all_at_once(rotary: bool) -> None:
    block = built(encoder_block(BlockOptions(8, 2, 16, causal=True, rotary=rotary)), X)
    cache, found = block.start(2, 7), []
    for position in range(7):
        y, cache = block.step(X[:, position], cache, position)
        found.append(np.asarray(y))
    np.testing.assert_allclose(np.stack(found, 1), block(X), rtol=1e-4, atol=1e-5)


def test_a_decoder_reads_one_position_at_a_time_as_all_at_once_and_ignores_padding_of_its_memory() -> None:
    block = built(decoder_block(BlockOptions(8, 2, 16, rotary=True)), X, MEMORY)
    mask = np.array([[True] * 5, [True] * 3 + [False] * 2])
    whole = np.asarray(block(X, MEMORY, memory_mask=mask))
    cache, remembered, found = block.start(2, 7), block.remembered(MEMORY), []
    for position in range(7):
        y, cache = block.step(X[:, position], cache, position, remembered, mask)
        found.append(np.asarray(y))
    np.testing.assert_allclose(np.stack(found, 1), whole, rtol=1e-4, atol=1e-5)
    changed = MEMORY.copy()
    changed[1, 3:] *= -3
    np.testing.assert_array_equal(np.asarray(block(X, changed, memory_mask=mask)), whole)
    later = X.copy()
    later[:, 4:] *= -3
    np.testing.assert_array_equal(np.asarray(block(later, MEMORY, memory_mask=mask))[:, :4], whole[:, :4])
    assert not np.asarray(block.memory_attention_weights(X, MEMORY, memory_mask=mask))[1, :, :, 3:].any()


def test_keras_gives_a_decoder_the_masks_of_its_tensors() -> None:
    words, memory = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    embedded = [keras.layers.Embedding(9, 8, mask_zero=True)(tensor) for tensor in (words, memory)]
    model = keras.Model([words, memory], decoder_block(BlockOptions(8, 2, 16))(*embedded))
    stretched(model)
    given, read = np.array([[0, 0, 3, 4]]), np.array([[5, 6, 0]])
    expected = np.asarray(model([given[:, 2:], read[:, :2]]))
    np.testing.assert_allclose(np.asarray(model([given, read]))[:, 2:], expected, rtol=1e-4, atol=1e-5)


def test_sines_and_cosines_of_positions_by_hand() -> None:
    found = np.asarray(positions("sinusoidal")(np.zeros((1, 3, 4), np.float32)))[0]
    two = [np.sin(2), np.sin(0.02), np.cos(2), np.cos(0.02)]
    np.testing.assert_allclose(
        found, [[0, 0, 1, 1], [np.sin(1), np.sin(0.01), np.cos(1), np.cos(0.01)], two], rtol=1e-5
    )


@pytest.mark.parametrize("kind", ["learned", "sinusoidal"])
def test_positions_count_from_the_first_that_is_not_padding(kind: Any) -> None:
    layer = built(positions(kind, 7), X)
    vectors = np.asarray(layer(np.zeros((1, 7, 8), np.float32)))[0]
    assert np.abs(np.diff(vectors, axis=0)).max(-1).min() > 1e-3
    found = np.asarray(layer(np.zeros((2, 7, 8), np.float32), mask=MASK))
    np.testing.assert_allclose(found[0], vectors)
    np.testing.assert_allclose(found[1, 3:], vectors[:4])
    step, _ = layer.step(np.zeros((2, 8), np.float32), layer.start(2, 7), 4)
    np.testing.assert_allclose(step, vectors[[4, 4]], rtol=1e-6)


def test_the_layers_come_back_from_a_file(tmp_path) -> None:
    inputs, memory = keras.Input((None, 8)), keras.Input((None, 8))
    x = positions("learned", 9)(inputs)
    x = encoder_block(BlockOptions(8, 2, 16, 0.1, rotary=True))(x)
    model = keras.Model([inputs, memory], decoder_block(BlockOptions(8, 4, 12, 0.2))(x, memory))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again([X, MEMORY]), model([X, MEMORY]))
