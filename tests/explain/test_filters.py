import keras
import numpy as np
import pytest
from corners import subject
from keras import layers

from dlpy.data.images.files import Form
from dlpy.explain.filters import ascend
from dlpy.explain.inputs import Subject
from dlpy.explain.layer_graph import open_network

pytestmark = pytest.mark.slow  # imports Keras


def convolutions(activation: str = "relu") -> keras.Model:
    keras.utils.set_random_seed(3)
    return keras.Sequential([
        keras.Input((12, 12, 3)),
        layers.Rescaling(1 / 255),
        layers.Conv2D(6, 3, activation=activation, name="one"),
        layers.Conv2D(8, 3, name="two"),
        layers.BatchNormalization(),
        layers.Activation(activation),
    ])  # fmt: skip


def test_filters_answer_more_after_the_climb() -> None:
    for layer, count in (("one", 6), ("two", 4)):
        found = ascend(subject(convolutions(), 12), layer, count, seed=0)
        assert found.images.shape == (count, 12, 12, 3)
        assert found.images.dtype == np.uint8
        assert (found.after > found.before).sum() >= count / 2
        assert (found.after >= found.before).all()
        assert found.after.mean() > 1.3 * found.before.mean()


def test_filters_that_are_silent_on_the_noise_are_woken() -> None:
    model = convolutions()
    one = model.get_layer("one")
    kernel = one.get_weights()[0]
    one.set_weights([kernel - kernel.mean(axis=(0, 1, 2)), np.full(6, -0.2, np.float32)])
    found = ascend(subject(model, 12), "one", 6, seed=0)
    assert (found.before == 0).all()
    assert (found.after > 0).all()


def test_the_same_seed_gives_the_same_pictures() -> None:
    one, two, other = (ascend(subject(convolutions(), 12), "two", 4, seed).images for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


def test_a_filter_of_one_colour_gets_a_picture_of_it_whatever_the_network_is_fed() -> None:
    """The network takes blue, green, red around 0; its filters answer to blue and to red."""
    colours = np.zeros((1, 1, 3, 2), np.float32)
    colours[0, 0, 0, 0] = colours[0, 0, 2, 1] = 1
    convolution = layers.Conv2D(2, 1, use_bias=False, name="colours")
    model = keras.Sequential([keras.Input((8, 8, 3)), convolution])
    convolution.set_weights([colours])
    mean = np.array([104, 117, 124], np.float32)
    backwards = Subject("toy", open_network(model), Form(size=(8, 8)), lambda x: x[..., ::-1] - mean, ())
    blue, red = ascend(backwards, "colours", 2, seed=0).images.mean(axis=(1, 2))
    assert blue[2] > blue[0] + 30
    assert red[0] > red[2] + 30


def test_large_pictures_are_not_needed() -> None:
    assert ascend(
        subject(keras.Sequential([keras.Input((90, 90, 3)), layers.Conv2D(2, 3, name="one")]), 90), "one", 2, 0
    ).images.shape == (2, 64, 64, 3)
