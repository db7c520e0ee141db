"""Generated listings of homes: a description, a photo, and facts in a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.data.features import Table

LEVELS = np.array([-3, -1, 1, 3])  # worth of the four levels of a feature: the sum of three is never 0
SIDE = 32  # pixels of a photo
PRICE_NOISE = 20.0  # thousands
BEST_MAE = 10.0  # PRICE_NOISE / 2
WRONG_LABELS = 0.05
BEST_SCORE = 0.95  # of sold, and of each tag
CITIES = ("Avelle", "Brunn", "Corso", "Dunmore")
_PRICE, _STEP = 200.0, 12.0  # thousands: the mean, and the effect of one unit of worth
# for each output, the feature of the facts, the text and the photo that decide it
_DECIDING = {"price": (0, 0, 0), "sold": (1, 1, 1), "balcony": (2, 0, 1), "garden": (0, 1, 2), "lift": (1, 2, 0)}
_CONDITIONS = (("neglected", "shabby"), ("dated", "worn"), ("tidy", "well-kept"), ("renovated", "immaculate"))
_STREETS = (("noisy", "hectic"), ("busy", "lively"), ("calm", "quiet"), ("silent", "secluded"))
_VIEWS = (("a wall", "a backyard"), ("a street", "a car park"), ("a square", "old trees"), ("the river", "the lake"))
_FORMS = (
    "A {0} home in a {1} street, with a view of {2}.",
    "In a {1} street and with a view of {2}: a home that is {0}.",
    "With its view of {2}, this {0} home in a {1} part of the town waits for you.",
)


@dataclass(frozen=True)
class Listings:
    """Listings of homes.

    text: (rows,) str objects. photo: (rows, 32, 32, 3) uint8. price: (rows,) float32 thousands. sold: (rows,) int64.
    tags: (rows, 3) float32 of 0 and 1: balcony, garden, lift. levels: (rows, 3 inputs, 3 features) int64 from 0 to 3.
    """

    text: np.ndarray
    photo: np.ndarray
    facts: Table
    price: np.ndarray
    sold: np.ndarray
    tags: np.ndarray
    levels: np.ndarray


def listings(seed: int, part: int, count: int) -> Listings:
    """Return listings of homes whose outputs depend on text, photo and facts in equal parts.

    Each input shows three features of four levels, which are worth -3, -1, 1 and 3. The worth of an output is the sum
    of one feature of each input, different ones for each output. The price is 200 + 12 * worth thousands, plus noise
    uniform between -20 and 20: the best possible MAE is 10, or 24.8 with two of the inputs and 32.5 with one. `sold`
    and each tag are true where the worth is positive; 5% are wrong, so the best possible accuracy is 0.95, or 0.753
    with two of the inputs and 0.697 with one.

    Args:
        part: number of the split; each number gives different listings for the same seed.
    """
    random = np.random.default_rng([seed, 76 + part])
    levels = random.integers(len(LEVELS), size=(count, 3, 3))
    price = _PRICE + _STEP * worth(levels, "price") + random.uniform(-PRICE_NOISE, PRICE_NOISE, count)
    sold, *tags = (_flipped(random, worth(levels, name) > 0) for name in ("sold", "balcony", "garden", "lift"))
    return Listings(
        _texts(random, levels[:, 1]),
        _photos(random, levels[:, 2]),
        _facts(random, levels[:, 0]),
        price.astype(np.float32),
        sold.astype(np.int64),
        np.stack(tags, axis=1).astype(np.float32),
        levels,
    )


def worth(levels: np.ndarray, output: str) -> np.ndarray:
    """Return the sum of the features that decide an output: (rows,) odd int64 from -9 to 9.

    Args:
        levels: (rows, 3 inputs, 3 features).
        output: price, sold, balcony, garden or lift.
    """
    return LEVELS[levels[:, np.arange(3), _DECIDING[output]]].sum(axis=1)


def _flipped(random: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    return labels ^ (random.random(len(labels)) < WRONG_LABELS)


def _facts(random: np.random.Generator, levels: np.ndarray) -> Table:
    """Return 1 to 4 rooms, their surface in square metres, the year of building, and the city."""
    rooms, age, place = levels.T
    surface = np.round(15 + 20 * rooms + random.uniform(0, 15, len(levels)))
    built = 1900 + 30 * age + random.integers(30, size=len(levels))
    cities = np.array(CITIES)[[2, 0, 3, 1]][place]  # not in the order of their worth
    numeric = np.stack([rooms + 1, surface, built], axis=1).astype(np.float64)
    return Table(numeric, ("rooms", "surface", "built"), cities[:, None], ("city",))


def _texts(random: np.random.Generator, levels: np.ndarray) -> np.ndarray:
    synonyms = random.integers(2, size=levels.shape)
    forms = random.integers(len(_FORMS), size=len(levels))
    texts = np.empty(len(levels), object)
    for row, (form, (a, b, c), (i, j, k)) in enumerate(zip(forms, levels, synonyms, strict=True)):
        texts[row] = _FORMS[form].format(_CONDITIONS[a][i], _STREETS[b][j], _VIEWS[c][k])
    return texts


def _photos(random: np.random.Generator, levels: np.ndarray) -> np.ndarray:
    """Return images: the features are the width of the house, the brightness of the sky, and the height of the lawn."""
    count = len(levels)
    size, light, lawn = levels.T[:, :, None, None]
    x, y = np.arange(SIDE)[None, None, :], np.arange(SIDE)[None, :, None]
    left = random.integers(1, SIDE - 24, count)[:, None, None]
    house = (x >= left) & (x < left + 8 + 5 * size) & (y >= 8) & (y < SIDE - 2)
    grass = (y >= SIDE - 3 - 3 * lawn) & (x >= 0)
    sky = (90 + 40 * light).astype(np.uint8)[..., None] * np.ones(3, np.uint8)
    wall = random.integers([170, 20, 20], [225, 60, 200], (count, 1, 1, 3)).astype(np.uint8)  # neither grey nor green
    image = np.where(grass[..., None], np.array([30, 130, 40], np.uint8), np.where(house[..., None], wall, sky))
    image += random.integers(25, size=image.shape, dtype=np.uint8)
    return image
