"""The model family `convnet`: convolutions over images."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.data.task import Task
from dlpy.models._convolutions import Convolution, Filters, Kept, Sides, check_blocks, flattened, left_out, of_block
from dlpy.models._image_blocks import ImageBlock, Kind
from dlpy.models._image_layers import refuse_videos
from dlpy.models.dense import Activation, Dense, Positive, Rate, Regularizer, Units, add_head, as_list

if TYPE_CHECKING:
    import keras


class Convnet(Model):
    """Blocks of convolutions over images (height, width, channels), each followed by pooling, and a dense head."""

    hints: ClassVar = {"separable": "Use 'block: separable' instead."}

    name: Literal["convnet"] = "convnet"
    filters: Filters = [[32], [64], [64]]
    """Number of filters of each convolution: [32, 64] is two blocks; in [[32, 32], [64]] the first has two."""
    block: Annotated[
        list[Kind], BeforeValidator(as_list, json_schema_input_type=Kind | list[Kind]), Field(min_length=1)
    ] = ["plain"]
    """Type of block, one for all or a list with one for each: `plain`; depthwise `separable` (each channel alone, then
    a mix of the channels); `residual` (adds its input to its output); `inception` (each number of `filters` is a module
    with that number of filters in each of its four branches)."""
    kernel: Positive = 3
    """Side of the convolution window, in pixels."""
    strides: Sides = [1]
    """Stride of each convolution: one number for all blocks, or a list; [2, 1, 1] halves the sides at once."""
    padding: Literal["valid", "same"] = "valid"
    """`valid` shrinks each side by kernel - 1, `same` keeps the size."""
    pooling: Sides = [2]
    """Side of the pooling window behind each block: one number for all, or a list; 1 is no pooling."""
    pooling_kind: Kept = "max"
    """Type of pooling behind each block."""
    activation: Activation = "relu"
    """Activation function of each convolution and hidden layer."""
    batch_normalization: bool = False
    """Whether batch normalization stands between each convolution and its activation."""
    regularizer: Regularizer | None = None
    """Penalty on the weights of convolutions and hidden layers, such as {l2: 0.001}; none by default."""
    block_dropout: Rate = 0.0
    """Dropout rate behind each block; drops whole channels."""
    global_pooling: Kept | None = None
    """Pooling of each channel to one number before the head; null (the default) flattens."""
    dropout: Rate = 0.0
    """Dropout rate in front of the head, and behind each of its hidden layers."""
    hidden_dropout: Rate | None = None
    """Dropout rate behind the hidden layers, if it is not `dropout`; for example 0."""
    units: list[Units] = [64]
    """Size of each hidden dense layer of the head; [] for none."""
    output_activation: Activation | None = None
    """Activation function of the last layer; chosen by the target by default."""

    def check(self, task: Task) -> None:
        refuse_videos(task, "convnet")
        if task.input.kind != "array" or len(task.input.shape) != 3:
            hint = "{name: reshape, shape: [28, 28, 1]}"
            raise ConfigError(f"convnet needs images (height, width, channels), not {task.input}: add such as {hint}.")
        check_blocks("pooling", self.pooling, self.filters)
        check_blocks("block", self.block, self.filters)
        check_blocks("strides", self.strides, self.filters)
        for block in self.blocks():
            block.check()
        height, width, _ = task.input.shape
        for side in (height, width):
            if side is not None:
                self._shrink(side)

    def _shrink(self, side: int) -> None:
        """Raise ConfigError if nothing is left of a side of the image after one of the blocks."""
        for position, block in enumerate(self.blocks()):
            side = block.side_behind(side)
            if side < 1:
                hint = "use fewer blocks, 'padding: same' or less pooling"
                raise ConfigError(f"nothing is left of the image after block {position + 1}: {hint}.")

    def blocks(self) -> list[ImageBlock]:
        """Return the blocks with their options."""
        convolution = Convolution(
            dimensions=2,
            kernel=self.kernel,
            padding=self.padding,
            activation=self.activation,
            batch_normalization=self.batch_normalization,
            regularizer=self.regularizer,
        )
        strided = [replace(convolution, strides=of_block(self.strides, i)) for i in range(len(self.filters))]
        return [
            ImageBlock(of_block(self.block, i), filters, strided[i], of_block(self.pooling, i), self.pooling_kind)
            for i, filters in enumerate(self.filters)
        ]

    def build(self, task: Task) -> keras.Model:
        import keras
        from keras import layers

        inputs = keras.Input(task.input.shape, name="input")
        x: Any = inputs
        for block in self.blocks():
            x = left_out(block.build(x), self.block_dropout)
        x = flattened(x, self.global_pooling)
        if self.dropout:
            x = layers.Dropout(self.dropout)(x)
        return keras.Model(inputs, add_head(x, self._head(), task))

    def _head(self) -> Dense:
        return Dense(
            units=self.units,
            activation=self.activation,
            dropout=self.dropout if self.hidden_dropout is None else self.hidden_dropout,
            regularizer=self.regularizer,
            batch_normalization=self.batch_normalization,
            output_activation=self.output_activation,
        )
