"""The table of networks agrees with the Keras that is installed."""

import inspect

import keras
import numpy as np
import pytest
from keras.src.applications import convnext, efficientnet, efficientnet_v2, mobilenet_v3, resnet, vgg16, vgg19

from dlpy.networks import CHECKSUMS, NETWORKS, imagenet_file
from dlpy.preparation import prepared

CASES = [("vgg16", 4e-5), ("resnet50", 4e-5), ("mobilenet_v2", 1e-6), ("densenet121", 1e-5), ("convnext_tiny", 0.0)]


def test_every_network_of_keras_is_in_the_table_and_no_other() -> None:
    known = {name for name, item in vars(keras.applications).items() if inspect.isfunction(item)}
    assert {network.constructor for network in NETWORKS.values()} == known
    assert len(known) == 40


def test_checksums_are_those_of_keras() -> None:
    for module, constructors in (
        (convnext, {"convnext_base": "convnext_base", "convnext_tiny": "convnext_tiny"}),
        (resnet, {"resnet50": "resnet50", "resnet152": "resnet152", "resnet101_v2": "resnet101v2"}),
        (mobilenet_v3, {"mobilenet_v3_small": "small_224_1.0_float"}),
    ):
        for name, theirs in constructors.items():
            assert CHECKSUMS[name] == module.WEIGHTS_HASHES[theirs][1]
    assert CHECKSUMS["efficientnet_b3"] == efficientnet.WEIGHTS_HASHES["b3"][1]
    assert CHECKSUMS["efficientnet_v2_s"] == efficientnet_v2.WEIGHTS_HASHES["-s"][1]


@pytest.mark.parametrize(("name", "module"), [("vgg16", vgg16), ("vgg19", vgg19)])
def test_files_are_where_keras_looks_for_them(name: str, module: object) -> None:
    file = imagenet_file(name)
    assert file.url == module.WEIGHTS_PATH_NO_TOP  # type: ignore
    assert file.keras_folder == "models"
    assert file.url.endswith(file.name)


@pytest.mark.parametrize(("name", "tolerance"), CASES)
def test_pictures_are_prepared_as_keras_prepares_them(name: str, tolerance: float) -> None:
    network = NETWORKS[name]
    inputs = keras.Input((5, 4, 3))
    model = keras.Model(inputs, prepared(inputs, network.range))
    pictures = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3)).astype(np.float32)
    module = inspect.getmodule(getattr(keras.applications, network.constructor))
    wanted = module.preprocess_input(pictures.copy())  # type: ignore
    np.testing.assert_allclose(np.asarray(model(pictures)), np.asarray(wanted), atol=tolerance)


def test_a_grey_picture_is_repeated_for_a_base_in_colour() -> None:
    inputs = keras.Input((5, 4, 1))
    model = keras.Model(inputs, prepared(inputs, "inside"))
    picture = np.arange(20, dtype=np.float32).reshape(1, 5, 4, 1)
    np.testing.assert_array_equal(np.asarray(model(picture)), np.repeat(picture, 3, axis=-1))
