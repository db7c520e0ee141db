"""What convnet, conv1d and video share: convolutions, pooling, and options by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field

from dlpy.core.errors import ConfigError
from dlpy.models.dense import Positive, Regularizer, Units, as_blocks, as_list

Filters = Annotated[
    list[Annotated[list[Units], Field(min_length=1)]],
    BeforeValidator(as_blocks, json_schema_input_type=list[Units | list[Units]]),
    Field(min_length=1),
]
Sides = Annotated[
    list[Positive], BeforeValidator(as_list, json_schema_input_type=Positive | list[Positive]), Field(min_length=1)
]
Kept = Literal["max", "average"]
Window = int | tuple[int, ...]  # one size for all sides, or one for each
Value = TypeVar("Value")


def of_block(values: list[Value], block: int) -> Value:
    """Return the value for a block; a list of one applies to all blocks."""
    return values[block if len(values) > 1 else 0]


def check_blocks(option: str, values: list, filters: list[list[int]]) -> None:
    """Raise ConfigError unless an option has one value for all blocks or one for each."""
    if len(values) not in (1, len(filters)):
        raise ConfigError(
            f"{option} has {len(values)} values for {len(filters)} blocks of filters: give one, or one for each block."
        )


@dataclass(frozen=True)
class Convolution:
    """The options of convolutions over sequences (1 dimension), images (2) or videos (3), which makes their layers."""

    dimensions: Literal[1, 2, 3]
    kernel: Window
    padding: str
    activation: str
    batch_normalization: bool
    regularizer: Regularizer | None
    strides: Window = 1

    @property
    def along_width(self) -> tuple[int, int]:
        """The kernel's size and the stride along the last dimension."""
        kernel, stride = (one[-1] if isinstance(one, tuple) else one for one in (self.kernel, self.strides))
        return kernel, stride

    def plain(self, x: Any, filters: int, mask: Any = None) -> Any:
        """Return x (batch, ..., channels) after a convolution, batch normalization if set, and the activation.

        Args:
            mask: the positions that count in batch normalization, without the channels; None: all.
        """
        return self._activated(self.linear(x, filters, mask))

    def linear(self, x: Any, filters: int, mask: Any = None) -> Any:
        """Return x after a convolution, and batch normalization if set."""
        kind, penalty = layer("Conv", self.dimensions), self._penalty()
        return self._normalized(kind(filters, self.kernel, kernel_regularizer=penalty, **self._options())(x), mask)

    def separable(self, x: Any, filters: int, mask: Any = None) -> Any:
        """Return x after a depthwise separable convolution, batch normalization if set, and the activation."""
        kind, penalty = layer("SeparableConv", self.dimensions), self._penalty()
        penalties = {"depthwise_regularizer": penalty, "pointwise_regularizer": penalty}
        return self._activated(self._normalized(kind(filters, self.kernel, **penalties, **self._options())(x), mask))

    def _options(self) -> dict[str, Any]:
        return {"strides": self.strides, "padding": self.padding, "use_bias": not self.batch_normalization}

    def _normalized(self, x: Any, mask: Any) -> Any:
        from keras import layers

        if not self.batch_normalization:
            return x
        return layers.BatchNormalization()(x) if mask is None else layers.BatchNormalization()(x, mask=mask)

    def _activated(self, x: Any) -> Any:
        from keras import layers

        return layers.Activation(self.activation)(x)

    def _penalty(self) -> Any:
        return self.regularizer.build() if self.regularizer else None


def pooled(x: Any, size: Window, kind: Kept = "max", padding: str = "valid") -> Any:
    """Return x (batch, time, channels) or (batch, ..., height, width, channels) after pooling; size 1 is no pooling."""
    if size == 1 or (isinstance(size, tuple) and set(size) == {1}):
        return x
    return layer("MaxPooling" if kind == "max" else "AveragePooling", len(x.shape) - 2)(size, padding=padding)(x)


def left_out(x: Any, rate: float) -> Any:
    """Return x after dropout of whole channels."""
    return layer("SpatialDropout", len(x.shape) - 2)(rate)(x) if rate else x


def flattened(x: Any, global_pooling: Kept | None) -> Any:
    """Return one vector for each row of x, by global pooling or, without it, by flattening: (batch, features)."""
    from keras import layers

    if global_pooling is None:
        return layers.Flatten()(x)
    return layer("GlobalMaxPooling" if global_pooling == "max" else "GlobalAveragePooling", len(x.shape) - 2)()(x)


def layer(kind: str, dimensions: int) -> Any:
    """Return the Keras class of a layer for sequences (1), images (2) or videos (3), such as Conv1D."""
    from keras import layers

    return getattr(layers, f"{kind}{dimensions}D")
