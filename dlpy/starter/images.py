"""What a sample of the images in a folder tells: their sizes, whether they are gray, and whether to mirror them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.images.files import Form, read_pictures, read_sizes
from dlpy.starter.linear_tests import ridge

_MOST_LOOKED_AT = 1_000
_SIDE = 150  # of images that differ in size, unless they are smaller
_SMALL = Form((16, 16), convert=True)
_PENALTY = 0.01
_RECOGNIZED = 0.8  # of what a simple classifier gains over chance must be left on mirror images
_CLEAR = 0.1  # least gain over chance that tells anything


@dataclass(frozen=True)
class Seen:
    """What a sample of images tells.

    side: a side to resize them to, in pixels. sizes: a comment about their sizes. gray: whether none is in color.
    mirrored: whether mirror images may be trained on. why: the reason, for a comment.
    """

    side: int
    sizes: str
    gray: bool
    mirrored: bool
    why: str


def look(folder: Path, names: Sequence[str], classes: np.ndarray) -> Seen:
    """Return what a sample of images tells.

    Args:
        names: paths relative to the folder.
        classes: the class number of each, (images,).

    Raises:
        DataError: none of the images can be read.
    """
    chosen = np.unique(np.linspace(0, len(names) - 1, min(len(names), _MOST_LOOKED_AT)).astype(int))
    paths = [folder / names[int(place)] for place in chosen]
    sizes = [size for size in read_sizes(paths) if not isinstance(size, DataError)]
    read = [
        (image, label)
        for image, label in zip(read_pictures(paths, _SMALL), classes[chosen], strict=True)
        if not isinstance(image, DataError)
    ]
    if not sizes or not read:
        raise DataError(f"none of the images in {folder} can be read, such as {names[0]}.")
    images, labels = np.stack([image for image, _ in read]), np.array([label for _, label in read])
    gray = bool((images == images[..., :1]).all())
    side, about = _side(sizes)
    mirrored, why = mirroring(images, labels)
    return Seen(side, about, gray, mirrored, why)


def _side(sizes: list[tuple[int, int]]) -> tuple[int, str]:
    """Return a side to resize images to, and a comment about their sizes."""
    (low, narrow), (high, wide) = (tuple(edge(side) for side in zip(*sizes, strict=True)) for edge in (min, max))
    if (low, narrow) == (high, wide) and low == narrow and low <= _SIDE:
        return low, "the size of all images"
    return min(_SIDE, low, narrow), f"images have {narrow} x {low} to {wide} x {high} pixels"


def mirroring(images: np.ndarray, labels: np.ndarray) -> tuple[bool, str]:
    """Return whether mirror images look like images of the same class, and the reason.

    A ridge classifier of one half of the images is scored on the other half, as it is and mirrored: digits mirrored are
    no longer recognized, photographs are.

    Args:
        images: (images, height, width, channels) uint8.
        labels: (images,) class numbers.
    """
    chance = np.bincount(labels).max() / len(labels)
    as_is, mirrored = _recognized(images, labels)
    if as_is - chance < _CLEAR:
        return True, "Images are mirrored at random, as photographs can be; remove 'flip' if left and right matter"
    fits = bool(mirrored - chance >= _RECOGNIZED * (as_is - chance))
    done = "mirrored at random" if fits else "not mirrored"
    shares = f"{mirrored:.0%} of mirrored images instead of {as_is:.0%}"
    return fits, f"Images are {done}: a simple classifier recognizes {shares}"


def _recognized(images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Return the accuracy on each half of the images of a classifier of the other half, as they are and mirrored."""
    order = np.random.default_rng(0).permutation(len(images))
    images, labels = images[order].mean(axis=3) / 255, labels[order]  # without color: a third of the numbers
    half = np.arange(len(images)) < len(images) // 2
    right = np.zeros(2)
    for train, held in ((half, ~half), (~half, half)):
        x, y = _flat(images[train]), np.eye(labels.max() + 1)[labels[train]]
        penalty = _PENALTY * len(x) * x.var() or 1.0
        for place, given in enumerate((images[held], images[held][:, :, ::-1])):
            right[place] += np.sum(ridge(x, y, _flat(given), penalty).argmax(axis=1) == labels[held])
    as_is, mirrored = right / len(images)
    return float(as_is), float(mirrored)


def _flat(images: np.ndarray) -> np.ndarray:
    """Return the images as rows of numbers."""
    return images.reshape(len(images), -1)
