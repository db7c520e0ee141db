"""Stacks of one-dimensional convolutions over sequences, with a recurrent layer on top if wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dlpy.core.errors import ConfigError
from dlpy.core.options import Block
from dlpy.data.task import Task
from dlpy.models._convolutions import (
    Convolution,
    Filters,
    Kept,
    Sides,
    check_blocks,
    flattened,
    left_out,
    of_block,
    pooled,
)
from dlpy.models._sequences import EmbeddedModel, check_time_steps, refuse_tokens, time_steps
from dlpy.models.dense import Activation, DenseHead, Positive, Rate, Regularizer
from dlpy.models.rnn import Recurrent

if TYPE_CHECKING:
    import keras


class Convolutions(Block):
    """Blocks of convolutions along sequences, and what makes one vector of the last block's outputs."""

    filters: Filters = [[32], [32]]
    """Number of filters of each convolution: [32, 64] is two blocks, [[32, 32], [64]] has two in the first."""
    kernel: Positive = 5
    """How many steps a filter looks at."""
    padding: Literal["valid", "same", "causal"] = "valid"
    """`valid` loses the steps that the filter cannot be centred on; `causal` looks at no later step."""
    block: Literal["plain", "separable"] = "plain"
    """`separable`: depthwise separable convolutions: each channel by itself, then a mix of the channels."""
    pooling: Sides = [2]
    """Steps pooled into one behind each block; one number for all blocks, 1 for no pooling."""
    activation: Activation = "relu"
    """What each convolution does to its sums."""
    batch_normalization: bool = False
    """Normalize each convolution's sums over the batch, before the activation."""
    regularizer: Regularizer | None = None
    """Penalty on the weights of the convolutions, such as {l2: 0.001}."""
    block_dropout: Rate = 0.0
    """Share of each block's channels that is left out in training."""
    recurrent: Recurrent | None = None
    """Recurrent layers that read what the convolutions give, such as {cell: gru, units: 32}; none unless given."""
    global_pooling: Kept | None = "max"
    """Reduce each channel to one number before the head; null flattens instead. Not used with `recurrent`."""

    def check_layers(self, length: int | None) -> None:
        """Raise ConfigError if the options do not fit each other, or sequences of that length."""
        check_blocks("pooling", self.pooling, self.filters)
        if self.block == "separable" and self.padding == "causal":
            raise ConfigError("Keras has no separable convolution with 'padding: causal'.")
        if self.recurrent:
            self.recurrent.check_layers()
        if length is not None:
            self._shrink(length)

    def _shrink(self, length: int) -> None:
        """Follow the number of steps through the blocks; raise ConfigError where nothing is left."""
        for position, block in enumerate(self.filters):
            if self.padding == "valid":
                length -= len(block) * (self.kernel - 1)
            length //= of_block(self.pooling, position)
            if length < 1:
                hint = "use fewer blocks, longer sequences, 'padding: same' or less pooling"
                raise ConfigError(f"nothing is left of the sequence after block {position + 1}: {hint}.")

    def add_layers(self, x: Any) -> Any:
        """Return one vector (batch, features) for each sequence of x (batch, time, size)."""
        convolution = self._convolution()
        convolve = convolution.separable if self.block == "separable" else convolution.plain
        for position, block in enumerate(self.filters):
            for filters in block:
                x = convolve(x, filters)
            x = left_out(pooled(x, of_block(self.pooling, position)), self.block_dropout)
        return self.recurrent.add_layers(x) if self.recurrent else flattened(x, self.global_pooling)

    def _convolution(self) -> Convolution:
        return Convolution(
            dimensions=1,
            kernel=self.kernel,
            padding=self.padding,
            activation=self.activation,
            batch_normalization=self.batch_normalization,
            regularizer=self.regularizer,
        )


class Conv1D(DenseHead, Convolutions, EmbeddedModel):
    """Blocks of convolutions along sequences, pooling behind each, and a dense head on top."""

    hints: ClassVar = {"separable": "It is called 'block: separable' now."}

    name: Literal["conv1d"] = "conv1d"

    def check(self, task: Task) -> None:
        refuse_tokens(task, "conv1d")
        check_time_steps(task, "conv1d")
        self.check_layers(task.input.shape[0])

    def build(self, task: Task) -> keras.Model:
        import keras

        inputs, x = time_steps(task, self.embedding, masking=False)
        return keras.Model(inputs, self.add_dense_head(self.add_layers(x), task))
