"""Reads the weights of a network from an h5 file, and checks every array before any is used.

Keras' own loader ignores surplus layers in a file, and follows links into other files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.core.errors import DataError, in_one_line
from dlpy.engine.model_state import finish_normalization
from dlpy.storage.h5_probe import require_readable

if TYPE_CHECKING:
    import h5py
    import keras

Weights = dict[str, np.ndarray]
"""Numbers by name: `layers/conv2d_1/vars/0`, as Keras 3 names them, or in the order of the network, numbered."""

_MOST_BYTES = 8 << 30  # of all weights
_SMALL, _MOST_RATIO = 1 << 20, 100  # an array above this size may decompress to 100 times its bytes in the file
_NOT_WEIGHTS = ("optimizer", "seed_generator", "top_level_model_weights")


def read_weights(path: Path) -> Weights:
    """Return the weights of a `.weights.h5` of Keras 3, or of an older `.h5` as keras.applications has them.

    Raises:
        DataError: the file is missing, or not an h5 file of weights.
    """
    import h5py

    if not path.is_file():
        raise DataError(f"there is no file of weights {path} (current folder: {Path.cwd()}).")
    require_readable(path)
    try:
        with h5py.File(path, "r") as file:
            return dict(_weights_in(file))
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError) as error:
        reason = in_one_line(error)
        raise DataError(f"{path} is damaged, or not an h5 file of Keras weights: {reason}") from None


def try_out(path: str) -> None:
    """Read a file and drop the result, in a process that may hang or crash; the next reader reports errors."""
    import h5py

    with suppress(Exception), h5py.File(path, "r") as file:
        dict(_weights_in(file))


def digest_of(weights: Weights) -> str:
    """Return the sha256 of weights, names and shapes included."""
    digest = hashlib.sha256()
    for name, array in weights.items():
        digest.update(f"{name}{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def numbered(position: int, name: str) -> str:
    """Return the name of a weight that is identified by its position in the network."""
    return f"{position:04d} {name}"


def assign(layers: list[keras.layers.Layer], weights: Weights, origin: str) -> None:
    """Assign weights to layers, which must match them exactly.

    Raises:
        DataError: the weights are those of other layers; the message names the first difference.
    """
    in_place = all(name.startswith("layers/") for name in weights)
    named = list(_by_path(layers) if in_place else _by_order(layers, weights))
    for name, layer, variable in named:
        given, wanted = weights.get(name), tuple(variable.shape)
        if given is None or given.shape != wanted:
            has = "nothing" if given is None else f"{given.shape}"
            raise DataError(
                f"{origin} is of another network: layer {layer} needs weights of shape {wanted}, it has {has}."
            )
    if len(named) != len(weights):
        extra = next(name for name in weights if name not in {known for known, *_ in named})
        raise DataError(
            f"{origin} is of another network: it has {len(weights)} arrays instead of {len(named)}; '{extra}' is "
            "surplus. If the file includes the classifier, use the one without (no top)."
        )
    for name, _, variable in named:
        variable.assign(weights[name])
    finish_normalization(layers)


def _weights_in(file: h5py.File) -> Iterator[tuple[str, np.ndarray]]:
    import h5py

    wrapped = isinstance(file.get("model_weights", getlink=True), h5py.HardLink)
    root: Any = file["model_weights"] if wrapped else file
    found = _datasets(root)
    if _listed(root, "layer_names"):
        for position, name in enumerate(_in_order(root, found)):
            yield numbered(position, name), _numbers(root[name])
        return
    kept = [name for name in found if not any(part in _NOT_WEIGHTS for part in name.split("/"))]
    if not kept or not all(name.startswith("layers/") for name in kept):
        raise ValueError("it has neither 'layers' nor 'layer_names'")
    for name in kept:
        yield name, _numbers(root[name])


def _in_order(root: Any, found: list[str]) -> Iterator[str]:
    """Yield the names of the datasets of an older file, in the order of the network."""
    import h5py

    for layer in map(_text, _listed(root, "layer_names")):
        inside = isinstance(root.get(layer, getlink=True), h5py.HardLink)
        for name in map(_text, _listed(root[layer], "weight_names") if inside else []):
            if f"{layer}/{name}" not in found:
                raise ValueError(f"it lists weights {layer}/{name} but does not contain them")
            yield f"{layer}/{name}"


def _datasets(root: Any) -> list[str]:
    """Return the names of the datasets in the file itself; links are not followed."""
    import h5py

    found: dict[str, int] = {}
    root.visititems(lambda name, item: found.update({name: item.nbytes}) if isinstance(item, h5py.Dataset) else None)
    if sum(found.values()) > _MOST_BYTES:
        raise ValueError(f"its arrays need {sum(found.values()):,} bytes; the limit is {_MOST_BYTES:,}")
    return list(found)


def _numbers(item: Any) -> np.ndarray:
    if item.external or item.is_virtual:
        raise ValueError(f"{item.name} is in another file, which dlpy does not open")
    if item.dtype.kind not in "fiu" or item.nbytes > max(_SMALL, _MOST_RATIO * item.id.get_storage_size()):
        raise ValueError(f"{item.name} ({item.dtype}, {item.nbytes:,} bytes) cannot be an array of weights")
    return np.asarray(item[()], np.float32) if item.dtype.kind == "f" else np.asarray(item[()])


def _listed(group: Any, name: str) -> list[Any]:
    """Return a list attribute, which Keras splits into several if it is long."""
    if name in group.attrs:
        return list(group.attrs[name])
    found: list[Any] = []
    while f"{name}{len(found)}" in group.attrs:
        found += list(group.attrs[f"{name}{len(found)}"])
    return found


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _by_order(layers: list[keras.layers.Layer], weights: Weights) -> Iterator[tuple[str, str, Any]]:
    """Yield the names of the weights in order, each with a layer's name and a variable."""
    variables = [(layer.name, variable) for layer in layers for variable in layer.weights]
    names = [*weights, *("" for _ in variables)]
    for name, (layer, variable) in zip(names, variables, strict=False):
        yield name, layer, variable


def _by_path(layers: list[keras.layers.Layer], folder: str = "layers") -> Iterator[tuple[str, str, Any]]:
    """Yield the names of weights in a file of Keras 3 (class and number), each with a layer's name and a variable."""
    from keras.src.utils.naming import to_snake_case

    used: dict[str, int] = {}
    for layer in layers:
        kind = to_snake_case(type(layer).__name__)
        used[kind] = used.get(kind, -1) + 1
        path = f"{folder}/{kind}_{used[kind]}" if used[kind] else f"{folder}/{kind}"
        nested = getattr(layer, "layers", None)
        if nested:
            yield from _by_path(nested, f"{path}/layers")
        else:
            yield from ((f"{path}/vars/{number}", layer.name, v) for number, v in enumerate(layer.weights))
