"""A block of convolutions over videos, with its pooling (Tran et al. 2015, arXiv:1412.0767; 2018, arXiv:1711.11248)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from dlpy.models._convolutions import Convolution, Kept, pooled

Kind = Literal["conv3d", "conv2plus1d", "conv2d"]
Sizes = tuple[int, int, int]  # frames, height, width


@dataclass(frozen=True)
class VideoBlock:
    """One block: its convolutions, and the pooling behind them.

    convolution: the options, with a window of (frames, side, side); kinds use a part of that window.
    pool: the pooling window.
    residual: whether the block adds its input to its output.
    """

    kind: Kind
    filters: list[int]
    convolution: Convolution
    pool: Sizes
    pooling_kind: Kept
    residual: bool

    def sizes_behind(self, sizes: list[int | None]) -> list[int | None]:
        """Return frames, height and width after the block; below 1 if nothing is left, None if not known."""
        lost = [0, 0, 0]
        if self.convolution.padding == "valid":
            lost = [len(self.filters) * (window - 1) for window in self._window]
        return [
            None if size is None else self._pooled_size(size - less, pool)
            for size, less, pool in zip(sizes, lost, self.pool, strict=True)
        ]

    def _pooled_size(self, size: int, pool: int) -> int:
        return -(-size // pool) if self.residual else size // pool

    def build(self, x: Any) -> Any:
        """Return x (batch, frames, height, width, channels) after the block."""
        from keras import layers

        y = x
        for filters in self.filters:
            y = self._convolved(y, filters)
        if not self.residual:
            return pooled(y, self.pool, self.pooling_kind)
        y = pooled(y, self.pool, self.pooling_kind, "same")
        if set(self.pool) != {1} or x.shape[-1] != self.filters[-1]:
            x = replace(self.convolution, kernel=1, strides=self.pool).linear(x, self.filters[-1])
        return layers.Add()([y, x])

    @property
    def _window(self) -> Sizes:
        """The window that the convolutions cover."""
        frames, height, width = self.convolution.kernel if isinstance(self.convolution.kernel, tuple) else (1, 1, 1)
        return (1, height, width) if self.kind == "conv2d" else (frames, height, width)

    def _convolved(self, x: Any, filters: int) -> Any:
        frames, height, width = self._window
        if self.kind != "conv2plus1d":
            return replace(self.convolution, kernel=self._window).plain(x, filters)
        between = same_size_filters(self._window, x.shape[-1], filters)
        x = replace(self.convolution, kernel=(1, height, width)).plain(x, between)
        return replace(self.convolution, kernel=(frames, 1, 1)).plain(x, filters)


def same_size_filters(window: Sizes, channels: int, filters: int) -> int:
    """Return the filters between both convolutions of (2+1)D with which they have the weights of one in 3D.

    Source: Tran et al. 2018, arXiv:1711.11248, section 3.5.
    """
    frames, height, width = window
    area = height * width
    return max(1, frames * area * channels * filters // (area * channels + frames * filters))
