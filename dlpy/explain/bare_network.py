"""A network of keras.applications by name: with ImageNet weights, weights from a file, or random weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.errors import ConfigError, DataError, UnavailableError, in_one_line
from dlpy.data.images.files import Form
from dlpy.explain.inputs import Subject
from dlpy.explain.layer_graph import open_network
from dlpy.pretrained.build import IMAGENET, finish_imagenet, new_application, read_application
from dlpy.pretrained.preprocessing import prepared
from dlpy.pretrained.weights import assign
from dlpy.pretrained.zoo import NETWORKS, check_size, unknown_network
from dlpy.storage.locate import Remote, locate

if TYPE_CHECKING:
    import keras

CLASSES = Remote(
    "imagenet_class_index.json",
    "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json",
    "c2c37ea517e94d9795004a39431a14cb",
    keras_folder="models",
)
NO_WEIGHTS = "none"
_OPTION = "--weights"
_SIDE = 224  # image size in pixels for a network that accepts any size


def of_network(name: str, weights: str, side: int | None) -> Subject:
    """Return a network of keras.applications to explain.

    Args:
        weights: "imagenet", "none" (random) or a path. If the file has no classifier, the network has none either.
        side: side of the square to which images are resized, in pixels; None for the network's default size.

    Raises:
        ConfigError: there is no such network, or it does not accept that size.
        DataError: the weights are not available, or belong to another network.
    """
    if name not in NETWORKS:
        raise ConfigError(unknown_network(name))
    check_size(name, side, side)
    model = _with_weights(name, weights, side)
    classes, notes = _classes(model, weights)
    size = model.inputs[0].shape[1:3]
    form = Form(size=(side or _SIDE, side or _SIDE) if None in size else size, convert=True)
    return Subject(name, open_network(model), form, _preparation(name), classes, notes=notes)


def _preparation(name: str) -> Callable[[np.ndarray], np.ndarray]:
    """Return the preprocessing: images (rows, height, width, 3) uint8, of any size, to the network's input."""
    import keras

    images = keras.Input((None, None, 3))
    model = keras.Model(images, prepared(images, NETWORKS[name].range))
    return lambda raw: np.asarray(model(raw.astype(np.float32)), np.float32)


def _with_weights(name: str, weights: str, side: int | None) -> keras.Model:
    import keras

    if weights == NO_WEIGHTS:
        return new_application(name, side and keras.Input((side, side, 3)), classifier=True)
    if weights != IMAGENET:
        model = _with_file(name, weights)
        _check_side(name, side, model)
        return model
    model = new_application(name, classifier=True)
    _check_side(name, side, model)  # before half a gigabyte is downloaded
    assign(model.layers, read_application(name, weights, _OPTION, classifier=True), f"{_OPTION} {weights}")
    finish_imagenet(name, model.layers)
    return model


def _with_file(name: str, path: str) -> keras.Model:
    """Return the network with the weights of a file, with its classifier if the file has one.

    Raises:
        DataError: there is no such file, or it belongs to another network.
    """
    weights, origin = read_application(name, path, _OPTION), f"{_OPTION} {path}"
    model = new_application(name)
    try:
        assign(model.layers, weights, origin)
    except DataError:
        model = new_application(name, classifier=True)
        assign(model.layers, weights, origin)
    return model


def _check_side(name: str, side: int | None, model: keras.Model) -> None:
    """Raise ConfigError if the network accepts a single size and this is another one."""
    height, width = model.inputs[0].shape[1:3]
    if None not in (side, height) and side != height:
        raise ConfigError(f"--size {side}: {name} with its classifier takes {height} x {width} pixels. Omit --size.")


def _classes(model: keras.Model, weights: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the class names (ImageNet's, or numbers; none without a classifier), and notes for the user."""
    shape = model.outputs[0].shape
    if len(shape) != 2:
        return (), ()
    numbers = tuple(map(str, range(shape[1])))
    if weights == NO_WEIGHTS or len(numbers) != 1000:
        return numbers, ()
    try:
        index = json.loads(locate(CLASSES, None).read_text(encoding="utf-8"))
        return tuple(index[number][1] for number in numbers), ()
    except UnavailableError:
        hint = f"download {CLASSES.url} into a folder listed in DLPY_DATA"
        return numbers, (f"classes are shown as numbers, since {CLASSES.name} is missing: {hint}.",)
    except (ValueError, LookupError, OSError, TypeError, RecursionError) as error:
        raise DataError(f"{CLASSES.name} is damaged: {in_one_line(error)}.") from None
