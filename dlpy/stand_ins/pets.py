"""Generated, labelled faces of cats, dogs and other animals, the stand-in for cats_vs_dogs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlpy.stand_ins.animals import animals
from dlpy.stand_ins.breeds import CATS, DOGS, OTHERS

Part = tuple[np.ndarray, np.ndarray]  # images (rows, height, width, 3) uint8, labels (rows,) uint8

WRONG_LABELS = 0.02
SPECIES = len(OTHERS)
_SECOND_BREED = 0.3  # cats with folded ears, and dogs with hanging ones


def pets(seed: int, part: int, count: int, size: Sequence[int]) -> Part:
    """Return images of cats (0) and dogs (1), equally many of each.

    Cats have pointed ears and a small muzzle, dogs blunt or hanging ears and a large muzzle; sizes overlap, and pose,
    light, colours and background are unrelated to the class. 2% of the labels are wrong, so the best possible accuracy
    is 0.98.

    Args:
        part: number of the split; each number gives different images for the same seed.
        size: height and width.
    """
    random = np.random.default_rng([seed, 40 + part])
    labels = random.permutation(np.arange(count) % 2).astype(np.uint8)
    drawn = labels ^ (random.random(count) < WRONG_LABELS)
    breed = 2 * drawn + (random.random(count) < _SECOND_BREED)
    return animals((*CATS, *DOGS), breed, size, random), labels


def others(seed: int, part: int, count: int, size: Sequence[int]) -> Part:
    """Return images of fifteen other species, equally many of each: five kinds of ears on three kinds of faces.

    All labels are right, but some faces are too small and dark to be distinguished.
    """
    random = np.random.default_rng([seed, 50 + part])
    labels = random.permutation(np.arange(count) % SPECIES).astype(np.uint8)
    return animals(OTHERS, labels, size, random), labels
