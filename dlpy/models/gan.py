"""The model family `gan`: a generator, and a discriminator that tells its images from real ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from dlpy.components.callback import Callback
from dlpy.components.model import GenerativeModel
from dlpy.components.objectives import AnyOptimizer
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.core.options import Block
from dlpy.data.rows import Data, Rows
from dlpy.data.task import Task
from dlpy.engine.custom_step import Sampler, Turn, stepped
from dlpy.models._adversaries import Judge, Objectives
from dlpy.models._image_layers import AnyLayer, Layer, check_sides, image_shape, start_shape
from dlpy.models.dense import Positive, Rate, Units
from dlpy.sampling.images import sample_pieces
from dlpy.sampling.row_targets import RowsAsTargets

if TYPE_CHECKING:
    import keras


class Generator(Block):
    """The network that turns latent vectors into images."""

    start: Units = 128
    """Number of channels of the small feature map that is upsampled to the image."""
    layers: list[AnyLayer] = [Layer(filters=64, kernel=4, stride=2), Layer(filters=32, kernel=4, stride=2)]
    """Convolutions, such as [{filters: 64, kernel: 4, stride: 2}]; those with a stride are transposed and upsample."""
    kernel: Positive = 7
    """Side of the window of the last convolution, whose output is the image."""


class Discriminator(Block):
    """The network that tells real images from generated ones."""

    layers: Annotated[list[AnyLayer], Field(min_length=1)] = [
        Layer(filters=64, kernel=4, stride=2),
        Layer(filters=128, kernel=4, stride=2),
    ]
    """Convolutions, such as [{filters: 64, kernel: 4, stride: 2}]."""
    padding: Literal["same", "valid"] = "same"
    """`valid` shrinks each side by kernel - 1, `same` does not."""
    dropout: Rate = 0.3
    """Dropout rate behind the last convolution."""
    optimizer: AnyOptimizer | None = None
    """Optimizer of the discriminator; default: a copy of training.optimizer, which trains the generator."""


class Gan(GenerativeModel):
    """A deep convolutional generative adversarial network (Goodfellow et al. 2014; Radford et al. 2016).

    Its scores: `d_loss` and `g_loss`, the cross-entropies of discriminator and generator; `real_accuracy` and
    `fake_accuracy`, the accuracies of the discriminator on real and generated images; `diversity`, the standard
    deviation of generated images as a multiple of that of real ones.
    """

    name: Literal["gan"] = "gan"
    latent: Units = 64
    """Size of the latent vector."""
    generator: Generator = Generator()
    """The network that generates images."""
    discriminator: Discriminator = Discriminator()
    """The network that tells real images from generated ones."""
    slope: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Negative slope of the LeakyReLU activations."""
    output_range: Literal["data", "tanh"] = "data"
    """Range of the generated images: that of the training images (data), or always -1 to 1 as in the book (tanh)."""
    smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.1
    """Label smoothing: the discriminator's target for real images is 1 minus this."""
    label_noise: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    """Largest random amount subtracted from the discriminator's targets in training, real and generated alike."""
    conditional: bool = False
    """Whether both networks get the class as input, so that images of a given class can be generated."""

    def check(self, task: Task) -> None:
        if task.output.kind != "inputs":
            raise ConfigError("gan learns the rows, not a target.")
        if self.conditional and not task.output.classes:
            raise ConfigError("conditional: true needs rows with classes.")
        shape = image_shape(task)
        check_sides(shape, self.generator.layers, "the generator")
        for side in shape[:2]:
            if side is not None and self.discriminator.padding == "valid":
                self._shrink(side)

    def _shrink(self, side: int) -> None:
        """Raise ConfigError if nothing is left of a side of the image after a layer of the discriminator."""
        for position, layer in enumerate(self.discriminator.layers):
            side = (side - layer.kernel) // layer.stride + 1
            if side < 1:
                hint = "use fewer layers, or 'padding: same'"
                raise ConfigError(f"discriminator: nothing is left of the image after layer {position + 1}: {hint}.")

    def transforms(self) -> list[Transform]:
        return [RowsAsTargets()]

    def scores(self, task: Task) -> dict[str, Literal["min", "max"]]:
        return {
            "d_loss": "min", "g_loss": "min", "real_accuracy": "max", "fake_accuracy": "max", "diversity": "max"
        }  # fmt: skip

    def callbacks(self) -> list[Callback]:
        return [Callback.registry.get(name)(name=name) for name in ("samples", "collapse_alarm")]

    def baseline(self, task: Task, train: Rows, rows: Rows) -> dict[str, object]:
        """Return the scores of a discriminator that tosses a coin, which is where the training of a GAN should end."""
        even = math.log(2)
        return {"guess": "a coin", "d_loss": even, "g_loss": even, "real_accuracy": 0.5, "fake_accuracy": 0.5}

    def samples(self, model: keras.Model, data: Data, seed: int) -> dict[str, np.ndarray]:
        return sample_pieces(model, data.train, seed)

    def build(self, task: Task) -> keras.Model:
        import keras

        classes = task.output.classes if self.conditional else ()
        rows = keras.Input(task.input.shape, name="input")
        maps = self._maps(rows)
        verdict, asked = keras.layers.Dense(1, name="verdict"), _projection(len(classes), maps.output_shape[-1])
        generator = self._generator(task, len(classes))
        judge = Judge(maps, verdict, asked, len(classes))
        objectives = Objectives(generator, judge, self.latent, self.smoothing, self.label_noise)
        own = self.discriminator.optimizer
        network = keras.Model(rows, verdict(maps(rows)))
        turns = [
            Turn([maps, verdict, *asked], objectives.discriminator, "d_loss", own and own.build),
            Turn([generator], objectives.generator, "g_loss"),
        ]
        sampler = Sampler(generator, self.latent, task.input.span or (-1.0, 1.0), classes)
        return stepped(network, turns, list(self.scores(task)), sampler, generator)

    def _maps(self, rows: Any) -> keras.Model:
        """Return the discriminator up to its last feature maps, flattened."""
        import keras
        from keras import layers

        options = self.discriminator
        x = layers.Reshape((*rows.shape[1:], 1))(rows) if len(rows.shape) == 3 else rows
        for layer in options.layers:
            x = layers.Conv2D(layer.filters, layer.kernel, strides=layer.stride, padding=options.padding)(x)
            x = layers.LeakyReLU(self.slope)(x)
        x = layers.Flatten()(x)
        return keras.Model(rows, layers.Dropout(options.dropout)(x) if options.dropout else x, name="discriminator")

    def _generator(self, task: Task, classes: int) -> keras.Model:
        """Return the network from vectors (batch, latent + classes) to rows."""
        import keras
        from keras import layers

        shape, options = image_shape(task), self.generator
        start = start_shape(shape, options.layers, options.start)
        latent = keras.Input((self.latent + classes,), name="latent")
        x = layers.LeakyReLU(self.slope)(layers.Dense(math.prod(start))(latent))
        x = layers.Reshape(start)(x)
        for layer in options.layers:
            kind = layers.Conv2DTranspose if layer.stride > 1 else layers.Conv2D
            x = kind(layer.filters, layer.kernel, strides=layer.stride, padding="same")(x)
            x = layers.LeakyReLU(self.slope)(x)
        x = layers.Conv2D(shape[2], options.kernel, padding="same", activation="tanh")(x)
        if self.output_range == "data":
            low, high = task.input.span or (-1.0, 1.0)
            x = layers.Rescaling((high - low) / 2, (high + low) / 2)(x)
        x = layers.Reshape(task.input.shape)(x) if len(task.input.shape) == 2 else x
        return keras.Model(latent, x, name="generator")


def _projection(classes: int, width: int) -> list[keras.Layer]:
    """Return the layer that turns a class into weights for `width` maps; [] if there are no classes."""
    from keras import layers

    if not classes:
        return []
    projection = layers.Dense(width, use_bias=False, name="asked")
    projection.build((None, classes))
    return [projection]
