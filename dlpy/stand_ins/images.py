"""Generated images of strokes and shapes, the stand-ins for mnist, fashion_mnist and cifar10."""

from __future__ import annotations

import numpy as np

from dlpy.stand_ins.glyphs import CLOTHES, DIGITS, THINGS, Outline

Part = tuple[np.ndarray, np.ndarray]  # images uint8, labels (rows,) uint8

TRAIN, TEST = 12_000, 2_000
WRONG_LABELS = 0.01
_CLASSES = 10
_CHUNK = 500  # images per chunk: 20 MB of distances


def digits(seed: int, limit: int | None) -> list[Part]:
    """Return 12,000 training and 2,000 test images of ten digit-like strokes: (rows, 28, 28).

    Each is shifted by up to 4 pixels, rotated, sheared, scaled and drawn with a different pen. 1% of the labels are
    redrawn at random, so the best possible accuracy is 0.991.
    """
    return [_grey(np.random.default_rng([seed, 10 + part]), DIGITS, count, 4.0) for part, count in _counts(limit)]


def clothes(seed: int, limit: int | None) -> list[Part]:
    """Return 12,000 training and 2,000 test images of clothes-like filled outlines: (rows, 28, 28).

    Shirt, coat, pullover and T-shirt differ little, as in the real data. 1% of the labels are redrawn at random, so the
    best possible accuracy is 0.991.
    """
    return [_grey(np.random.default_rng([seed, 20 + part]), CLOTHES, count, 1.5) for part, count in _counts(limit)]


def photographs(seed: int, limit: int | None) -> list[Part]:
    """Return 12,000 training and 2,000 test images of coloured shapes on a coloured background: (rows, 32, 32, 3).

    The colours are weakly related to the class, the shape determines it. 1% of the labels are redrawn at random, so the
    best possible accuracy is 0.991.
    """
    return [_coloured(np.random.default_rng([seed, 30 + part]), count) for part, count in _counts(limit)]


def _counts(limit: int | None) -> list[tuple[int, int]]:
    """Return the number and the row count of each split."""
    return [(part, count if limit is None else min(count, limit)) for part, count in enumerate((TRAIN, TEST))]


def _grey(random: np.random.Generator, outlines: tuple[Outline, ...], count: int, shift: float) -> Part:
    labels, drawn = _labels(random, count)
    cover = _covers(random, outlines, drawn, (28, shift))
    ink = random.uniform(0.6, 1.0, (count, 1, 1)).astype(np.float32)
    noise = random.random(cover.shape, np.float32) * random.uniform(0, 0.25, (count, 1, 1)).astype(np.float32)
    return _bytes(cover * ink + noise * (1 - 0.5 * cover)), labels


def _coloured(random: np.random.Generator, count: int) -> Part:
    labels, drawn = _labels(random, count)
    covers = _covers(random, THINGS, drawn, (32, 3.0))[..., np.newaxis]
    pictures = np.empty((count, 32, 32, 3), np.uint8)
    for start in range(0, count, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        pictures[chunk] = _painted(random, covers[chunk])
    return pictures, labels


def _painted(random: np.random.Generator, cover: np.ndarray) -> np.ndarray:
    """Return images in random colours: (rows, 32, 32, 3) uint8 from coverage (rows, 32, 32, 1)."""
    ground, thing = random.uniform(0.05, 0.95, (2, len(cover), 1, 1, 3)).astype(np.float32)
    contrast = np.abs(thing - ground).max(axis=-1, keepdims=True)
    thing = np.where(contrast < 0.3, (ground + 0.5) % 1.0, thing)
    return _bytes(ground + cover * (thing - ground) + _texture(random, len(cover)))


def _texture(random: np.random.Generator, count: int) -> np.ndarray:
    """Return waves of brightness with a little noise: (count, 32, 32, 3)."""
    row, column = np.meshgrid(np.arange(32, dtype=np.float32), np.arange(32, dtype=np.float32), indexing="ij")
    down, across, phase = random.uniform(-0.5, 0.5, (3, count, 1, 1)).astype(np.float32)
    wave = np.sin(down * row + across * column + 6 * phase)
    noise = random.standard_normal((count, 32, 32, 1), np.float32)
    return 0.1 * wave[..., np.newaxis] + 0.06 * noise


def _labels(random: np.random.Generator, count: int) -> Part:
    """Return balanced labels, and the class that is drawn, which differs where the label is wrong."""
    labels = random.permutation(np.arange(count) % _CLASSES).astype(np.uint8)
    wrong = random.random(count) < WRONG_LABELS
    return labels, np.where(wrong, random.integers(0, _CLASSES, count), labels)


def _covers(
    random: np.random.Generator, outlines: tuple[Outline, ...], drawn: np.ndarray, frame: tuple[int, float]
) -> np.ndarray:
    """Return the coverage of each pixel by the drawing: (rows, size, size) float32 from 0 to 1.

    Args:
        drawn: (rows,) the outline in each image.
        frame: image size and maximum shift, both in pixels.
    """
    size, shift = frame
    covers = np.empty((len(drawn), size, size), np.float32)
    for number, outline in enumerate(outlines):
        rows = np.flatnonzero(drawn == number)
        for start in range(0, len(rows), _CHUNK):
            chunk = rows[start : start + _CHUNK]
            x, y = _coordinates(random, len(chunk), size, shift)
            pen = random.uniform(0.09, 0.19, (len(chunk), 1, 1)).astype(np.float32)
            covers[chunk] = cover(outline, x, y, pen, 2.6 / size)
    return covers


def _coordinates(random: np.random.Generator, count: int, size: int, shift: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the outline coordinates of each pixel, for a randomly shifted, rotated, sheared and scaled drawing."""
    pixel = ((np.arange(size) + 0.5) / size * 2 - 1).astype(np.float32)
    shape = (count, 1, 1)
    move = random.uniform(-2 * shift / size, 2 * shift / size, (2, *shape)).astype(np.float32)
    x, y = pixel[np.newaxis, np.newaxis, :] - move[0], pixel[np.newaxis, :, np.newaxis] - move[1]
    turn = random.normal(0, 0.12, shape).astype(np.float32)
    slant = random.normal(0, 0.15, shape).astype(np.float32)
    wide, high = random.uniform(1.15, 1.6, (2, *shape)).astype(np.float32)
    x, y = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
    return (x + slant * y) * wide, y * high


def cover(outline: Outline, x: np.ndarray, y: np.ndarray, pen: np.ndarray, soft: float) -> np.ndarray:
    """Return the coverage of each point: 1 inside strokes or the filled shape, fading over `soft` at the edge."""
    distance = np.full(x.shape, np.inf, np.float32)
    for start, end in outline.segments():
        np.minimum(distance, _squared_distance(x, y, start, end), out=distance)
    np.sqrt(distance, out=distance)
    if outline.filled:
        distance = np.where(_inside(outline.polygon(), x, y), -distance, distance)
        return np.clip((0.03 - distance) / soft + 0.5, 0, 1)
    return np.clip((pen - distance) / soft + 0.5, 0, 1)


def _squared_distance(x: np.ndarray, y: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the squared distance of each point from a line segment."""
    along = end - start
    right, down = x - start[0], y - start[1]
    part = np.clip((right * along[0] + down * along[1]) / (along @ along), 0, 1)
    return (right - part * along[0]) ** 2 + (down - part * along[1]) ** 2


def _inside(corners: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return whether each point is inside the polygon (a ray to the right crosses its edges an odd number of times)."""
    inside = np.zeros(x.shape, np.bool_)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y1 != y2:
            crosses = (y1 > y) != (y2 > y)
            inside ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return inside


def _bytes(picture: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
