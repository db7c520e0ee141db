"""The model family `conv1d`: one-dimensional convolutions over sequences, optionally with recurrent layers on top."""

from __future__ import annotations

from collections.abc import Callable
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
from dlpy.models._sequences import EmbeddedModel, check_time_steps, time_steps
from dlpy.models._series_ends import before_end, differ_in_length, steps_before_end
from dlpy.models._series_pooling import pooled_before_end, summary_before_end
from dlpy.models.dense import Activation, DenseHead, Positive, Rate, Regularizer
from dlpy.models.rnn import Recurrent

if TYPE_CHECKING:
    import keras


class Convolutions(Block):
    """The options of blocks of convolutions, and of the layers that reduce their output to one vector."""

    filters: Filters = [[32], [32]]
    """Number of filters of each convolution: [32, 64] is two blocks; in [[32, 32], [64]] the first has two."""
    kernel: Positive = 5
    """Length of the convolution window, in time steps."""
    padding: Literal["valid", "same", "causal"] = "valid"
    """`valid` shortens the sequence by kernel - 1, `same` keeps its length, `causal` sees no later time steps."""
    block: Literal["plain", "separable"] = "plain"
    """Type of convolution; `separable` is depthwise separable: each channel alone, then a mix of the channels."""
    pooling: Sides = [2]
    """Size of the max pooling window behind each block: one number for all, or a list; 1 is no pooling."""
    activation: Activation = "relu"
    """Activation function of each convolution."""
    batch_normalization: bool = False
    """Whether batch normalization stands between each convolution and its activation."""
    regularizer: Regularizer | None = None
    """Penalty on the weights of the convolutions, such as {l2: 0.001}; none by default."""
    block_dropout: Rate = 0.0
    """Dropout rate behind each block; drops whole channels."""
    recurrent: Recurrent | None = None
    """Recurrent layers on top of the convolutions, such as {cell: gru, units: 32}; none by default."""
    global_pooling: Kept | None = "max"
    """Pooling of each channel to one number before the head; null flattens instead. Not used with `recurrent`."""

    def check_layers(self, length: int | None) -> None:
        """Raise ConfigError if the options do not fit each other or the length of the sequences."""
        check_blocks("pooling", self.pooling, self.filters)
        if self.block == "separable" and self.padding == "causal":
            raise ConfigError("Keras has no separable convolution with 'padding: causal'.")
        if self.recurrent:
            self.recurrent.check_layers()
        if length is not None:
            self._shrink(length)

    def _shrink(self, length: int) -> None:
        """Raise ConfigError if no time steps are left after one of the blocks."""
        for position, block in enumerate(self.filters):
            if self.padding == "valid":
                length -= len(block) * (self.kernel - 1)
            length //= of_block(self.pooling, position)
            if length < 1:
                hint = "use fewer blocks, longer sequences, 'padding: same' or less pooling"
                raise ConfigError(f"no time steps are left after block {position + 1}: {hint}.")

    def add_layers_before_end(self, series: Any, x: Any) -> Any:
        """Return one vector (batch, features) for each series, of which only the steps before its end count.

        Args:
            series: (batch, time, channels), NaN after the end of each.
            x: the same, 0 after the end.
        """
        mask, convolve = steps_before_end(series), self._convolve()
        for position, block in enumerate(self.filters):
            for filters in block:
                x = before_end(convolve(x, filters, mask), mask)
            x, mask = pooled_before_end(x, mask, of_block(self.pooling, position))
            x = left_out(x, self.block_dropout)
        if self.recurrent:
            return self.recurrent.add_layers(x, mask=mask)
        return flattened(x, None) if self.global_pooling is None else summary_before_end(x, mask, self.global_pooling)

    def add_layers(self, x: Any, *, every: bool = False) -> Any:
        """Return one vector (batch, features) for each sequence of x (batch, time, size), or for every time step."""
        convolve = self._convolve()
        for position, block in enumerate(self.filters):
            for filters in block:
                x = convolve(x, filters)
            x = left_out(pooled(x, of_block(self.pooling, position)), self.block_dropout)
        if self.recurrent:
            return self.recurrent.add_layers(x, every=every)
        return x if every else flattened(x, self.global_pooling)

    def _convolve(self) -> Callable[..., Any]:
        """Return the function that adds a convolution."""
        convolution = Convolution(
            dimensions=1,
            kernel=self.kernel,
            padding=self.padding,
            activation=self.activation,
            batch_normalization=self.batch_normalization,
            regularizer=self.regularizer,
        )
        return convolution.separable if self.block == "separable" else convolution.plain


class Conv1D(DenseHead, Convolutions, EmbeddedModel):
    """Blocks of one-dimensional convolutions over sequences, each followed by pooling, and a dense head.

    Where each step has a class, set `padding: same` and `pooling: 1`: the head predicts it from the channels there.
    """

    predicts_steps = True
    reads_lengths = True
    hints: ClassVar = {"separable": "Use 'block: separable' instead."}

    name: Literal["conv1d"] = "conv1d"

    def check(self, task: Task) -> None:
        check_time_steps(task, "conv1d")
        if task.output.is_per_step and (self.padding == "valid" or set(self.pooling) != {1}):
            raise ConfigError("each step has a class, so that none may be lost: set 'padding: same' and 'pooling: 1'.")
        if differ_in_length(task.input) and self.padding == "valid":
            raise ConfigError("series differ in length, and a short one may lose all its steps: set 'padding: same'.")
        self.check_layers(task.input.shape[0])

    def build(self, task: Task) -> keras.Model:
        import keras

        inputs, x = time_steps(task, self.embedding, masking=False)
        every, differ = task.output.is_per_step, differ_in_length(task.input)
        x = self.add_layers_before_end(inputs, x) if differ else self.add_layers(x, every=every)
        return keras.Model(inputs, self.add_dense_head(x, task))
