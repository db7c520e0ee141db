"""A dense head on a base that was trained elsewhere: on ImageNet, or by a run of dlpy's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import model_validator

from dlpy.components.model import Model, PretrainedModel
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.task import Task
from dlpy.models.dense import Activation, Dense, Rate, Regularizer, Units, add_head
from dlpy.pretrained.bases import AnyNetwork, Base, base_layers
from dlpy.pretrained.features import BaseFeatures
from dlpy.pretrained.preprocessing import Preparation

if TYPE_CHECKING:
    import keras


class Pretrained(PretrainedModel):
    """A network that was trained on other pictures, without its classifier, and a dense head of its own on top."""

    name: Literal["pretrained"] = "pretrained"
    base: AnyNetwork = None
    """The network of keras.applications, such as vgg16; left out where `weights` names a run."""
    weights: str | None = "imagenet"
    """Where its weights are: imagenet (downloaded once), an h5 file, run:<id> (a run's own base), or null (drawn)."""
    preprocessing: Literal["auto", "none"] | Preparation = "auto"
    """`auto` does inside the model what the base needs to raw bytes (0 to 255); `none` takes rows as they come."""
    train: Literal["features", "frozen", "all"] | None = None
    """What learns. features: a head, on outputs of the base that are computed once and kept on disk; frozen: a head,
    the base running along each time, as augmentation needs it; all: both. Frozen unless given; phases decide it."""
    pooling: Literal["flatten", "average", "max"] = "flatten"
    """What becomes of the base's last maps: all their numbers, or one for each channel."""
    units: list[Units] = [256]
    """Size of each hidden dense layer of the head; may be empty."""
    activation: Activation = "relu"
    """What each hidden layer does to its sums."""
    dropout: Rate = 0.5
    """Share of each hidden layer's outputs that is left out in training; of the base's, where there is none."""
    regularizer: Regularizer | None = None
    """Penalty on the weights of the hidden layers, such as {l2: 0.001}."""
    batch_normalization: bool = False
    """Normalize each hidden layer's sums over the batch, before the activation."""
    output_activation: Activation | None = None
    """What the last layer does to its sums; decided by the target unless given."""

    @model_validator(mode="after")
    def _possible(self) -> Pretrained:
        self._base.check_options()
        if self.weights is None and self.train in ("features", "frozen"):
            raise ValueError(f"a base with drawn weights has nothing to give: 'train: {self.train}' needs 'weights'")
        return self

    @property
    def _base(self) -> Base:
        return Base(network=self.base, weights=self.weights, preprocessing=self.preprocessing)

    @property
    def _title(self) -> str:
        return f"{self._base.title}, weights: {self.weights or 'drawn at random'}"

    def transforms(self) -> list[Transform]:
        return [BaseFeatures(base=self._base)] if self.train == "features" else []

    def check(self, task: Task) -> None:
        if self.train != "features":  # else the rows have been checked on their way into the base
            self._base.check(task)

    def check_phases(self) -> None:
        if self.train == "features":
            raise ConfigError(
                "phases freeze parts of the base, which 'train: features' runs only once: leave 'train' out."
            )
        if self.train is not None:
            raise ConfigError("training.phases say what learns, and when: leave 'train' out.")

    def pinned(self) -> Model:
        return self.model_copy(update={"weights": self._base.pinned()})

    def outside_files(self) -> dict[str, Path]:
        return self._base.outside_files()

    def resolved(self, task: Task) -> Model:
        base = self._base.resolved()
        return self.model_copy(update={"base": base.network, "preprocessing": base.preprocessing})

    def notice(self, task: Task) -> str | None:
        if self.train == "features":
            return f"{self._title}; run once over all rows, what it gave is kept in {BaseFeatures.folder()}"
        return f"{self._title}; preprocessing inside the model: {self._preprocessing_text()}"

    def _preprocessing_text(self) -> str:
        given = self.preprocessing
        return f"x * {given.scale:.6g} + {given.offset:g}" if isinstance(given, Preparation) else given

    def build(self, task: Task) -> keras.Model:
        import keras
        from keras import layers

        inputs = keras.Input(task.input.shape, name="input")
        x: Any = inputs if self.train == "features" else self._base.layers(inputs, task)
        pools = {
            "flatten": layers.Flatten,
            "average": layers.GlobalAveragePooling2D,
            "max": layers.GlobalMaxPooling2D,
        }
        x = pools[self.pooling](name="pooled")(x)
        if self.dropout and not self.units:
            x = layers.Dropout(self.dropout)(x)
        model = keras.Model(inputs, add_head(x, self._head(), task))
        if self.train != "all" and self.weights is not None:
            for layer in self.base_layers(model):
                layer.trainable = False
        return model

    def initialize(self, model: keras.Model) -> None:
        if self.train != "features" and self.weights is not None:
            base = self._base
            base.assign(self.base_layers(model), base.read())

    def base_layers(self, model: keras.Model) -> list[keras.layers.Layer]:
        return base_layers(model)

    def _head(self) -> Dense:
        return Dense(
            units=self.units,
            activation=self.activation,
            dropout=self.dropout,
            regularizer=self.regularizer,
            batch_normalization=self.batch_normalization,
            output_activation=self.output_activation,
        )
