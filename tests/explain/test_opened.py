import keras
import numpy as np
import pytest
from keras import layers

from dlpy.core.errors import ConfigError
from dlpy.explain.layer_graph import open_network, resized

pytestmark = pytest.mark.slow  # imports Keras


def nested() -> keras.Model:
    """A base and a head as models of their own in a third, with arithmetic between."""
    inputs = keras.Input((12, 12, 3))
    x = layers.Conv2D(4, 3, name="first", activation="relu")(inputs)
    base = keras.Model(inputs, layers.MaxPooling2D(name="pool")(layers.Conv2D(6, 3, name="second")(x)))
    head = keras.Sequential(
        [keras.Input(base.output_shape[1:]), layers.Flatten(), layers.Dense(3, activation="softmax")]
    )
    inputs = keras.Input((12, 12, 3))
    return keras.Model(inputs, head(base(layers.Rescaling(1 / 255)(inputs)) * 2.0))


def test_networks_inside_a_network_are_laid_open() -> None:
    model = nested()
    network = open_network(model)
    assert list(network.layers) == ["rescaling", "first", "second", "pool", "multiply", "flatten", "dense"]
    x = np.random.default_rng(0).integers(0, 256, (2, 12, 12, 3)).astype(np.float32)
    same = keras.Model(network.input, network.output)(x)
    np.testing.assert_allclose(same, model(x), rtol=1e-6)


def test_names_that_keras_gave_are_counted_from_the_networks_own_first_layer() -> None:
    for _ in range(2):  # Keras counts on
        model = keras.Sequential(
            [keras.Input((9, 9, 1)), layers.Conv2D(2, 3), layers.Conv2D(2, 3), layers.ReLU(name="Last")]
        )
        assert list(open_network(model).layers) == ["conv2d", "conv2d_1", "Last"]


def test_what_normalizes_activates_and_joins_the_last_convolution_tells_where() -> None:
    inputs = keras.Input((8, 8, 4))
    x = layers.Conv2D(4, 3, padding="same", name="one")(inputs)
    x = layers.Activation("relu", name="relu")(layers.BatchNormalization(name="norm")(x))
    joined = layers.Add(name="sum")([x, inputs])
    network = open_network(keras.Model(inputs, layers.Dense(2)(layers.Flatten()(layers.MaxPooling2D()(joined)))))
    assert network.last_feature_maps() == "sum"
    assert network.activated("one") == "relu"


def test_a_layer_that_is_not_there_is_answered_with_the_closest() -> None:
    network = open_network(nested())
    with pytest.raises(
        ConfigError, match=r"--layer secnd: there is no such layer\. Did you mean 'second'\? Known: first"
    ):
        network.named("secnd")
    with pytest.raises(ConfigError, match=r"--layer dense: this layer has no feature maps\."):
        network.named("dense")


def test_a_network_is_taken_up_to_a_layer_for_smaller_pictures() -> None:
    network = open_network(nested())
    small = resized(network.up_to("pool"), 8, 6)
    assert small is not None
    assert small.output_shape == (None, 2, 1, 6)
    assert resized(network.up_to("pool"), 4, 4) is None
