"""Generated videos of shapes that move or turn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dlpy.stand_ins.glyphs import DIGITS, Outline
from dlpy.stand_ins.images import cover

MOTIONS = ("left", "right", "up", "down", "clockwise", "counterclockwise")
WRONG_LABELS = 0.02
BEST_SCORE = 0.98
_SHAPES = tuple(DIGITS[number] for number in (2, 4, 5, 7))  # none looks the same after a half turn
_SPEEDS = (0.12, 0.22)  # of a frame's side, in units of outlines, between two frames
_TURNS = (np.radians(18), np.radians(36))  # between two frames
_SCALE = 1.8  # a frame's half side, in units of outlines
_CHUNK = 200  # frames drawn at once

Videos = tuple[np.ndarray, np.ndarray]


class _Paths(NamedTuple):
    """Where each shape is in each frame: arrays (videos, frames) of its centre and its angle in radians."""

    x: np.ndarray
    y: np.ndarray
    angle: np.ndarray


def moving_shapes(random: np.random.Generator, count: int, sizes: tuple[int, int, int], motions: int = 6) -> Videos:
    """Return videos (count, frames, height, width, 1) uint8 of a bright stroke on noise, and their motion (count,).

    A shape moves to the left, to the right, up or down, or turns one way or the other. It starts anywhere, at any
    angle, and what leaves a frame on one side comes back on the other: in every frame alone, all places and angles are
    equally likely whatever the motion, so that the best possible accuracy from one frame is chance, 1 / motions. 2% of
    the labels are those of another motion, so that the best possible accuracy from several frames is 0.98.

    Args:
        sizes: number of frames, height and width.
        motions: the number of classes, the first of MOTIONS.
    """
    frames, height, width = sizes
    labels = random.permutation(np.arange(count) % motions)
    wrong = random.random(count) < WRONG_LABELS
    shown = np.where(wrong, (labels + random.integers(1, motions, count)) % motions, labels)
    shapes, paths = random.integers(0, len(_SHAPES), count), _paths(random, shown, frames)
    videos = np.empty((count, frames, height, width, 1), np.uint8)
    for start in range(0, count, max(1, _CHUNK // frames)):
        chunk = slice(start, start + max(1, _CHUNK // frames))
        some = _Paths(*(values[chunk] for values in paths))
        videos[chunk, ..., 0] = _drawn(random, shapes[chunk], some, (height, width))
    return videos, labels.astype(np.int64)


def _paths(random: np.random.Generator, shown: np.ndarray, frames: int) -> _Paths:
    """Return the path of the shape in each video, given its motion."""
    count = (len(shown), 1)
    steps = np.arange(frames)
    speed, turn = (random.uniform(*limits, count) for limits in (_SPEEDS, _TURNS))
    x, y = random.uniform(-_SCALE, _SCALE, (2, *count))
    angle = random.uniform(-np.pi, np.pi, count)
    across, down, turned = (
        np.array(signs)[shown, None] * steps
        for signs in ((-1, 1, 0, 0, 0, 0), (0, 0, -1, 1, 0, 0), (0, 0, 0, 0, 1, -1))
    )
    return _Paths(x + 2 * _SCALE * speed * across, y + 2 * _SCALE * speed * down, angle + turn * turned)


def _drawn(random: np.random.Generator, shapes: np.ndarray, paths: _Paths, size: tuple[int, int]) -> np.ndarray:
    """Return videos (videos, frames, height, width) uint8."""
    covers = np.zeros((*paths.x.shape, *size), np.float32)
    for number, shape in enumerate(_SHAPES):
        rows = np.flatnonzero(shapes == number)
        some = _Paths(*(values[rows].reshape(-1, 1, 1).astype(np.float32) for values in paths))
        covers[rows] = _covers(shape, some, size).reshape(len(rows), *covers.shape[1:])
    ink = random.uniform(0.6, 0.9, (len(shapes), 1, 1, 1)).astype(np.float32)
    noise = 0.15 * random.random(covers.shape, np.float32)
    return np.rint(255 * np.clip(covers * ink + noise, 0, 1)).astype(np.uint8)


def _covers(shape: Outline, paths: _Paths, size: tuple[int, int]) -> np.ndarray:
    """Return the coverage of each pixel by the shape: (frames, height, width) from 0 to 1."""
    height, width = size
    right, below = (((np.arange(side) + 0.5) / side * 2 - 1) * _SCALE for side in (width, height))
    x, y = (_around(axis - centre) for axis, centre in ((right[None, None], paths.x), (below[None, :, None], paths.y)))
    cosine, sine = np.cos(paths.angle), np.sin(paths.angle)
    pen = np.full(paths.x.shape, 0.16, np.float32)
    return cover(shape, cosine * x + sine * y, cosine * y - sine * x, pen, 2 * _SCALE / min(size))


def _around(distance: np.ndarray) -> np.ndarray:
    """Return distances from the centre of a shape on a frame whose opposite sides touch."""
    return ((distance + _SCALE) % (2 * _SCALE) - _SCALE).astype(np.float32)
