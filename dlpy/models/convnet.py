"""Stacks of convolutions over images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.data.task import Task
from dlpy.models._convolutions import Convolution, Filters, Kept, Sides, check_blocks, flattened, left_out, of_block
from dlpy.models._image_blocks import ImageBlock, Kind
from dlpy.models.dense import Activation, Dense, Positive, Rate, Regularizer, Units, add_head, as_list

if TYPE_CHECKING:
    import keras


class Convnet(Model):
    """Blocks of convolutions over images (height, width, channels), pooling behind each, and a dense head on top."""

    hints: ClassVar = {"separable": "It is called 'block: separable' now."}

    name: Literal["convnet"] = "convnet"
    filters: Filters = [[32], [64], [64]]
    """Number of filters of each convolution: [32, 64] is two blocks, [[32, 32], [64]] has two in the first."""
    block: Annotated[
        list[Kind], BeforeValidator(as_list, json_schema_input_type=Kind | list[Kind]), Field(min_length=1)
    ] = ["plain"]
    """What blocks are, or each of them: `plain`; depthwise `separable` (each channel by itself, then a mix); `residual`
    (its input is added to what it gives); `inception` (each number is a module of four branches of so many filters)."""
    kernel: Positive = 3
    """Side of the window a filter looks through."""
    strides: Positive = 1
    """How far the window moves."""
    padding: Literal["valid", "same"] = "valid"
    """`valid` loses the border that the window cannot be centred on; `same` keeps the size."""
    pooling: Sides = [2]
    """Side of the pooling window behind each block; one number for all blocks, 1 for no pooling."""
    pooling_kind: Kept = "max"
    """What is kept of a pooling window."""
    activation: Activation = "relu"
    """What each convolution and hidden layer does to its sums."""
    batch_normalization: bool = False
    """Normalize each convolution's sums over the batch, before the activation."""
    regularizer: Regularizer | None = None
    """Penalty on the weights of convolutions and hidden layers, such as {l2: 0.001}."""
    block_dropout: Rate = 0.0
    """Share of each block's channels that is left out in training."""
    global_pooling: Kept | None = None
    """Reduce each channel to one number before the head, instead of flattening."""
    dropout: Rate = 0.0
    """Share of the flattened numbers, and of each hidden layer's outputs, that is left out in training."""
    hidden_dropout: Rate | None = None
    """Share of each hidden layer's outputs that is left out instead, such as 0."""
    units: list[Units] = [64]
    """Size of each hidden dense layer of the head; may be empty."""
    output_activation: Activation | None = None
    """What the last layer does to its sums; decided by the target unless given."""

    def check(self, task: Task) -> None:
        if task.input.kind != "array" or len(task.input.shape) != 3:
            hint = "{name: reshape, shape: [28, 28, 1]}"
            raise ConfigError(f"convnet needs images (height, width, channels), not {task.input}: add such as {hint}.")
        check_blocks("pooling", self.pooling, self.filters)
        check_blocks("block", self.block, self.filters)
        for block in self.blocks():
            block.check()
        height, width, _ = task.input.shape
        for side in (height, width):
            if side is not None:
                self._shrink(side)

    def _shrink(self, side: int) -> None:
        """Follow an image's side through the blocks; raise ConfigError where nothing is left of it."""
        for position, block in enumerate(self.blocks()):
            side = block.side_behind(side)
            if side < 1:
                hint = "use fewer blocks, 'padding: same' or less pooling"
                raise ConfigError(f"nothing is left of the image after block {position + 1}: {hint}.")

    def blocks(self) -> list[ImageBlock]:
        """Return the blocks, each with its own options."""
        convolution = Convolution(
            dimensions=2,
            kernel=self.kernel,
            padding=self.padding,
            activation=self.activation,
            batch_normalization=self.batch_normalization,
            regularizer=self.regularizer,
            strides=self.strides,
        )
        return [
            ImageBlock(of_block(self.block, i), filters, convolution, of_block(self.pooling, i), self.pooling_kind)
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
