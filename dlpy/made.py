"""Rows that a trained model makes of latent vectors, as pictures to look at."""

from __future__ import annotations

import math

import numpy as np

from dlpy.pictures import as_bytes
from dlpy.png import enlarged, sheet
from dlpy.steps import Sampler

_CHUNK = 256  # rows made at a time
_MARGIN = 2  # pixels between the pictures of a sheet


def latent_vectors(sampler: Sampler, count: int, seed: int) -> np.ndarray:
    """Return vectors from N(0, 1), the same for the same seed: (count, latent) float32."""
    return np.random.default_rng(seed).standard_normal((count, sampler.latent), np.float32)


def asked_for(sampler: Sampler, latent: np.ndarray, classes: np.ndarray | None = None) -> np.ndarray:
    """Return what the network takes: latent vectors with a class behind each, where it can be asked for one.

    Args:
        latent: (count, latent) float32.
        classes: (count,) numbers of classes; shared out evenly, in order, unless given.
    """
    known = len(sampler.classes)
    if not known:
        return latent
    numbers = np.arange(len(latent)) * known // len(latent) if classes is None else classes
    return np.concatenate([latent, np.eye(known, dtype=np.float32)[numbers]], axis=1)


def make(sampler: Sampler, vectors: np.ndarray) -> np.ndarray:
    """Return what the network makes of vectors (count, latent + classes): (count, *shape) float32."""
    chunks = (vectors[start : start + _CHUNK] for start in range(0, len(vectors), _CHUNK))
    return np.concatenate([np.asarray(sampler.network(chunk, training=False)) for chunk in chunks])


def make_pictures(sampler: Sampler, vectors: np.ndarray) -> np.ndarray:
    """Return the pictures of vectors (count, latent + classes): (count, height, width[, channels]) bytes."""
    return as_bytes(make(sampler, vectors), *sampler.span)


def square_sheet(pictures: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Return pictures (count, height, width[, channels]) as one, enlarged to be seen: (height, width, 3) bytes."""
    columns = columns or math.ceil(math.sqrt(len(pictures)))
    return sheet(enlarged(pictures), columns, _MARGIN, 255)
