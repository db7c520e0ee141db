"""Random augmentation of images and videos during training, different in every epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import Field, model_validator

from dlpy.core.errors import ConfigError
from dlpy.core.options import Block
from dlpy.data.features import Features, Pictures, Scaled, value_span
from dlpy.data.task import Task

if TYPE_CHECKING:
    import tensorflow as tf

Share = Annotated[float, Field(ge=0, lt=1)]


class Draws(NamedTuple):
    """How each of some images is changed; a graph takes it as an argument.

    warps: (images, 8) float32, where each pixel comes from (projective, as TensorFlow takes it); None without moves.
    tones: (images, 4) float32: what is added, the contrast's factor, and the span; None where these stay.
    fill, interpolation: the options of Augmentation.
    """

    warps: Any
    tones: Any
    fill: str
    interpolation: str

    def at(self, positions: slice) -> Draws:
        """Return how the images at these positions are changed."""
        warps, tones = (None if draws is None else draws[positions] for draws in (self.warps, self.tones))
        return self._replace(warps=warps, tones=tones)


class Augmentation(Block):
    """Random changes of each training image, drawn again in every epoch; 0 disables a change.

    All frames of a video are changed alike. A flip also mirrors its motion: leave it out if classes are directions.
    All geometric changes are applied in a single interpolation. The random numbers depend only on the seed, the epoch
    and the position of the image in the epoch, so a run can be repeated exactly.
    """

    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0
    """Maximum rotation angle in degrees, in either direction."""
    shift: Share = 0.0
    """Maximum shift in either direction, horizontally and vertically, as a fraction of the image side, e.g. 0.2."""
    shear: Annotated[float, Field(ge=0, lt=1.5)] = 0.0
    """Maximum shear angle in either direction, in radians: 0.2 is 11 degrees."""
    zoom: Share = 0.0
    """Zoom range: 0.2 scales images by 0.8 to 1.2; height and width are scaled independently."""
    flip: Literal["horizontal", "vertical", "both"] | None = None
    """Flip an image with probability 0.5 in this direction. Default: no flips."""
    brightness: Share = 0.0
    """Maximum change of brightness, as a fraction of the value range."""
    contrast: Share = 0.0
    """Contrast range: 0.2 scales the distance of each value from the image mean by 0.8 to 1.2."""
    fill: Literal["nearest", "reflect", "wrap", "constant"] = "nearest"
    """Fill outside the image: nearest (edge pixel), reflect (mirrored), wrap (repeated), constant (zeros)."""
    interpolation: Literal["bilinear", "nearest"] = "bilinear"
    """Interpolation method."""

    @model_validator(mode="after")
    def _changes_something(self) -> Augmentation:
        if not (self.moves or self.brightness or self.contrast):
            raise ValueError("nothing to change: set rotation, shift, shear, zoom, flip, brightness or contrast")
        return self

    @property
    def moves(self) -> bool:
        """Whether there are geometric changes."""
        return bool(self.rotation or self.shift or self.shear or self.zoom or self.flip)

    def check(self, task: Task) -> None:
        """Raise ConfigError if the model's inputs are neither images nor videos."""
        if task.input.kind != "array" or len(task.input.shape) not in (3, 4):
            raise ConfigError(f"augmentation requires images (height, width, channels), not {task.input}.")

    def by_epoch(self, pictures: Features, seed: int, count: int, number: int = 0) -> Callable[[int], Draws]:
        """Return a function that draws the changes of `count` images for an epoch.

        Each of several inputs draws its own: `number` counts those that are augmented, from 0.
        """
        if not isinstance(pictures, np.ndarray | Scaled | Pictures):
            raise TypeError(f"expected images, not {type(pictures).__name__}")
        (*_, height, width, _), span = pictures.shape, value_span(pictures)
        more = [number] if number else []
        return lambda epoch: self.drawn(np.random.default_rng([seed, epoch, 2, *more]), count, (height, width), span)

    def drawn(self, random: np.random.Generator, count: int, size: tuple[int, int], span: tuple[float, float]) -> Draws:
        """Return how each of some images is changed, as `augmented` takes it.

        Args:
            count: the number of images.
            size: the images' height and width.
            span: the smallest and the largest number an image may hold.
        """
        warps = self._warps(random, count, size) if self.moves else None
        tones = self._tones(random, count, span) if self.brightness or self.contrast else None
        return Draws(warps, tones, self.fill, self.interpolation)

    def _tones(self, random: np.random.Generator, count: int, span: tuple[float, float]) -> np.ndarray:
        low, high = span
        added = random.uniform(-self.brightness, self.brightness, count) * (high - low)
        factor = random.uniform(1 - self.contrast, 1 + self.contrast, count)
        columns = [added, factor, np.full(count, low), np.full(count, high)]
        return np.stack(columns, axis=1).astype(np.float32)

    def _warps(self, random: np.random.Generator, count: int, size: tuple[int, int]) -> np.ndarray:
        """Return transforms that rotate, shift, shear, zoom and flip about the image centre."""
        height, width = size
        angle = np.radians(random.uniform(-self.rotation, self.rotation, count))
        down, right = random.uniform(-self.shift, self.shift, (2, count)) * [[height], [width]]
        slant = random.uniform(-self.shear, self.shear, count)
        tall, wide = random.uniform(1 - self.zoom, 1 + self.zoom, (2, count))
        mirrored = np.where(random.random((2, count)) < 0.5, -1.0, 1.0)
        across = mirrored[0] if self.flip in ("horizontal", "both") else 1.0
        over = mirrored[1] if self.flip in ("vertical", "both") else 1.0
        turn = _matrices([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], count)
        shear = _matrices([[1, np.sin(slant)], [0, np.cos(slant)]], count)
        scale = _matrices([[across / wide, 0], [0, over / tall]], count)
        matrix = turn @ shear @ scale  # from (x, y) of the output image to (x, y) of the input image
        centre = np.array([(width - 1) / 2, (height - 1) / 2])
        offset = centre - matrix @ centre - np.einsum("nij,jn->ni", turn, np.stack([right, down]))
        nothing = np.zeros((count, 2))
        rows = np.concatenate([matrix[:, 0], offset[:, :1], matrix[:, 1], offset[:, 1:], nothing], axis=1)
        return rows.astype(np.float32)


def augmented(pictures: tf.Tensor, draws: Draws) -> tf.Tensor:
    """Return images (batch, height, width, channels) float32, each changed by what was drawn for it.

    Of videos (batch, frames, height, width, channels), all frames are changed alike.
    """
    import tensorflow as tf

    if draws.warps is not None:
        pictures = _warped(pictures, draws)
    if draws.tones is not None:
        axes = list(range(1, len(pictures.shape)))
        added, factor, low, high = (tf.reshape(draws.tones[:, i], [-1] + [1] * len(axes)) for i in range(4))
        mean = tf.reduce_mean(pictures, axis=axes, keepdims=True)
        pictures = tf.clip_by_value((pictures - mean) * factor + mean + added, low, high)
    return pictures


def _warped(pictures: tf.Tensor, draws: Draws) -> tf.Tensor:
    """Return images or videos after the geometric changes."""
    import tensorflow as tf

    shape, warps = tf.shape(pictures), draws.warps
    frames = pictures
    if len(pictures.shape) == 5:
        frames = tf.reshape(pictures, tf.concat([[-1], shape[2:]], 0))
        warps = tf.repeat(warps, shape[1], axis=0)
    warped = tf.raw_ops.ImageProjectiveTransformV3(
        images=frames,
        transforms=warps,
        output_shape=shape[-3:-1],
        fill_value=tf.constant(0.0),
        interpolation=draws.interpolation.upper(),
        fill_mode=draws.fill.upper(),
    )
    return warped if frames is pictures else tf.reshape(warped, shape)


def _matrices(rows: list[list[Any]], count: int) -> np.ndarray:
    """Return one 2 x 2 matrix per image: (count, 2, 2)."""
    return np.stack([np.stack([np.broadcast_to(cell, count) for cell in row], -1) for row in rows], -2)
