"""The arrays behind the plots of an autoencoder's latent space."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.data.images.files import as_bytes, is_picture
from dlpy.data.rows import Data
from dlpy.data.validate import class_numbers

if TYPE_CHECKING:
    import keras

_CHUNK = 256  # rows encoded or decoded at a time
_MAPPED = 2000  # rows on the map
_SHOWN = 10  # rows that are reconstructed
_PATHS, _STEPS = 5, 9  # interpolations between two rows, and the images of each
_SIDE = 15  # of the grid
_QUANTILES = (0.05, 0.95)  # of the grid's borders


def latent_pieces(model: keras.Model, data: Data, seed: int) -> dict[str, np.ndarray]:
    """Return arrays that show a trained autoencoder on validation rows, or without these on training rows (`part`).

    means: (rows, latent), the latent vectors of rows, with their `labels` (rows,) if there are any. attributes:
    (classes, latent), the vector from the mean of all rows to that of a class. For images also, as bytes: `originals`
    and `reconstructions` (10, ...), `interpolation` (5, 9, ...), `edited` (classes, 9, ...), one image moved towards
    each class, and `grid` (15, 15, ...), over two latent dimensions from their 5 % to their 95 % quantile.
    """
    rows = data.validation or data.train
    chosen = np.random.default_rng(seed).permutation(len(rows))[:_MAPPED]
    mapped = rows.take(np.sort(chosen))
    encoder, decoder = model.get_layer("encoder"), model.get_layer("decoder")
    means = _through(lambda x: encoder(x, training=False)[0], mapped.array)
    found = {"means": means, "part": np.array("training" if data.validation is None else "validation")}
    if data.task.output.classes and rows.targets:
        labels = class_numbers(mapped, data.task.output)
        classes = np.unique(labels)
        found |= {"labels": labels, "classes": classes, "attributes": _attributes(means, labels, classes)}
    if is_picture(data.task.input.shape):
        low, high = data.task.input.span or (0.0, 1.0)
        found |= {name: _decoded(decoder, latent, (low, high)) for name, latent in _tours(found).items()}
        found["originals"] = as_bytes(mapped.array[: len(found["reconstructions"])], low, high)
    return found


def _attributes(means: np.ndarray, labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the vectors from the mean of all rows to the mean of each class: (classes, latent)."""
    return np.stack([means[labels == number].mean(axis=0) for number in classes]) - means.mean(axis=0)


def _tours(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the latent vectors (..., latent) to decode into images, by name."""
    means = found["means"]
    tours, pairs = {"reconstructions": means[:_SHOWN]}, min(_PATHS, len(means) // 2)
    if pairs:
        tours["interpolation"] = between(means[:pairs], means[pairs : 2 * pairs])
    if means.shape[1] == 2:
        tours["grid"] = grid(_SIDE)
    if "labels" in found and len(found["classes"]) > 1:
        own = found["attributes"][np.searchsorted(found["classes"], found["labels"][0])]
        tours["edited"] = between(
            np.broadcast_to(means[0], found["attributes"].shape), means[0] + found["attributes"] - own
        )
    return tours


def between(start: np.ndarray, end: np.ndarray, steps: int = _STEPS) -> np.ndarray:
    """Return linear interpolations from starts (paths, latent) to ends: (paths, steps, latent)."""
    share = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    return start[:, None] * (1 - share) + end[:, None] * share


def grid(side: int) -> np.ndarray:
    """Return pairs of latent numbers at equally spaced quantiles of N(0, 1), the second upwards: (side, side, 2)."""
    quantiles = np.linspace(*_QUANTILES, side) if side > 1 else [0.5]
    numbers = np.array([NormalDist().inv_cdf(share) for share in quantiles], np.float32)
    return np.stack(np.meshgrid(numbers, numbers[::-1]), axis=-1)


def _decoded(decoder: Any, latent: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    flat = latent.reshape(-1, latent.shape[-1]).astype(np.float32)
    made = _through(lambda z: decoder(z, training=False), flat)
    return as_bytes(made.reshape(*latent.shape[:-1], *made.shape[1:]), *span)


def _through(network: Any, rows: np.ndarray) -> np.ndarray:
    return np.concatenate([np.asarray(network(rows[i : i + _CHUNK])) for i in range(0, len(rows), _CHUNK)])
