"""The model family `vae`: variational autoencoders."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from dlpy.components.callback import Callback
from dlpy.components.model import GenerativeModel
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Data, Rows
from dlpy.data.task import Task
from dlpy.engine.custom_step import Batch, Noise, Sampler, Scores, Turn, stepped
from dlpy.models._image_layers import AnyLayer, Layer, check_sides, image_shape, start_shape
from dlpy.models.dense import Activation, Units
from dlpy.sampling.latent_space import latent_pieces
from dlpy.sampling.row_targets import RowsAsTargets

if TYPE_CHECKING:
    import keras

_CHUNK = 1024  # rows averaged at a time
_LEAST = 1e-7


class Vae(GenerativeModel):
    """A variational autoencoder (Kingma & Welling 2014): an encoder, a latent vector, and a decoder that mirrors it.

    Its scores are means over rows: `reconstruction_loss`, in nats (or squared errors) per number of a row, `kl_loss` in
    nats per row, and loss = reconstruction_loss + kl_weight * kl_loss.
    """

    name: Literal["vae"] = "vae"
    latent: Annotated[int, Field(gt=0)] = 2
    """Size of the latent vector; with 2, the latent space is plotted as a map."""
    encoder: list[AnyLayer] = [Layer(filters=32, stride=2), Layer(filters=64, stride=2)]
    """Convolutions of the encoder, such as [32, {filters: 64, stride: 2}]; [] for rows that are not images."""
    units: list[Units] = [32]
    """Size of each hidden dense layer between the convolutions and the latent vector."""
    decoder: list[AnyLayer] | None = None
    """Transposed convolutions of the decoder; default: the strided convolutions of the encoder, reversed."""
    activation: Activation = "relu"
    """Activation function of each convolution and hidden layer."""
    sampling: Literal["standard", "book"] = "standard"
    """Standard deviation of the latent samples: exp(log_variance / 2), or exp(log_variance) as printed in the book."""
    kl_weight: Annotated[float, Field(ge=0)] | None = None
    """Factor of kl_loss; default: 1 / (numbers in a row), with which the loss is the evidence lower bound."""
    reconstruction: Literal["auto", "binary_crossentropy", "mse"] = "auto"
    """Reconstruction loss; auto: binary_crossentropy if all numbers lie between 0 and 1, else mse."""

    def check(self, task: Task) -> None:
        if task.output.kind != "inputs":
            raise ConfigError("vae learns the rows, not a target.")
        if self.encoder:
            check_sides(image_shape(task), self._decoder(), "the decoder")
        elif self.decoder:
            raise ConfigError("'decoder' needs an 'encoder' of convolutions: give one, or remove 'decoder'.")

    def transforms(self) -> list[Transform]:
        return [RowsAsTargets()]

    def scores(self, task: Task) -> dict[str, Literal["min", "max"]]:
        return {"loss": "min", "reconstruction_loss": "min", "kl_loss": "min"}

    def callbacks(self) -> list[Callback]:
        return [Callback.registry.get("samples")(name="samples")]

    def resolved(self, task: Task) -> Vae:
        weight = 1 / math.prod(side or 1 for side in task.input.shape) if self.kl_weight is None else self.kl_weight
        kind = self.reconstruction
        if kind == "auto":
            kind = "binary_crossentropy" if _in_unit_interval(task) else "mse"
        if kind == "binary_crossentropy" and not _in_unit_interval(task):
            low, high = task.input.span or (0, 1)
            raise ConfigError(
                f"model.reconstruction: binary_crossentropy needs numbers from 0 to 1, not from {low:g} to "
                f"{high:g}: add 'rescale' to data.transforms, or use mse."
            )
        return self.model_copy(update={"kl_weight": weight, "reconstruction": kind, "decoder": self._decoder()})

    def baseline(self, task: Task, train: Rows, rows: Rows) -> dict[str, object]:
        """Return the loss of a decoder whose output is always the mean training row."""
        (mean, _), (held, squares) = _moments(train), _moments(rows)
        if self.resolved(task).reconstruction == "mse":
            loss = float((squares - 2 * mean * held + mean**2).mean())
        else:
            p = mean.clip(_LEAST, 1 - _LEAST)
            loss = float(-(held * np.log(p) + (1 - held) * np.log1p(-p)).mean())
        return {"guess": "always the mean training row", "loss": loss, "reconstruction_loss": loss}

    def samples(self, model: keras.Model, data: Data, seed: int) -> dict[str, np.ndarray]:
        return latent_pieces(model, data, seed)

    def build(self, task: Task) -> keras.Model:
        import keras

        chosen = self.resolved(task)
        rows = keras.Input(task.input.shape, name="input")
        encoder, (decoder, logits) = chosen._encoder(rows), chosen._decoders(task)
        network = keras.Model(rows, decoder(encoder(rows)[0]))
        sampler = Sampler(decoder, self.latent, task.input.span or (0.0, 1.0))
        turn = Turn([encoder, logits], _Objective(chosen, encoder, logits), "loss")
        return stepped(network, [turn], list(self.scores(task)), sampler, network)

    def _decoder(self) -> list[Layer]:
        return [layer for layer in reversed(self.encoder) if layer.stride > 1] if self.decoder is None else self.decoder

    def _encoder(self, rows: Any) -> keras.Model:
        """Return the network from rows to their mean and log-variance, each (batch, latent)."""
        import keras
        from keras import layers

        x = layers.Reshape((*rows.shape[1:], 1))(rows) if self.encoder and len(rows.shape) == 3 else rows
        for layer in self.encoder:
            options = {"strides": layer.stride, "padding": "same", "activation": self.activation}
            x = layers.Conv2D(layer.filters, layer.kernel, **options)(x)
        x = layers.Flatten()(x)
        for size in self.units:
            x = layers.Dense(size, activation=self.activation)(x)
        outputs = [layers.Dense(self.latent, name=name)(x) for name in ("mean", "log_variance")]
        return keras.Model(rows, outputs, name="encoder")

    def _decoders(self, task: Task) -> tuple[keras.Model, keras.Model]:
        """Return the network from latent vectors (batch, latent) to rows, and the same without its last activation."""
        import keras
        from keras import layers

        latent = keras.Input((self.latent,), name="latent")
        logits = self._convolved(latent, task) if self.encoder else self._dense(latent, task)
        last = "sigmoid" if self.reconstruction == "binary_crossentropy" else "linear"
        made = layers.Activation(last, name="made")(logits)
        return keras.Model(latent, made, name="decoder"), keras.Model(latent, logits)

    def _convolved(self, latent: Any, task: Task) -> Any:
        from keras import layers

        shape, grown = image_shape(task), self._decoder()
        start = start_shape(shape, grown, self.encoder[-1].filters)
        x = layers.Dense(math.prod(start), activation=self.activation)(latent)
        x = layers.Reshape(start)(x)
        for layer in grown:
            options = {"strides": layer.stride, "padding": "same", "activation": self.activation}
            x = layers.Conv2DTranspose(layer.filters, layer.kernel, **options)(x)
        x = layers.Conv2D(shape[2], 3, padding="same")(x)
        return layers.Reshape(task.input.shape)(x) if len(task.input.shape) == 2 else x

    def _dense(self, latent: Any, task: Task) -> Any:
        from keras import layers

        x = latent
        for size in reversed(self.units):
            x = layers.Dense(size, activation=self.activation)(x)
        return layers.Reshape(task.input.shape)(layers.Dense(math.prod(side or 1 for side in task.input.shape))(x))


class _Objective:
    """The negative evidence lower bound of a batch, each part a mean over rows."""

    def __init__(self, vae: Vae, encoder: keras.Model, logits: keras.Model) -> None:
        self._vae, self._encoder, self._logits = vae, encoder, logits

    def __call__(self, batch: Batch, noise: Noise) -> Scores:
        import tensorflow as tf

        x = batch[0]
        mean, log_variance = self._encoder(x, training=noise.training)
        deviation = tf.exp(log_variance if self._vae.sampling == "book" else log_variance / 2)
        made = self._logits(mean + deviation * noise.normal(tf.shape(mean)), training=noise.training)
        if self._vae.reconstruction == "mse":
            errors = tf.math.squared_difference(x, made)
        else:
            errors = tf.nn.sigmoid_cross_entropy_with_logits(x, made)
        reconstruction, kl = tf.reduce_mean(errors), tf.reduce_mean(kl_divergence(mean, log_variance))
        loss = reconstruction + (self._vae.kl_weight or 0.0) * kl
        return {"loss": loss, "reconstruction_loss": reconstruction, "kl_loss": kl}


def kl_divergence(mean: Any, log_variance: Any) -> Any:
    """Return the KL divergence of N(mean, exp(log_variance)) from N(0, 1), in nats per row.

    Args:
        mean, log_variance: (batch, latent) float32.

    Returns:
        (batch,) float32, never negative.

    Source: Kingma & Welling 2014, arXiv:1312.6114, appendix B.
    """
    import tensorflow as tf

    return tf.reduce_sum(tf.exp(log_variance) + tf.square(mean) - 1 - log_variance, axis=1) / 2


def _in_unit_interval(task: Task) -> bool:
    low, high = task.input.span or (0.0, 1.0)
    return low >= 0 and high <= 1


def _moments(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of each number of the rows, and of its square: float64."""
    total, squares = np.float64(0), np.float64(0)
    for start in range(0, len(rows), _CHUNK):
        some = rows.take(np.arange(start, min(start + _CHUNK, len(rows)))).array.astype(np.float64)
        total, squares = total + some.sum(axis=0), squares + np.square(some).sum(axis=0)
    return np.asarray(total / len(rows)), np.asarray(squares / len(rows))
