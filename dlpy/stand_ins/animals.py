"""Faces of animals that nobody photographed, in any pose, light and colour, before any ground."""

from __future__ import annotations

import numpy as np

from dlpy.stand_ins.breeds import Breed, features

_CHUNK_PIXELS = 400_000  # drawn at a time: planes of 1.6 MB stay in the cache
_GRID = 7  # points across of the coarse noise that becomes clouds

Numbers = dict[str, np.ndarray]  # by name, one for each picture: (rows, 1, 1)


def animals(breeds: tuple[Breed, ...], chosen: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """Return a picture for each breed chosen: (rows, size, size, 3) uint8."""
    pictures = np.empty((len(chosen), size, size, 3), np.uint8)
    step = max(1, _CHUNK_PIXELS // size**2)
    for start in range(0, len(chosen), step):
        rows = chosen[start : start + step]
        face = {name: values[:, None, None] for name, values in features(breeds, rows, random).items()}
        pictures[start : start + step] = _drawn(face, len(rows), size, random)
    return pictures


def _drawn(face: Numbers, count: int, size: int, random: np.random.Generator) -> np.ndarray:
    """Return faces before grounds: (count, size, size, 3) uint8."""
    pose = _pose(count, random)
    x, y = _placed(pose, size)
    sharp = pose["scale"] * size / 2
    painted = _Layers((count, size, size))
    _paint_face(painted, face, pose, (x, y, sharp))
    coat = _coat(face, x, y, _clouds(count, size, random), pose)
    _paint_coat(painted, face, (x, y, sharp), coat)
    _paint_ground(painted, size, random)
    return _lit(painted.colored(_colors(count, random)), random)


class _Layers:
    """Layers of one colour each, from the front to the back; each takes its share of what is still to be seen."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self._seen = np.ones(shape, np.float32)
        self._shares: list[np.ndarray] = []

    def add(self, cover: np.ndarray) -> None:
        """Put a layer behind the others: cover (rows, size, size), from 0 to 1."""
        share = self._seen * cover
        self._seen -= share
        self._shares.append(share)

    def add_two(self, cover: np.ndarray, mix: np.ndarray) -> None:
        """Put a layer of two colours behind the others, `mix` of the first."""
        share = self._seen * cover
        self._seen -= share
        first = share * mix
        self._shares += [first, share - first]

    def colored(self, colors: np.ndarray) -> np.ndarray:
        """Return the picture: (rows, 3, size, size), from the colours (rows, 3, layers)."""
        shares = np.stack(self._shares, axis=1)
        rows, layers, size, _ = shares.shape
        return (colors @ shares.reshape(rows, layers, -1)).reshape(rows, 3, size, size)


def _pose(count: int, random: np.random.Generator) -> Numbers:
    """Return how each animal is seen."""
    ranges = {
        "across": (-0.25, 0.25), "down": (-0.1, 0.25), "scale": (0.38, 0.58), "turn": (-0.45, 0.45), "slant": (-0.2, 0.2),
        "wide": (0.85, 1.2), "yaw": (-0.25, 0.25), "nod": (-0.1, 0.1), "grain": (6, 14), "slope": (-1.5, 1.5),
        "phase": (0, 6.3),
    }  # fmt: skip
    return {name: random.uniform(*ends, (count, 1, 1)).astype(np.float32) for name, ends in ranges.items()}


def _placed(pose: Numbers, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where in the face each pixel lies: 0, 0 is its middle and its half width is 1."""
    pixel = ((np.arange(size) + 0.5) / size * 2 - 1).astype(np.float32)
    x = (pixel[None, None, :] - pose["across"]) / pose["scale"]
    y = (pixel[None, :, None] - pose["down"]) / pose["scale"]
    cos, sin = np.cos(pose["turn"]), np.sin(pose["turn"])
    x, y = cos * x + sin * y, cos * y - sin * x
    return (x + pose["slant"] * y) / pose["wide"], y


def _ellipse(x: np.ndarray, y: np.ndarray, radius: np.ndarray | float, height: np.ndarray | float) -> np.ndarray:
    """Return how far outside an ellipse around 0, 0 each point is, roughly."""
    return (np.sqrt(np.square(x) + np.square(y / height)) - 1.0 * radius).astype(np.float32)


def _horn(x: np.ndarray, y: np.ndarray, turn: np.ndarray, shape: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return how far outside a round-ended, tapering bar each point is.

    Args:
        x, y: measured from the middle of its foot.
        turn: where it points: 0 is up, a quarter to the right.
        shape: its length, and half of its width at the foot and at the end.
    """
    length, foot, end = shape
    right, up = np.sin(turn), -np.cos(turn)
    along = np.clip((x * right + y * up) / (length + 1e-3), 0, 1)
    x, y = x - along * (right * length), y - along * (up * length)
    return np.sqrt(np.square(x) + np.square(y)) - (foot + along * (end - foot))


def _cover(outside: np.ndarray, sharp: np.ndarray) -> np.ndarray:
    """Return how much of each pixel a shape covers."""
    return np.clip(0.5 - outside * sharp, 0, 1)


Place = tuple[np.ndarray, np.ndarray, np.ndarray]  # x and y in the face, and pixels in the face's half width


def _paint_face(painted: _Layers, face: Numbers, pose: Numbers, place: Place) -> None:
    """Paint what lies on the face: whiskers, pupils, eyes, nose and muzzle."""
    x, y, sharp = place
    x, y = x - pose["yaw"], y - pose["nod"]
    beside = np.abs(x)
    below = y - face["drop"]
    whisker = np.abs(np.sin(9 * below / (beside + 0.3))) * (beside + 0.3) / 9
    near = (beside > 0.25 * 1.0) & (beside < 1.25) & (np.abs(below) < 0.45 * beside)
    painted.add(_cover(whisker - 0.025, sharp) * near * face["whiskers"])
    aside, above = beside - 0.42, y + 0.12 * face["height"]
    painted.add(_cover(_ellipse(aside / face["pupil"], above, 0.75 * face["eye"], 1.0) * face["pupil"], sharp))
    painted.add(_cover(_ellipse(aside, above, face["eye"], 0.85), sharp))
    painted.add(_cover(_ellipse(x, below + 0.35 * face["muzzle"], face["nose"], 0.7), sharp))
    painted.add(_cover(np.minimum(np.abs(x), np.abs(below - 0.2 * face["muzzle"]) + 0.0) - 0.02, sharp)
                * (_ellipse(x, below - 0.1, 0.5 * face["muzzle"], 0.8) < 0))
    painted.add(_cover(_ellipse(x, below, face["muzzle"], 0.8), sharp))


def _paint_coat(painted: _Layers, face: Numbers, place: Place, coat: np.ndarray) -> None:
    """Paint the head, the ears and the body behind them."""
    x, y, sharp = place
    painted.add_two(_cover(_ellipse(x, y, 1.0, face["height"]), sharp), coat)
    place_of, turn = np.radians(face["ear_place"]), np.radians(face["ear_turn"])
    from_x, from_y = np.abs(x) - 0.85 * np.sin(place_of), y + 0.85 * face["height"] * np.cos(place_of)
    ear = _horn(from_x, from_y, turn, (face["ear_length"], face["ear_base"], face["ear_tip"]))
    painted.add(_cover(ear + 0.09, sharp))
    painted.add_two(_cover(ear, sharp), coat)
    painted.add_two(_cover(_ellipse(x, y - 2.0, 1.2, 1.2), sharp), coat)


def _coat(face: Numbers, x: np.ndarray, y: np.ndarray, clouds: np.ndarray, pose: Numbers) -> np.ndarray:
    """Return how much of the darker colour the coat has: stripes and spots."""
    stripes = np.clip(np.sin(pose["grain"] * (x + pose["slope"] * y) + pose["phase"]) * 2, 0, 1)
    spots = np.clip(clouds * 4 - 0.5, 0, 1)
    return np.maximum(stripes * face["stripes"], spots * face["spots"])


def _paint_ground(painted: _Layers, size: int, random: np.random.Generator) -> None:
    """Paint two things behind the animal that look like ears or bodies, and waves."""
    count = len(painted._seen)
    pixel = ((np.arange(size) + 0.5) / size * 2 - 1).astype(np.float32)
    x, y = pixel[None, None, :], pixel[None, :, None]

    def drawn(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, (count, 1, 1)).astype(np.float32)

    for _ in range(2):
        shape = drawn(0.05, 1.0), drawn(0.05, 0.35), drawn(0.0, 0.35)
        thing = _horn(x - drawn(-1, 1), y - drawn(-1, 1), drawn(-3.1, 3.1), shape)
        painted.add(_cover(thing, np.float32(size / 2)))
    wave = np.sin(drawn(-14, 14) * x + drawn(-14, 14) * y + drawn(0, 6.3)) * drawn(0, 1.5)
    clouds = _clouds(count, size, random) * drawn(0, 3)
    painted.add_two(np.float32(1), np.clip(0.5 + wave + clouds, 0, 1))


def _clouds(count: int, size: int, random: np.random.Generator) -> np.ndarray:
    """Return smooth noise around 0: (count, size, size)."""
    place = np.linspace(0, _GRID - 1, size, dtype=np.float32)
    weight = np.clip(1 - np.abs(place[:, None] - np.arange(_GRID, dtype=np.float32)), 0, 1)
    coarse = random.standard_normal((count, _GRID, _GRID), np.float32)
    return weight @ coarse @ weight.T


def _colors(count: int, random: np.random.Generator) -> np.ndarray:
    """Return the colours of the layers, from the front to the back: (count, 3, layers)."""
    def any_(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, (count, 3)).astype(np.float32)

    def muted(low: float, high: float) -> np.ndarray:
        grey = random.uniform(low, high, (count, 1)).astype(np.float32)
        return np.clip(grey + any_(-0.15, 0.15), 0, 1)

    warm = random.uniform(0, 0.25, (count, 1)).astype(np.float32) * np.array([1, 0, -1], np.float32)
    light = np.clip(random.uniform(0.4, 0.95, (count, 1)).astype(np.float32) + warm, 0, 1)
    dark = light * random.uniform(0.2, 0.75, (count, 1)).astype(np.float32)
    whiskers, eyes, nose = any_(0.5, 1.0), any_(0.1, 0.9), any_(0.0, 0.45)
    pupils, mouth = any_(0, 0.2), any_(0, 0.3)
    muzzle = 0.5 * light + 0.5 * muted(0.3, 1.0)
    inner = 0.6 * light + 0.4 * any_(0, 1)
    ear = light * random.uniform(0.7, 1.1, (count, 1)).astype(np.float32)
    return np.stack([whiskers, pupils, eyes, nose, mouth, muzzle, dark, light, inner, 0.8 * dark, ear, dark, light,
                     muted(0, 1), muted(0, 1), muted(0.1, 0.7), muted(0.1, 0.7)], axis=2)


def _lit(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return pictures (rows, 3, size, size) in some light, grainy, as (rows, size, size, 3) uint8."""
    count, _, size, _ = picture.shape
    x = np.linspace(-1, 1, size, dtype=np.float32)

    def drawn(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, (count, 1, 1)).astype(np.float32)

    light = 255 * (drawn(0.65, 1.15) + drawn(-0.2, 0.2) * x[None, None, :] + drawn(-0.2, 0.2) * x[None, :, None])
    grain = random.standard_normal((count, size, size), np.float32) * (255 * drawn(0, 0.04))
    picture *= light[:, None]
    picture += grain[:, None] + np.float32(0.5)
    np.clip(picture, 0, 255, out=picture)
    return picture.astype(np.uint8).transpose(0, 2, 3, 1)
