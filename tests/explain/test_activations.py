import keras
import numpy as np
import pytest
from keras import layers

from dlpy.explain.activations import Maps, activations, as_grey
from dlpy.explain.layer_graph import open_network
from dlpy.explain.sheets import sheet

pytestmark = pytest.mark.slow  # imports Keras


def test_activations_are_what_the_layers_give() -> None:
    first, second = layers.Conv2D(5, 3, activation="relu", name="one"), layers.MaxPooling2D(name="two")
    model = keras.Sequential([keras.Input((8, 8, 3)), first, second, layers.Flatten(), layers.Dense(2)])
    picture = np.random.default_rng(1).normal(size=(1, 8, 8, 3)).astype(np.float32)
    one, two = activations(open_network(model), ["one", "two"], picture)
    np.testing.assert_allclose(one.values, first(picture)[0], rtol=1e-6)
    np.testing.assert_allclose(two.values, second(first(picture))[0], rtol=1e-6)


def test_silent_numbers_and_dead_channels_are_counted() -> None:
    values = np.zeros((2, 2, 3), np.float32)
    values[0, 0, 0], values[..., 1] = 5, 1
    maps = Maps("x", values)
    assert maps.summary() == {"layer": "x", "shape": [2, 2, 3], "zeros": 7 / 12, "dead": 1}


def test_channels_are_spread_around_grey_and_constant_ones_are_black() -> None:
    values = np.stack([np.array([[0.0, 2.0]]), np.array([[7.0, 7.0]])], axis=-1)
    assert as_grey(values).tolist() == [[[64, 0], [192, 0]]]  # one deviation is 64 levels


def test_cells_stand_in_rows_with_a_margin() -> None:
    cells = np.arange(3, dtype=np.uint8)[:, None, None] * np.ones((3, 2, 2), np.uint8)
    assert sheet(cells, 2, 1, 9).tolist() == [
        [0, 0, 9, 1, 1],
        [0, 0, 9, 1, 1],
        [9, 9, 9, 9, 9],
        [2, 2, 9, 9, 9],
        [2, 2, 9, 9, 9],
    ]
