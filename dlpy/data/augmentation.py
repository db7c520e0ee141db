"""Random image augmentation during training, different in every epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from dlpy.core.errors import ConfigError
from dlpy.core.options import Block
from dlpy.data.features import Features, Pictures, Scaled, value_span
from dlpy.data.task import Task

if TYPE_CHECKING:
    import tensorflow as tf

Share = Annotated[float, Field(ge=0, lt=1)]
Draws = dict[str, np.ndarray | str]  # the return type of `drawn`


class Augmentation(Block):
    """Random changes of each training image, drawn again in every epoch; 0 disables a change.

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
        """Raise ConfigError if the model's inputs are not images."""
        if task.input.kind != "array" or len(task.input.shape) != 3:
            raise ConfigError(f"augmentation requires images (height, width, channels), not {task.input}.")

    def by_epoch(self, pictures: Features, seed: int, count: int) -> Callable[[int], Draws]:
        """Return a function that draws the changes of `count` images for an epoch."""
        if not isinstance(pictures, np.ndarray | Scaled | Pictures):
            raise TypeError(f"expected images, not {type(pictures).__name__}")
        (_, *size, _), span = pictures.shape, value_span(pictures)
        return lambda epoch: self.drawn(np.random.default_rng([seed, epoch, 2]), count, (size[0], size[1]), span)

    def drawn(self, random: np.random.Generator, count: int, size: tuple[int, int], span: tuple[float, float]) -> Draws:
        """Return random changes for `count` images, as expected by `augmented`.

        Args:
            size: height and width of the images.
            span: smallest and largest value that an image can contain.

        Returns:
            warps: (count, 8) float32, projective transforms from output to input pixels, in TensorFlow's format.
            tones: (count, 4) float32: the number to add, the contrast factor, and the span.
        """
        draws: Draws = {}
        if self.moves:
            draws |= {"warps": self._warps(random, count, size), "fill": self.fill, "interpolation": self.interpolation}
        if self.brightness or self.contrast:
            low, high = span
            added = random.uniform(-self.brightness, self.brightness, count) * (high - low)
            factor = random.uniform(1 - self.contrast, 1 + self.contrast, count)
            columns = [added, factor, np.full(count, low), np.full(count, high)]
            draws["tones"] = np.stack(columns, axis=1).astype(np.float32)
        return draws

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


def augmented(pictures: tf.Tensor, draws: dict[str, Any]) -> tf.Tensor:
    """Return images (batch, height, width, channels) float32 with the changes in `draws` applied."""
    import tensorflow as tf

    if "warps" in draws:
        pictures = tf.raw_ops.ImageProjectiveTransformV3(
            images=pictures,
            transforms=draws["warps"],
            output_shape=tf.shape(pictures)[1:3],
            fill_value=tf.constant(0.0),
            interpolation=draws["interpolation"].upper(),
            fill_mode=draws["fill"].upper(),
        )
    if "tones" in draws:
        added, factor, low, high = (draws["tones"][:, i, None, None, None] for i in range(4))
        mean = tf.reduce_mean(pictures, axis=[1, 2, 3], keepdims=True)
        pictures = tf.clip_by_value((pictures - mean) * factor + mean + added, low, high)
    return pictures


def _matrices(rows: list[list[Any]], count: int) -> np.ndarray:
    """Return one 2 x 2 matrix per image: (count, 2, 2)."""
    return np.stack([np.stack([np.broadcast_to(cell, count) for cell in row], -1) for row in rows], -2)
