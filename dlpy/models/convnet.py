"""Stacks of convolutions over images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from dlpy.components import Model
from dlpy.data import Task
from dlpy.errors import ConfigError
from dlpy.models.dense import Activation, Dense, Positive, Rate, Regularizer, Units, add_head, as_blocks, as_list

if TYPE_CHECKING:
    import keras


class Convnet(Model):
    """Blocks of convolutions over images (height, width, channels), pooling behind each, and a dense head on top."""

    name: Literal["convnet"] = "convnet"
    filters: Annotated[
        list[Annotated[list[Units], Field(min_length=1)]],
        BeforeValidator(as_blocks, json_schema_input_type=list[Units | list[Units]]),
        Field(min_length=1),
    ] = [[32], [64], [64]]
    """Number of filters of each convolution: [32, 64] is two blocks, [[32, 32], [64]] has two in the first."""
    kernel: Positive = 3
    """Side of the window a filter looks through."""
    strides: Positive = 1
    """How far the window moves."""
    padding: Literal["valid", "same"] = "valid"
    """`valid` loses the border that the window cannot be centred on; `same` keeps the size."""
    separable: bool = False
    """Depthwise separable convolutions: each channel by itself, then a mix of the channels."""
    pooling: Annotated[
        list[Positive], BeforeValidator(as_list, json_schema_input_type=Positive | list[Positive]), Field(min_length=1)
    ] = [2]
    """Side of the pooling window behind each block; one number for all blocks, 1 for no pooling."""
    pooling_kind: Literal["max", "average"] = "max"
    """What is kept of a pooling window."""
    activation: Activation = "relu"
    """What each convolution and hidden layer does to its sums."""
    batch_normalization: bool = False
    """Normalize each convolution's sums over the batch, before the activation."""
    regularizer: Regularizer | None = None
    """Penalty on the weights of convolutions and hidden layers, such as {l2: 0.001}."""
    block_dropout: Rate = 0.0
    """Share of each block's channels that is left out in training."""
    global_pooling: Literal["max", "average"] | None = None
    """Reduce each channel to one number before the head, instead of flattening."""
    dropout: Rate = 0.0
    """Share of the flattened numbers, and of each hidden layer's outputs, that is left out in training."""
    units: list[Units] = [64]
    """Size of each hidden dense layer of the head; may be empty."""
    output_activation: Activation | None = None
    """What the last layer does to its sums; decided by the target unless given."""

    def check(self, task: Task) -> None:
        if task.input.kind != "array" or len(task.input.shape) != 3:
            hint = "{name: reshape, shape: [28, 28, 1]}"
            raise ConfigError(f"convnet needs images (height, width, channels), not {task.input}: add such as {hint}.")
        if len(self.pooling) not in (1, len(self.filters)):
            raise ConfigError(f"pooling has {len(self.pooling)} numbers for {len(self.filters)} blocks of filters.")
        height, width, _ = task.input.shape
        for side in (height, width):
            if side is not None:
                self._shrink(side)

    def _shrink(self, side: int) -> None:
        """Follow an image's side through the blocks; raise ConfigError where nothing is left of it."""
        for position, block in enumerate(self.filters):
            for _ in block:
                side = -(-side // self.strides) if self.padding == "same" else (side - self.kernel) // self.strides + 1
            side //= self.pool(position)
            if side < 1:
                hint = "use fewer blocks, 'padding: same' or less pooling"
                raise ConfigError(f"nothing is left of the image after block {position + 1}: {hint}.")

    def pool(self, block: int) -> int:
        """Return the side of the pooling window behind a block."""
        return self.pooling[block if len(self.pooling) > 1 else 0]

    def build(self, task: Task) -> keras.Model:
        import keras
        from keras import layers

        inputs = keras.Input(task.input.shape, name="input")
        x: Any = inputs
        for position, block in enumerate(self.filters):
            for filters in block:
                x = self._convolve(x, filters)
            if self.pool(position) > 1:
                pooling = layers.MaxPooling2D if self.pooling_kind == "max" else layers.AveragePooling2D
                x = pooling(self.pool(position))(x)
            if self.block_dropout:
                x = layers.SpatialDropout2D(self.block_dropout)(x)
        if self.global_pooling:
            x = (layers.GlobalMaxPooling2D if self.global_pooling == "max" else layers.GlobalAveragePooling2D)()(x)
        else:
            x = layers.Flatten()(x)
        if self.dropout:
            x = layers.Dropout(self.dropout)(x)
        return keras.Model(inputs, add_head(x, self._head(), task))

    def _convolve(self, x: Any, filters: int) -> Any:
        """Return one convolution of x (batch, height, width, channels)."""
        from keras import layers

        options: dict[str, Any] = {
            "strides": self.strides,
            "padding": self.padding,
            "use_bias": not self.batch_normalization,
        }
        regularizer = self.regularizer.build() if self.regularizer else None
        if self.separable:
            options |= {"depthwise_regularizer": regularizer, "pointwise_regularizer": regularizer}
            x = layers.SeparableConv2D(filters, self.kernel, **options)(x)
        else:
            x = layers.Conv2D(filters, self.kernel, kernel_regularizer=regularizer, **options)(x)
        if self.batch_normalization:
            x = layers.BatchNormalization()(x)
        return layers.Activation(self.activation)(x)

    def _head(self) -> Dense:
        return Dense(
            units=self.units,
            activation=self.activation,
            dropout=self.dropout,
            regularizer=self.regularizer,
            batch_normalization=self.batch_normalization,
            output_activation=self.output_activation,
        )
