"""The model family `pretrained`: a dense head on a base trained on ImageNet or by an earlier run."""

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
    """A pretrained convolutional base without its classifier, and a new dense head on top."""

    name: Literal["pretrained"] = "pretrained"
    base: AnyNetwork = None
    """Network of keras.applications, such as vgg16; not given if `weights` names a run."""
    weights: str | None = "imagenet"
    """Weights of the base: imagenet (downloaded once), an h5 file, run:<id> (base of that run), or null (random)."""
    preprocessing: Literal["auto", "none"] | Preparation = "auto"
    """`auto` brings images of 0 to 255 into the range of the base, inside the model; `none` changes nothing."""
    train: Literal["features", "frozen", "all"] | None = None
    """What is trained. features: only the head, on outputs of the base that are computed once and cached on disk;
    frozen: only the head, with the base run in every step, as data augmentation needs it; all: base and head.
    Default: frozen. Not given together with training.phases."""
    pooling: Literal["flatten", "average", "max"] = "flatten"
    """How the last feature maps of the base become a vector: flatten them, or pool each channel to one number."""
    units: list[Units] = [256]
    """Size of each hidden dense layer of the head; [] for none."""
    activation: Activation = "relu"
    """Activation function of the hidden layers."""
    dropout: Rate = 0.5
    """Dropout rate behind each hidden layer, or behind the base if there are none."""
    regularizer: Regularizer | None = None
    """Penalty on the weights of the hidden layers, such as {l2: 0.001}; none by default."""
    batch_normalization: bool = False
    """Whether batch normalization stands between each hidden layer and its activation."""
    output_activation: Activation | None = None
    """Activation function of the last layer; chosen by the target by default."""

    @model_validator(mode="after")
    def _possible(self) -> Pretrained:
        self._base.check_options()
        if self.weights is None and self.train in ("features", "frozen"):
            raise ValueError(f"'train: {self.train}' needs pretrained 'weights': with random ones use 'train: all'")
        return self

    @property
    def _base(self) -> Base:
        return Base(network=self.base, weights=self.weights, preprocessing=self.preprocessing)

    @property
    def _title(self) -> str:
        return f"{self._base.title}, weights: {self.weights or 'random'}"

    def transforms(self) -> list[Transform]:
        return [BaseFeatures(base=self._base)] if self.train == "features" else []

    def check(self, task: Task) -> None:
        if self.train != "features":  # else BaseFeatures.outline has checked the rows
            self._base.check(task)

    def check_phases(self) -> None:
        if self.train == "features":
            raise ConfigError(
                "training.phases cannot freeze a base that 'train: features' runs only once: remove 'train'."
            )
        if self.train is not None:
            raise ConfigError("training.phases decide which layers are trained: remove 'train'.")

    def pinned(self) -> Model:
        return self.model_copy(update={"weights": self._base.pinned()})

    def outside_files(self) -> dict[str, Path]:
        return self._base.outside_files()

    def resolved(self, task: Task) -> Model:
        base = self._base.resolved()
        return self.model_copy(update={"base": base.network, "preprocessing": base.preprocessing})

    def notice(self, task: Task) -> str | None:
        if self.train == "features":
            return f"{self._title}; its outputs are computed once and cached in {BaseFeatures.folder()}"
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
