"""The model family `video`: convolutions over the frames of videos, optionally with recurrent layers on top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.data.task import Input, Task
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
from dlpy.models._sequences import refuse_tokens
from dlpy.models._video_blocks import Kind, VideoBlock
from dlpy.models.dense import Activation, DenseHead, Positive, Rate, Regularizer
from dlpy.models.rnn import Recurrent

if TYPE_CHECKING:
    import keras


class Video(DenseHead, Model):
    """Blocks of convolutions over videos (frames, height, width, channels), each followed by pooling, and a dense head.

    Convolutions over several frames see motion. Convolutions over each frame alone see motion only with `recurrent`
    layers on top.
    """

    name: Literal["video"] = "video"
    kind: Kind = "conv3d"
    """Type of convolution: `conv3d` slides over pixels and frames at once; `conv2plus1d` first over the pixels of each
    frame, then over the frames, with as many weights as conv3d; `conv2d` over the pixels of each frame alone."""
    filters: Filters = [[16], [32], [64]]
    """Number of filters of each convolution: [32, 64] is two blocks; in [[32, 32], [64]] the first has two."""
    kernel: Positive = 3
    """Side of the convolution window, in pixels."""
    kernel_frames: Positive = 3
    """Length of the convolution window, in frames. Not used with conv2d."""
    padding: Literal["valid", "same"] = "same"
    """`valid` shrinks each side by kernel - 1 and the frames by kernel_frames - 1, `same` keeps the size."""
    pooling: Sides = [2]
    """Side of the pooling window behind each block, in pixels: one number for all, or a list; 1 is no pooling."""
    pooling_frames: Sides = [1]
    """Length of the pooling window behind each block, in frames: one number for all, or a list such as [1, 2, 2]."""
    pooling_kind: Kept = "max"
    """Type of pooling behind each block."""
    activation: Activation = "relu"
    """Activation function of each convolution."""
    batch_normalization: bool = False
    """Whether batch normalization stands between each convolution and its activation."""
    residual: bool = False
    """Whether each block adds its input to its output; needs `padding: same`."""
    regularizer: Regularizer | None = None
    """Penalty on the weights of the convolutions, such as {l2: 0.001}; none by default."""
    block_dropout: Rate = 0.0
    """Dropout rate behind each block; drops whole channels."""
    recurrent: Recurrent | None = None
    """Recurrent layers over the frames, on top of the convolutions, such as {cell: gru, units: 32}; none by default."""
    global_pooling: Literal["max", "average", "auto"] | None = "auto"
    """Pooling of each channel to one number before the head, or for each frame before recurrent layers; null flattens.
    Default: average, but null before recurrent layers, which see motion from where things are in each frame."""
    dropout: Rate = 0.0
    """Dropout rate in front of the head."""

    def check(self, task: Task) -> None:
        refuse_tokens(task, "video")
        _check_videos(task.input)
        for option in ("pooling", "pooling_frames"):
            check_blocks(option, getattr(self, option), self.filters)
        if self.residual and self.padding != "same":
            raise ConfigError("residual adds what has one size: it needs 'padding: same'.")
        if self.recurrent:
            self.recurrent.check_layers()
        self._shrink(list(task.input.shape[:3]))

    def _shrink(self, sizes: list[int | None]) -> None:
        """Raise ConfigError if nothing is left of the frames or their sides after one of the blocks."""
        for position, block in enumerate(self.blocks()):
            frames, *sides = sizes = block.sizes_behind(sizes)
            if frames is not None and frames < 1:
                hint = "use more frames, 'padding: same' or less 'pooling_frames'"
                raise ConfigError(f"no frames are left after block {position + 1}: {hint}.")
            if any(side is not None and side < 1 for side in sides):
                hint = "use fewer blocks, larger frames, 'padding: same' or less 'pooling'"
                raise ConfigError(f"nothing is left of each frame after block {position + 1}: {hint}.")

    def blocks(self) -> list[VideoBlock]:
        """Return the blocks with their options."""
        convolution = Convolution(
            dimensions=3,
            kernel=(self.kernel_frames, self.kernel, self.kernel),
            padding=self.padding,
            activation=self.activation,
            batch_normalization=self.batch_normalization,
            regularizer=self.regularizer,
        )
        return [
            VideoBlock(self.kind, filters, convolution, self._pool(i), self.pooling_kind, self.residual)
            for i, filters in enumerate(self.filters)
        ]

    def _pool(self, block: int) -> tuple[int, int, int]:
        side = of_block(self.pooling, block)
        return of_block(self.pooling_frames, block), side, side

    def build(self, task: Task) -> keras.Model:
        import keras
        from keras import layers

        inputs = keras.Input(task.input.shape, name="input")
        x: Any = inputs
        for block in self.blocks():
            x = left_out(block.build(x), self.block_dropout)
        x = self._over_frames(x) if self.recurrent else flattened(x, self._global_pooling)
        if self.dropout:
            x = layers.Dropout(self.dropout)(x)
        return keras.Model(inputs, self.add_dense_head(x, task))

    @property
    def _global_pooling(self) -> Kept | None:
        if self.global_pooling == "auto":
            return None if self.recurrent else "average"
        return self.global_pooling

    def _over_frames(self, x: Any) -> Any:
        """Return the last state (batch, units) of the recurrent layers over x (batch, frames, height, width, size)."""
        from keras import layers

        if self._global_pooling is not None:
            x = pooled(x, (1, *x.shape[2:4]), self._global_pooling)
        x = layers.Reshape((x.shape[1], -1))(x)
        return (self.recurrent or Recurrent()).add_layers(x)


def _check_videos(given: Input) -> None:
    """Raise ConfigError unless rows are videos."""
    if given.kind == "array" and len(given.shape) == 4:
        return
    what = f"video needs videos (frames, height, width, channels), not {given}"
    if given.kind == "array" and len(given.shape) == 3:
        grey = ", ".join("?" if size is None else str(size) for size in given.shape)
        raise ConfigError(f"{what}: use convnet for images, or add {{name: reshape, shape: [{grey}, 1]}} for videos.")
    raise ConfigError(f"{what}.")
