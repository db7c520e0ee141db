"""Generates images from latent vectors with a trained model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dlpy.data.images.files import as_bytes, is_picture
from dlpy.data.images.sheets import enlarged, sheet
from dlpy.data.rows import Rows
from dlpy.engine.custom_step import Sampler

if TYPE_CHECKING:
    import keras

_CHUNK = 256  # rows generated at a time
_SAMPLES = 36
_COMPARED = 5000  # training rows that are searched for the nearest
_MARGIN = 2  # pixels between the images of a sheet


def latent_vectors(sampler: Sampler, count: int, seed: int) -> np.ndarray:
    """Return random vectors from N(0, 1): (count, latent) float32."""
    return np.random.default_rng(seed).standard_normal((count, sampler.latent), np.float32)


def asked_for(sampler: Sampler, latent: np.ndarray, classes: np.ndarray | None = None) -> np.ndarray:
    """Return the input of the network: latent vectors, followed by a one-hot class if it takes one.

    Args:
        latent: (count, latent) float32.
        classes: (count,) class numbers; default: all classes in order, equally often.
    """
    known = len(sampler.classes)
    if not known:
        return latent
    numbers = np.arange(len(latent)) * known // len(latent) if classes is None else classes
    return np.concatenate([latent, np.eye(known, dtype=np.float32)[numbers]], axis=1)


def make(sampler: Sampler, vectors: np.ndarray) -> np.ndarray:
    """Return the rows that the network generates from vectors (count, latent + classes): (count, *shape) float32."""
    chunks = (vectors[start : start + _CHUNK] for start in range(0, len(vectors), _CHUNK))
    return np.concatenate([np.asarray(sampler.network(chunk, training=False)) for chunk in chunks])


def make_pictures(sampler: Sampler, vectors: np.ndarray) -> np.ndarray:
    """Return the images generated from vectors (count, latent + classes): (count, height, width[, channels]) bytes."""
    return as_bytes(make(sampler, vectors), *sampler.span)


def sample_pieces(model: keras.Model, rows: Rows, seed: int) -> dict[str, np.ndarray]:
    """Return samples of a trained model, and the nearest training row of each: (36, ...) bytes."""
    sampler: Sampler = model.sampler  # type: ignore
    if not is_picture(sampler.network.output_shape[1:]):
        return {}
    vectors = asked_for(sampler, latent_vectors(sampler, _SAMPLES, seed))
    chosen = np.random.default_rng(seed).permutation(len(rows))[:_COMPARED]
    known = as_bytes(rows.take(np.sort(chosen)).array, *sampler.span)
    made = make_pictures(sampler, vectors)
    flat = known.reshape(len(known), -1).astype(np.float32)
    lengths = np.square(flat).sum(axis=1)
    nearest = [int((lengths - 2 * flat @ one.reshape(-1).astype(np.float32)).argmin()) for one in made]
    return {"samples": made, "nearest": known[nearest]}


def square_sheet(pictures: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Return images (count, height, width[, channels]) side by side, enlarged: (height, width, 3) bytes."""
    columns = columns or math.ceil(math.sqrt(len(pictures)))
    return sheet(enlarged(pictures), columns, _MARGIN, 255)
