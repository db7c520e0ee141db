import keras
import numpy as np
import pytest
from keras import layers

from dlpy.explain.heat_maps import heat_map, overlay_heat
from dlpy.explain.layer_graph import open_network

pytestmark = pytest.mark.slow  # imports Keras


def averaging(kernel: np.ndarray, activation: str, middle: list | None = None) -> keras.Model:
    """A network whose scores are the mean of each colour, mixed by a kernel."""
    dense = layers.Dense(kernel.shape[1], activation=activation)
    convolution = layers.Conv2D(3, 1, use_bias=False, name="same")
    model = keras.Sequential(
        [keras.Input((4, 4, 3)), convolution, *(middle or []), layers.GlobalAveragePooling2D(), dense]
    )
    convolution.set_weights([np.eye(3, dtype=np.float32)[None, None]])
    dense.set_weights([kernel.astype(np.float32), np.zeros(kernel.shape[1], np.float32)])
    return model


def coloured() -> np.ndarray:
    picture = np.zeros((1, 4, 4, 3), np.float32)
    picture[0, 0, 1, 0], picture[0, 3, 3, 1], picture[0, 2, 2, 1] = 8, 4, 2
    return picture


def test_the_heat_is_where_what_the_class_is_made_of_is() -> None:
    network = open_network(averaging(np.array([[1, 0], [0, 1], [0, 0]]), "softmax"))
    first, second = (heat_map(network, "same", coloured(), number) for number in (0, 1))
    assert np.argwhere(first).tolist() == [[0, 1]]
    assert first[0, 1] == 1
    assert second[3, 3] == 1
    assert second[2, 2] == 0.5
    assert second[0, 1] == 0


def test_of_two_classes_the_first_is_what_speaks_against_the_second() -> None:
    network = open_network(averaging(np.array([[-1], [1], [0]]), "sigmoid"))
    assert np.unravel_index(heat_map(network, "same", coloured(), 0).argmax(), (4, 4)) == (0, 1)
    assert np.unravel_index(heat_map(network, "same", coloured(), 1).argmax(), (4, 4)) == (3, 3)


def test_a_network_that_is_quite_sure_still_tells_where() -> None:
    network = open_network(averaging(np.array([[1000, 0], [0, 1000], [0, 0]]), "softmax"))
    assert float(keras.Model(network.input, network.output)(coloured())[0, 0]) == 1
    assert heat_map(network, "same", coloured(), 0)[0, 1] == 1


def test_where_nothing_speaks_for_the_class_the_map_is_zero() -> None:
    network = open_network(averaging(np.array([[-1, 0], [-1, 0], [0, 0]]), "softmax"))
    assert not heat_map(network, "same", coloured(), 0).any()


def test_a_network_that_ends_in_numbers_or_in_a_layer_of_its_own_is_looked_through() -> None:
    kernel = np.array([[1, 0], [0, 1], [0, 0]])
    model = averaging(kernel, "linear")
    for network in (model, keras.Sequential([keras.Input((4, 4, 3)), model, layers.Softmax()])):
        assert heat_map(open_network(network), "same", coloured(), 0)[0, 1] == 1


def test_the_heat_is_laid_over_the_picture_at_its_own_size() -> None:
    picture = np.full((6, 10, 1), 100, np.uint8)
    laid = overlay_heat(picture, np.array([[0, 1]], np.float32))
    assert laid.shape == (6, 10, 3)
    assert laid[0, 0].tolist() == [100, 100, 151]  # jet begins at half a blue and ends at half a red: 0.4 x 127.5
    assert laid[0, -1].tolist() == [151, 100, 100]
