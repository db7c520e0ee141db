"""Outlines of the stand-in images, in a square from -1 to 1 with y pointing down."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Point = tuple[float, float]


@dataclass(frozen=True)
class Outline:
    """A drawing: strokes, each a line through points, and whether the first stroke is filled."""

    strokes: tuple[tuple[Point, ...], ...]
    filled: bool = False

    def segments(self) -> np.ndarray:
        """Return all line segments: (segments, 2, 2), start and end, x and y."""
        pieces = [pair for stroke in self.strokes for pair in pairwise(stroke)]
        return np.array(pieces, dtype=np.float32)

    def polygon(self) -> np.ndarray:
        """Return the corners of the first stroke: (corners, 2)."""
        return np.array(self.strokes[0][:-1], dtype=np.float32)


def _arc(centre: Point, radii: Point, start: float, end: float, pieces: int = 8) -> tuple[Point, ...]:
    """Return points on an ellipse between two angles in degrees; 0 is right and 90 is down."""
    angles = np.radians(np.linspace(start, end, pieces + 1))
    return tuple((centre[0] + radii[0] * float(np.cos(a)), centre[1] + radii[1] * float(np.sin(a))) for a in angles)


def _mirrored(*right: Point) -> Outline:
    """Return a filled outline from its right half, from top to bottom."""
    left = tuple((-x, y) for x, y in reversed(right))
    return Outline(((*right, *left, right[0]),), filled=True)


def _closed(*points: Point) -> Outline:
    return Outline(((*points, points[0]),), filled=True)


DIGITS = (
    Outline((_arc((0, 0), (0.55, 0.85), 0, 360, 12),)),
    Outline((((-0.25, -0.5), (0.1, -0.85), (0.1, 0.85)),)),
    Outline(((*_arc((0, -0.4), (0.5, 0.45), 190, 390), (-0.5, 0.85), (0.55, 0.85)),)),
    Outline(((*_arc((0, -0.43), (0.45, 0.42), 200, 440), *_arc((0, 0.4), (0.52, 0.45), 280, 520)),)),
    Outline((((0.15, -0.85), (-0.55, 0.3), (0.6, 0.3)), ((0.25, -0.2), (0.25, 0.85)))),
    Outline((((0.5, -0.85), (-0.4, -0.85), (-0.45, -0.05), *_arc((-0.02, 0.35), (0.5, 0.5), 220, 500)),)),
    Outline((((0.35, -0.85), (-0.3, -0.2)), _arc((0, 0.35), (0.48, 0.5), 0, 360, 10), ((-0.3, -0.2), (-0.48, 0.35)))),
    Outline((((-0.5, -0.85), (0.55, -0.85), (-0.1, 0.85)),)),
    Outline((_arc((0, -0.42), (0.42, 0.42), 0, 360, 10), _arc((0, 0.42), (0.5, 0.43), 0, 360, 10))),
    Outline((_arc((0, -0.35), (0.46, 0.48), 0, 360, 10), ((0.46, -0.35), (0.3, 0.85)))),
)

CLOTHES = (
    _mirrored((0.2, -0.75), (0.85, -0.4), (0.7, -0.05), (0.45, -0.2), (0.45, 0.8)),
    Outline(
        (((-0.4, -0.9), (0.4, -0.9), (0.5, 0.9), (0.15, 0.9), (0.0, -0.35), (-0.15, 0.9), (-0.5, 0.9), (-0.4, -0.9)),),
        filled=True,
    ),
    _mirrored((0.2, -0.75), (0.55, -0.6), (0.9, 0.65), (0.65, 0.7), (0.45, 0.0), (0.45, 0.75)),
    _mirrored((0.2, -0.9), (0.35, -0.6), (0.2, -0.1), (0.5, 0.9)),
    _mirrored((0.15, -0.85), (0.55, -0.65), (0.85, 0.6), (0.65, 0.65), (0.5, 0.1), (0.55, 0.9)),
    _closed((-0.9, 0.35), (-0.3, 0.2), (0.55, -0.45), (0.75, -0.4), (0.2, 0.3), (0.9, 0.3), (0.9, 0.45), (-0.9, 0.5)),
    _mirrored((0.1, -0.8), (0.5, -0.65), (0.75, 0.15), (0.55, 0.2), (0.4, -0.1), (0.42, 0.85)),
    _closed((-0.9, 0.1), (-0.2, -0.05), (0.3, -0.35), (0.8, -0.3), (0.9, 0.35), (-0.9, 0.4)),
    _mirrored((0.15, -0.75), (0.3, -0.35), (0.8, -0.3), (0.85, 0.7)),
    _closed((-0.85, 0.4), (-0.1, 0.1), (0.1, -0.8), (0.7, -0.8), (0.75, 0.7), (-0.85, 0.7)),
)

THINGS = (
    _closed((-0.9, -0.1), (-0.1, -0.15), (0.1, -0.7), (0.3, -0.15), (0.9, -0.1), (0.9, 0.1), (0.2, 0.2), (-0.9, 0.1)),
    _closed((-0.9, 0.4), (-0.8, 0.0), (-0.4, -0.4), (0.4, -0.4), (0.75, 0.0), (0.9, 0.4)),
    _closed((-0.9, -0.5), (-0.3, -0.2), (0.0, 0.1), (0.3, -0.2), (0.9, -0.5), (0.3, 0.4), (0.0, 0.6), (-0.3, 0.4)),
    _closed((-0.6, 0.7), (-0.6, -0.8), (-0.25, -0.4), (0.25, -0.4), (0.6, -0.8), (0.6, 0.7)),
    _closed(
        (-0.7, 0.8),
        (-0.6, -0.1),
        (0.3, -0.2),
        (0.5, -0.9),
        (0.9, -0.5),
        (0.5, 0.0),
        (0.5, 0.8),
        (0.3, 0.2),
        (-0.5, 0.2),
    ),
    Outline((_arc((0.0, 0.1), (0.75, 0.65), 0, 360, 14),), filled=True),
    _closed((-0.9, 0.6), (-0.5, -0.1), (-0.2, -0.5), (0.2, -0.5), (0.5, -0.1), (0.9, 0.6), (0.4, 0.3), (-0.4, 0.3)),
    _closed((-0.8, 0.85), (-0.7, -0.3), (-0.9, -0.7), (-0.3, -0.4), (0.7, -0.3), (0.8, 0.85), (0.55, 0.1), (-0.5, 0.1)),
    _closed((-0.9, 0.1), (-0.15, 0.1), (-0.1, -0.8), (0.3, 0.1), (0.9, 0.1), (0.55, 0.6), (-0.6, 0.6)),
    _closed((-0.9, 0.5), (-0.9, -0.55), (0.35, -0.55), (0.35, -0.1), (0.8, -0.1), (0.9, 0.5)),
)
