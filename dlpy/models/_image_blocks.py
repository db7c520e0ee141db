"""The types of blocks of a convnet, each with its pooling (Chollet 2017, 5.1, 7.1.4 and 7.3.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from dlpy.core.errors import ConfigError
from dlpy.models._convolutions import Convolution, Kept, layer, pooled

Kind = Literal["plain", "separable", "residual", "inception"]


@dataclass(frozen=True)
class ImageBlock:
    """One block: its convolutions, and the pooling behind them."""

    kind: Kind
    filters: list[int]
    convolution: Convolution
    pool: int
    pooling_kind: Kept

    def check(self) -> None:
        """Raise ConfigError if the branches of the block would have different sizes."""
        if self.kind in ("residual", "inception") and self.convolution.padding != "same":
            raise ConfigError(f"block: {self.kind} combines branches of one size: it needs 'padding: same'.")

    def side_behind(self, side: int) -> int:
        """Return the side of an image after the block; below 1 if nothing is left."""
        kernel, stride = self.convolution.along_width
        for _ in self.filters:
            side = -(-side // stride) if self.convolution.padding == "same" else (side - kernel) // stride + 1
        return -(-side // self.pool) if self.kind == "residual" else side // self.pool

    def build(self, x: Any) -> Any:
        """Return x (batch, height, width, channels) after the block."""
        return _BUILDERS[self.kind](self, x)


def _stack(block: ImageBlock, x: Any) -> Any:
    convolve = block.convolution.separable if block.kind == "separable" else block.convolution.plain
    for filters in block.filters:
        x = convolve(x, filters)
    return pooled(x, block.pool, block.pooling_kind)


def _residual(block: ImageBlock, x: Any) -> Any:
    """Return x after convolutions and pooling, plus x itself or, if shapes differ, a linear 1x1 convolution of it."""
    from keras import layers

    y = x
    for filters in block.filters:
        y = block.convolution.plain(y, filters)
    y = pooled(y, block.pool, block.pooling_kind, "same")  # the size after the strided shortcut, odd or even
    step = block.convolution.along_width[1] ** len(block.filters) * block.pool
    if step > 1 or x.shape[-1] != block.filters[-1]:
        x = replace(block.convolution, kernel=1, strides=step).linear(x, block.filters[-1])
    return layers.Add()([y, x])


def _inception(block: ImageBlock, x: Any) -> Any:
    for filters in block.filters:
        x = _module(block.convolution, x, filters)
    return pooled(x, block.pool, block.pooling_kind)


def _module(wide: Convolution, x: Any, filters: int) -> Any:
    """Return four concatenated branches: 4 x filters channels. One convolution of each branch has the strides."""
    from keras import layers

    single, unmoved = replace(wide, kernel=1, strides=1), replace(wide, strides=1)
    first = replace(wide, kernel=1).plain(x, filters)
    second = wide.plain(single.plain(x, filters), filters)
    averaged = layer("AveragePooling", 2)(wide.kernel, strides=wide.strides, padding="same")(x)
    third = unmoved.plain(averaged, filters)
    fourth = wide.plain(unmoved.plain(single.plain(x, filters), filters), filters)
    return layers.Concatenate()([first, second, third, fourth])


_BUILDERS: dict[Kind, Callable[[ImageBlock, Any], Any]] = {
    "plain": _stack,
    "separable": _stack,
    "residual": _residual,
    "inception": _inception,
}
