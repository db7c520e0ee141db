"""What tells one kind of generated animal's face from another: ears, muzzle, eyes and coat."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

import numpy as np

Range = tuple[float, float]


@dataclass(frozen=True)
class Breed:
    """The range in which each feature of a face lies; lengths in half widths of the face, angles in degrees."""

    ear_place: Range  # where on the face the ear grows: 0 is the top, 90 the side
    ear_turn: Range  # where it points: 0 is up, 90 to the side, 180 down
    ear_length: Range
    ear_base: Range  # half of its width at the face
    ear_tip: Range  # half of its width at the tip
    height: Range  # of the face
    muzzle: Range  # half of its width
    drop: Range  # how far below the middle the muzzle lies
    nose: Range
    eye: Range
    pupil: Range  # its width, of the eye's: slits are narrow
    stripes: Range  # how much darker the stripes of the coat are
    spots: Range  # how much darker its spots are
    whiskers: Range = (0.0, 0.0)


def features(breeds: tuple[Breed, ...], chosen: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Return each picture's features, drawn from the ranges of its breed: (rows,) float32 by name.

    Args:
        chosen: (rows,) the number of each picture's breed.
    """
    low, high = np.array([astuple(breed) for breed in breeds], np.float32)[chosen].transpose(2, 1, 0)
    drawn = random.uniform(low, high).astype(np.float32)
    return {field.name: values for field, values in zip(fields(Breed), drawn, strict=True)}


CATS = (
    Breed(  # pointed ears
        (28, 48), (12, 45), (0.45, 0.8), (0.26, 0.38), (0.0, 0.07), (0.8, 1.0), (0.26, 0.44), (0.3, 0.48),
        (0.06, 0.12), (0.14, 0.22), (0.2, 0.7), (0.0, 0.6), (0.0, 0.35), (0.2, 1.0),
    ),
    Breed(  # folded ears
        (35, 55), (50, 100), (0.3, 0.5), (0.22, 0.32), (0.03, 0.1), (0.8, 1.0), (0.26, 0.44), (0.3, 0.48),
        (0.06, 0.12), (0.14, 0.22), (0.2, 0.7), (0.0, 0.6), (0.0, 0.35), (0.2, 1.0),
    ),
)  # fmt: skip
DOGS = (
    Breed(  # hanging ears
        (45, 70), (110, 165), (0.55, 1.1), (0.16, 0.26), (0.2, 0.34), (0.95, 1.2), (0.36, 0.56), (0.4, 0.62),
        (0.1, 0.18), (0.11, 0.18), (0.5, 1.0), (0.0, 0.35), (0.0, 0.6), (0.0, 0.4),
    ),
    Breed(  # upright ears, blunt
        (25, 48), (8, 45), (0.45, 0.85), (0.2, 0.32), (0.08, 0.18), (0.92, 1.15), (0.36, 0.56), (0.4, 0.62),
        (0.1, 0.18), (0.11, 0.18), (0.5, 1.0), (0.0, 0.35), (0.0, 0.6), (0.0, 0.4),
    ),
)  # fmt: skip
OTHERS = tuple(
    Breed(*ranges)
    for ranges in (
        # rabbit, bear, mouse, goat, pig, fox, owl, seal, tiger, calf
        ((8, 22), (0, 25), (1.0, 1.6), (0.15, 0.22), (0.12, 0.2), (1.0, 1.25), (0.3, 0.42), (0.4, 0.55), (0.05, 0.1), (0.13, 0.2), (0.6, 1.0), (0, 0.1), (0, 0.5), (0.3, 1)),
        ((35, 50), (30, 50), (0.1, 0.25), (0.22, 0.32), (0.22, 0.32), (0.9, 1.05), (0.35, 0.5), (0.3, 0.5), (0.13, 0.2), (0.07, 0.11), (0.8, 1.0), (0, 0.1), (0, 0.15)),
        ((40, 60), (35, 65), (0.3, 0.5), (0.4, 0.6), (0.45, 0.65), (1.0, 1.2), (0.2, 0.3), (0.5, 0.7), (0.06, 0.1), (0.1, 0.15), (0.9, 1.0), (0, 0.1), (0, 0.1), (0.5, 1)),
        ((15, 30), (15, 60), (0.8, 1.3), (0.12, 0.18), (0.0, 0.04), (1.15, 1.45), (0.25, 0.38), (0.6, 0.8), (0.05, 0.1), (0.08, 0.13), (0.2, 0.4), (0, 0.1), (0, 0.6)),
        ((35, 55), (20, 75), (0.25, 0.45), (0.2, 0.3), (0.02, 0.1), (0.9, 1.05), (0.3, 0.42), (0.2, 0.4), (0.24, 0.36), (0.06, 0.1), (0.9, 1.0), (0, 0.05), (0, 0.6)),
        ((25, 40), (5, 30), (0.7, 1.0), (0.3, 0.42), (0.0, 0.04), (0.95, 1.15), (0.16, 0.26), (0.55, 0.75), (0.08, 0.13), (0.1, 0.15), (0.2, 0.5), (0, 0.1), (0, 0.1)),
        ((20, 35), (5, 30), (0.15, 0.3), (0.1, 0.15), (0.0, 0.03), (0.95, 1.15), (0.1, 0.16), (0.15, 0.3), (0.05, 0.08), (0.28, 0.4), (0.4, 0.7), (0.2, 0.7), (0, 0.3)),
        ((80, 90), (90, 100), (0.0, 0.05), (0.02, 0.05), (0.02, 0.05), (0.8, 0.95), (0.35, 0.5), (0.25, 0.4), (0.1, 0.15), (0.14, 0.2), (0.95, 1.0), (0, 0.05), (0, 0.7), (0.6, 1)),
        ((38, 50), (30, 50), (0.2, 0.35), (0.2, 0.28), (0.15, 0.22), (0.9, 1.05), (0.4, 0.55), (0.3, 0.5), (0.12, 0.18), (0.08, 0.12), (0.4, 0.8), (0.6, 1.0), (0, 0.1), (0.2, 0.7)),
        ((55, 75), (80, 105), (0.5, 0.8), (0.15, 0.22), (0.05, 0.15), (1.15, 1.4), (0.45, 0.6), (0.55, 0.75), (0.2, 0.3), (0.09, 0.14), (0.7, 1.0), (0, 0.05), (0.4, 1.0)),
    )
)  # fmt: skip
