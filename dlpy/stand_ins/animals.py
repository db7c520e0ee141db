"""Generated animal faces with random pose, light, colours and background."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlpy.stand_ins.breeds import Breed, features
from dlpy.stand_ins.layers import Layers, Numbers, clouds, cover, horn, oval, pixels, uniform

_CHUNK_PIXELS = 150_000  # per chunk: a few planes of 0.6 MB stay in the processor's cache

Place = tuple[np.ndarray, np.ndarray, np.ndarray]  # x and y in face coordinates, half the face width in pixels


def animals(
    breeds: tuple[Breed, ...], chosen: np.ndarray, size: Sequence[int], random: np.random.Generator
) -> np.ndarray:
    """Return one image per chosen breed: (rows, height, width, 3) uint8.

    Args:
        chosen: (rows,) positions in `breeds`.
        size: height and width.
    """
    height, width = size
    pictures = np.empty((len(chosen), height, width, 3), np.uint8)
    step = max(1, _CHUNK_PIXELS // (height * width))
    for start in range(0, len(chosen), step):
        rows = chosen[start : start + step]
        face = {name: values[:, None, None] for name, values in features(breeds, rows, random).items()}
        pictures[start : start + step] = _drawn(face, (len(rows), height, width), random)
    return pictures


def _drawn(face: Numbers, shape: tuple[int, int, int], random: np.random.Generator) -> np.ndarray:
    """Return faces in front of backgrounds: (rows, height, width, 3) uint8."""
    pose = _pose(shape[0], random)
    x, y = _placed(pose, shape)
    place = (x, y, pose["scale"] * (min(shape[1:]) / 2))
    layers = Layers(shape)
    _paint_face(layers, face, pose, place)
    _paint_coat(layers, face, place, _coat(face, pose, (x, y), clouds(shape, random)))
    _paint_ground(layers, shape, random)
    return _lit(layers.colored(_colors(shape[0], random)), random)


def _pose(count: int, random: np.random.Generator) -> Numbers:
    """Return the pose of each animal, which is independent of its breed."""
    ranges = {
        "across": (-0.25, 0.25), "down": (-0.05, 0.25), "scale": (0.4, 0.6), "turn": (-0.45, 0.45),
        "slant": (-0.2, 0.2), "wide": (0.85, 1.2), "yaw": (-0.25, 0.25), "nod": (-0.1, 0.1),
        "grain": (6, 14), "slope": (-1.5, 1.5), "phase": (0, 6.3),
    }  # fmt: skip
    return {name: uniform(random, count, *ends) for name, ends in ranges.items()}


def _placed(pose: Numbers, shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the face coordinates of each pixel: (0, 0) is the centre, and half the face width is 1."""
    across, down = pixels(shape)
    x, y = (across - pose["across"]) / pose["scale"], (down - pose["down"]) / pose["scale"]
    cos, sin = np.cos(pose["turn"]), np.sin(pose["turn"])
    x, y = cos * x + sin * y, cos * y - sin * x
    return (x + pose["slant"] * y) / pose["wide"], y


def _paint_face(layers: Layers, face: Numbers, pose: Numbers, place: Place) -> None:
    """Paint the parts of the face, from front to back: whiskers, pupils, eyes, nose, mouth, muzzle."""
    x, y = place[0] - pose["yaw"], place[1] - pose["nod"]
    sharp, beside, below = place[2], np.abs(x), y - face["drop"]
    spread = (beside + 0.3) / 9
    whiskers = cover(np.abs(np.sin(below / spread)) * spread - 0.025, sharp)
    whiskers *= (beside > 0.25) & (beside < 1.25) & (np.abs(below) < 0.45 * beside)
    layers.add(whiskers * face["whiskers"])
    aside, above = beside - 0.42, y + 0.12 * face["height"]
    layers.add(cover(oval(aside / face["pupil"], above, 0.75 * face["eye"], 1.0) * face["pupil"], sharp))
    layers.add(cover(oval(aside, above, face["eye"], 0.85), sharp))
    layers.add(cover(oval(x, below + 0.35 * face["muzzle"], face["nose"], 0.7), sharp))
    mouth = np.minimum(beside, np.abs(below - 0.2 * face["muzzle"])) - 0.02
    layers.add(cover(np.maximum(mouth, oval(x, below - 0.1, 0.5 * face["muzzle"], 0.8)), sharp))
    layers.add(cover(oval(x, below, face["muzzle"], 0.8), sharp))


def _paint_coat(layers: Layers, face: Numbers, place: Place, coat: np.ndarray) -> None:
    """Paint the head, the ears and the body behind them; `coat` is the darkness of each point."""
    x, y, sharp = place
    layers.add_two(cover(oval(x, y, 1.0, face["height"]), sharp), coat)
    grows, turn = np.radians(face["ear_place"]), np.radians(face["ear_turn"])
    from_x, from_y = np.abs(x) - 0.85 * np.sin(grows), y + 0.85 * face["height"] * np.cos(grows)
    ear = horn(from_x, from_y, turn, (face["ear_length"], face["ear_base"], face["ear_tip"]))
    layers.add(cover(ear + 0.09, sharp))
    layers.add_two(cover(ear, sharp), coat)
    layers.add_two(cover(oval(x, y - 2.0, 1.2, 1.2), sharp), coat)


def _coat(face: Numbers, pose: Numbers, place: tuple[np.ndarray, np.ndarray], spotted: np.ndarray) -> np.ndarray:
    """Return the share of the darker coat colour at each point: stripes and spots."""
    x, y = place
    stripes = np.clip(2 * np.sin(pose["grain"] * (x + pose["slope"] * y) + pose["phase"]), 0, 1)
    return np.maximum(stripes * face["stripes"], np.clip(spotted * 4 - 0.5, 0, 1) * face["spots"])


def _paint_ground(layers: Layers, shape: tuple[int, int, int], random: np.random.Generator) -> None:
    """Paint the background: two distractors that look like ears or bodies, and waves and clouds behind them."""
    count, (across, down) = shape[0], pixels(shape)

    def drawn(low: float, high: float) -> np.ndarray:
        return uniform(random, count, low, high)

    for _ in range(2):
        thing = drawn(0.05, 1.0), drawn(0.05, 0.35), drawn(0.0, 0.35)
        outside = horn(across - drawn(-1, 1), down - drawn(-1, 1), drawn(-3.1, 3.1), thing)
        layers.add(cover(outside, np.float32(min(shape[1:]) / 2)))
    wave = np.sin(drawn(-14, 14) * across + drawn(-14, 14) * down + drawn(0, 6.3)) * drawn(0, 1.5)
    layers.add_two(np.float32(1), np.clip(0.5 + wave + clouds(shape, random) * drawn(0, 3), 0, 1))


def _colors(count: int, random: np.random.Generator) -> np.ndarray:
    """Return the colours of the layers, from front to back: (count, 3, layers)."""

    def color(low: float, high: float) -> np.ndarray:
        return uniform(random, count, low, high, 3)

    def grey(low: float, high: float) -> np.ndarray:
        return uniform(random, count, low, high, 1)

    def muted(low: float, high: float) -> np.ndarray:
        return np.clip(grey(low, high) + color(-0.15, 0.15), 0, 1)

    light = np.clip(grey(0.4, 0.95) + grey(0, 0.25) * np.array([1, 0, -1], np.float32), 0, 1)  # grey to ginger
    dark, ear = light * grey(0.2, 0.75), light * grey(0.7, 1.1)
    whiskers, pupils, eyes = color(0.5, 1), color(0, 0.2), color(0.1, 0.9)
    nose, mouth = color(0, 0.45), color(0, 0.3)
    muzzle, inner = 0.5 * light + 0.5 * muted(0.3, 1), 0.6 * light + 0.4 * color(0, 1)
    animal = [whiskers, pupils, eyes, nose, mouth, muzzle, dark, light, inner, 0.8 * dark, ear, dark, light]
    return np.stack([*animal, *(muted(0, 1) for _ in range(4))], axis=2)


def _lit(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return images (rows, 3, height, width) with random light and noise as (rows, height, width, 3) uint8."""
    count, _, height, width = picture.shape
    (across, down), grain = pixels((count, height, width)), random.standard_normal((count, height, width), np.float32)

    def drawn(low: float, high: float) -> np.ndarray:
        return uniform(random, count, low, high)

    light = 255 * (drawn(0.65, 1.15) + drawn(-0.2, 0.2) * across + drawn(-0.2, 0.2) * down)
    grain *= 255 * drawn(0, 0.04)
    picture *= light[:, None]
    picture += grain[:, None]
    picture += np.float32(0.5)
    return np.clip(picture, 0, 255, out=picture).astype(np.uint8).transpose(0, 2, 3, 1)
