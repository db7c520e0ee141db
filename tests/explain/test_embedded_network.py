import keras
import numpy as np
import pytest
from keras import layers

from dlpy.core.errors import ConfigError
from dlpy.explain.embedded_network import EmbeddedNetwork

pytestmark = pytest.mark.slow  # imports Keras

ROW = np.array([0, 0, 3, 1, 4, 3])


def first(prediction):
    return prediction[:, 0]


def test_gradients_of_a_linear_model_are_weights_times_vectors() -> None:
    keras.utils.set_random_seed(1)
    embedding, dense = layers.Embedding(6, 3), layers.Dense(1)
    model = keras.Sequential([keras.Input((6,), dtype="int32"), embedding, layers.Flatten(), dense])
    found = EmbeddedNetwork(model, first).integrated_gradients(ROW)
    vectors, weights = embedding.get_weights()[0], dense.get_weights()[0].reshape(6, 3)
    assert found.values == pytest.approx(((vectors[ROW] - vectors[0]) * weights).sum(axis=1), abs=1e-6)
    assert found.values[:2].tolist() == [0, 0]  # padding is the baseline
    assert found.prediction == pytest.approx(float(model(ROW[None])[0, 0]), abs=1e-6)
    assert abs(found.error) < 1e-6


def test_masked_networks_are_opened_with_their_masks() -> None:
    keras.utils.set_random_seed(2)
    inputs = keras.Input((None,), dtype="int32")
    x = layers.Embedding(6, 4, mask_zero=True)(inputs)
    x = layers.LSTM(5, use_cudnn=False)(x)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.set_weights([3 * weights for weights in model.get_weights()])
    network = EmbeddedNetwork(model, first)
    in_front, behind, without = (network.integrated_gradients(row) for row in (ROW, np.roll(ROW, -2), ROW[2:]))
    assert in_front.prediction == pytest.approx(float(model(ROW[None, 2:])[0, 0]), abs=1e-6)  # padding does not count
    assert abs(in_front.error) <= 0.01 * abs(in_front.prediction - in_front.baseline)
    assert in_front.values == pytest.approx([0, 0, *without.values], abs=1e-6)
    assert behind.values == pytest.approx([*without.values, 0, 0], abs=1e-6)


def test_one_hot_vectors_and_networks_within_networks_are_opened() -> None:
    keras.utils.set_random_seed(3)
    ids = keras.Input((6,), dtype="int32")
    inner = keras.Model(ids, layers.Conv1D(4, 2, activation="tanh")(keras.ops.one_hot(ids, 6)))
    outer_ids = keras.Input((6,), dtype="int32")
    model = keras.Model(outer_ids, layers.Dense(1)(layers.GlobalMaxPooling1D()(inner(outer_ids))))
    found = EmbeddedNetwork(model, first).integrated_gradients(ROW)
    assert found.prediction == pytest.approx(float(model(ROW[None])[0, 0]), abs=1e-6)
    assert abs(found.error) <= 0.01 * abs(found.prediction - found.baseline)


def test_a_network_that_looks_up_no_vectors_is_refused() -> None:
    model = keras.Sequential([keras.Input((3,), dtype="int32"), layers.Rescaling(0, dtype="int32"), layers.Dense(1)])
    with pytest.raises(ConfigError, match="looks up no vectors"):
        EmbeddedNetwork(model, first).integrated_gradients(np.array([1, 2, 3]))
