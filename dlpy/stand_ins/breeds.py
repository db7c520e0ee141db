"""Features that distinguish the generated breeds: ears, muzzle, eyes and coat."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

import numpy as np

Range = tuple[float, float]
Ranges = dict[str, Range]


@dataclass(frozen=True)
class Breed:
    """Ranges of the features of a face; lengths are in half face widths, angles in degrees."""

    ear_place: Range  # position on the face: 0 is the top, 90 the side
    ear_turn: Range  # direction: 0 is up, 90 sideways, 180 down
    ear_length: Range
    ear_base: Range  # half the ear width at the face
    ear_tip: Range  # half the ear width at the tip
    height: Range  # of the face
    muzzle: Range  # half the muzzle width
    drop: Range  # distance of the muzzle below the centre
    nose: Range
    eye: Range
    pupil: Range  # width relative to the eye; slits are narrow
    whiskers: Range
    stripes: Range = (0.0, 0.7)  # how much darker the stripes are
    spots: Range = (0.0, 0.7)  # how much darker the spots are


def features(breeds: tuple[Breed, ...], chosen: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the features of each image by name, drawn from the ranges of its breed: (rows,) float32.

    Args:
        chosen: (rows,) positions in `breeds`.
    """
    low, high = np.array([astuple(breed) for breed in breeds], np.float32)[chosen].transpose(2, 1, 0)
    drawn = random.uniform(low, high).astype(np.float32)
    return {field.name: values for field, values in zip(fields(Breed), drawn, strict=True)}


_POINTED: Ranges = {
    "ear_place": (26, 46), "ear_turn": (10, 42), "ear_length": (0.5, 0.8), "ear_base": (0.26, 0.36),
    "ear_tip": (0.0, 0.05),
}  # fmt: skip
_BLUNT: Ranges = {**_POINTED, "ear_base": (0.2, 0.3), "ear_tip": (0.1, 0.2)}
_FOLDED: Ranges = {**_POINTED, "ear_place": (35, 55), "ear_turn": (60, 110), "ear_length": (0.35, 0.55)}
_HANGING: Ranges = {
    "ear_place": (45, 70), "ear_turn": (110, 165), "ear_length": (0.5, 1.0), "ear_base": (0.16, 0.26),
    "ear_tip": (0.16, 0.3),
}  # fmt: skip
_LONG: Ranges = {
    "ear_place": (8, 22), "ear_turn": (0, 25), "ear_length": (0.9, 1.4), "ear_base": (0.14, 0.22),
    "ear_tip": (0.1, 0.2),
}  # fmt: skip
_ROUND: Ranges = {
    "ear_place": (35, 55), "ear_turn": (30, 60), "ear_length": (0.1, 0.3), "ear_base": (0.26, 0.42),
    "ear_tip": (0.26, 0.42),
}  # fmt: skip
_CAT: Ranges = {
    "height": (0.8, 1.1), "muzzle": (0.28, 0.44), "drop": (0.3, 0.5), "nose": (0.06, 0.13), "eye": (0.12, 0.2),
    "pupil": (0.2, 0.8), "whiskers": (0.0, 1.0),
}  # fmt: skip
_DOG: Ranges = {
    "height": (0.9, 1.2), "muzzle": (0.34, 0.52), "drop": (0.38, 0.58), "nose": (0.09, 0.17), "eye": (0.11, 0.18),
    "pupil": (0.5, 1.0), "whiskers": (0.0, 0.5),
}  # fmt: skip
_OWL: Ranges = {
    "height": (0.8, 1.05), "muzzle": (0.14, 0.26), "drop": (0.2, 0.4), "nose": (0.05, 0.1), "eye": (0.22, 0.34),
    "pupil": (0.2, 0.6), "whiskers": (0.0, 0.2),
}  # fmt: skip
_BEAR: Ranges = {
    "height": (0.9, 1.15), "muzzle": (0.45, 0.62), "drop": (0.35, 0.6), "nose": (0.16, 0.3), "eye": (0.07, 0.13),
    "pupil": (0.7, 1.0), "whiskers": (0.0, 0.2),
}  # fmt: skip
_MOUSE: Ranges = {
    "height": (1.05, 1.35), "muzzle": (0.24, 0.38), "drop": (0.5, 0.75), "nose": (0.05, 0.12), "eye": (0.1, 0.16),
    "pupil": (0.3, 1.0), "whiskers": (0.5, 1.0),
}  # fmt: skip

CATS = (Breed(**_POINTED, **_CAT), Breed(**_FOLDED, **_CAT))
DOGS = (Breed(**_BLUNT, **_DOG), Breed(**_HANGING, **_DOG))
OTHERS = tuple(
    Breed(**ears, **face) for ears in (_POINTED, _BLUNT, _HANGING, _LONG, _ROUND) for face in (_OWL, _BEAR, _MOUSE)
)
