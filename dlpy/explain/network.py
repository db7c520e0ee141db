"""A network of keras.applications by name, bare: with ImageNet's weights, those of a file, or weights just drawn."""

from __future__ import annotations

import inspect
import json
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.errors import ConfigError, DataError, UnavailableError, did_you_mean, in_one_line
from dlpy.explain.opened import open_network
from dlpy.explain.subject import Subject
from dlpy.fetch import Remote, is_offline, locate
from dlpy.pictures import Form

if TYPE_CHECKING:
    import keras

CLASSES = Remote(
    "imagenet_class_index.json",
    "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json",
    "c2c37ea517e94d9795004a39431a14cb",
    keras_folder="models",
)
_SIDE = 224  # of pictures for a network that takes any size


def of_network(name: str, weights: str, side: int | None) -> Subject:
    """Return a bare network.

    Args:
        weights: "imagenet", "none" or a path; of a file without a classifier the network has none either.
        side: of the square that pictures are brought to; what suits the network unless given.

    Raises:
        ConfigError: there is no such network, or it does not take that size.
        DataError: the weights cannot be had, or are of another network.
    """
    build, module = _found(name)
    try:
        model = _with_weights(build, weights, side)
    except ValueError as error:
        raise ConfigError(f"{name}: {in_one_line(error)}") from None
    size = model.inputs[0].shape[1:3]
    height, width = (side or _SIDE, side or _SIDE) if None in size else size
    if side not in (None, height):
        raise ConfigError(f"--size {side}: {name} with its classifier takes {height} x {width} pixels. Leave it out.")

    def prepare(pictures: np.ndarray) -> np.ndarray:
        return np.asarray(module.preprocess_input(pictures.astype(np.float32)), np.float32)

    network = open_network(model)
    form = Form(size=(height, width), convert=True)
    classes, notes = _classes(model, weights)
    return Subject(build.__name__, network, form, prepare, classes, notes=notes)


def _found(name: str) -> tuple[Callable[..., keras.Model], ModuleType]:
    """Return the function that builds a network, and the module with its preprocessing; spelling is not strict."""
    from keras import applications

    found = {}
    for module in filter(inspect.ismodule, vars(applications).values()):
        for own, build in vars(module).items():
            if inspect.isfunction(build) and own[0].isupper():
                found[_plain(own)] = (build, module)
    if _plain(name) not in found:
        raise ConfigError(f"no network '{name}' in keras.applications.{did_you_mean(name, found)}")
    return found[_plain(name)]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _with_weights(build: Callable[..., keras.Model], weights: str, side: int | None) -> keras.Model:
    shape: dict[str, Any] = {} if side is None else {"input_shape": (side, side, 3)}
    if weights == "none":
        return build(weights=None, **shape)
    if weights != "imagenet":
        return _from_file(build, Path(weights).expanduser())
    if is_offline():
        raise UnavailableError("--weights imagenet: DLPY_OFFLINE forbids the network. Give the path of a weights file.")
    try:
        return build(weights="imagenet")
    except Exception as error:
        raise UnavailableError(f"--weights imagenet: {in_one_line(error)}") from None


def _from_file(build: Callable[..., keras.Model], path: Path) -> keras.Model:
    """Return the network with a file's weights: with its classifier where the file has one."""
    if not path.is_file():
        raise DataError(f"--weights: there is no file {path}.")
    for with_classes in (True, False):
        model = build(weights=None, include_top=with_classes)
        drawn = _samples(model)
        try:
            with warnings.catch_warnings(action="ignore"):
                model.load_weights(path)
        except Exception as error:  # Keras, h5py and zipfile each have errors of their own
            reason = in_one_line(error)
            continue
        if not any(np.array_equal(old, new) for old, new in zip(drawn, _samples(model), strict=True)):
            return model
        reason = "some layers got none"  # of what a file lacks Keras only warns
    raise DataError(f"--weights: {path} holds no weights of {build.__name__} ({reason}).")


def _samples(model: keras.Model) -> list[np.ndarray]:
    """Return some numbers of each weight that is drawn at random."""
    return [np.array(weight[..., 0]) for weight in model.weights if len(weight.shape) > 1]


def _classes(model: keras.Model, weights: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of ImageNet's classes, or numbers, or none without a classifier; and what to say of them."""
    shape = model.outputs[0].shape
    if len(shape) != 2:
        return (), ()
    numbers = tuple(map(str, range(shape[1])))
    if weights == "none" or len(numbers) != 1000:
        return numbers, ()
    try:
        index = json.loads(locate(CLASSES, None).read_text(encoding="utf-8"))
        return tuple(index[number][1] for number in numbers), ()
    except UnavailableError:
        hint = f"get it from {CLASSES.url} into a folder that DLPY_DATA names"
        return numbers, (f"the classes have numbers only, {CLASSES.name} is not here: {hint}.",)
    except (ValueError, LookupError, OSError) as error:
        raise DataError(f"{CLASSES.name} is damaged: {in_one_line(error)}.") from None
