"""What convnet and conv1d share: a convolution with what stands behind it, pooling, and options for each block."""

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
Value = TypeVar("Value")


def of_block(values: list[Value], block: int) -> Value:
    """Return the block's own value; a list of one stands for all blocks."""
    return values[block if len(values) > 1 else 0]


def check_blocks(option: str, values: list, filters: list[list[int]]) -> None:
    """Raise ConfigError where an option gives neither one value for all blocks nor one for each."""
    if len(values) not in (1, len(filters)):
        raise ConfigError(f"{option} has {len(values)} values for {len(filters)} blocks of filters.")


@dataclass(frozen=True)
class Convolution:
    """How a stack convolves: its options, for sequences (1 dimension) or images (2)."""

    dimensions: Literal[1, 2]
    kernel: int
    padding: str
    activation: str
    batch_normalization: bool
    regularizer: Regularizer | None
    strides: int = 1

    def plain(self, x: Any, filters: int) -> Any:
        """Return one convolution of x (batch, ..., channels), normalized if wanted, and activated."""
        return self._activated(self.linear(x, filters))

    def linear(self, x: Any, filters: int) -> Any:
        """Return one convolution of x, normalized if wanted."""
        kind, penalty = layer("Conv", self.dimensions), self._penalty()
        return self._normalized(kind(filters, self.kernel, kernel_regularizer=penalty, **self._options())(x))

    def separable(self, x: Any, filters: int) -> Any:
        """Return a convolution of each channel by itself, then a mix of the channels, normalized and activated."""
        kind, penalty = layer("SeparableConv", self.dimensions), self._penalty()
        penalties = {"depthwise_regularizer": penalty, "pointwise_regularizer": penalty}
        return self._activated(self._normalized(kind(filters, self.kernel, **penalties, **self._options())(x)))

    def _options(self) -> dict[str, Any]:
        return {"strides": self.strides, "padding": self.padding, "use_bias": not self.batch_normalization}

    def _normalized(self, x: Any) -> Any:
        from keras import layers

        return layers.BatchNormalization()(x) if self.batch_normalization else x

    def _activated(self, x: Any) -> Any:
        from keras import layers

        return layers.Activation(self.activation)(x)

    def _penalty(self) -> Any:
        return self.regularizer.build() if self.regularizer else None


def pooled(x: Any, size: int, kind: Kept = "max", padding: str = "valid") -> Any:
    """Return x (batch, time, channels) or (batch, height, width, channels) with windows pooled; 1 for no pooling."""
    if size == 1:
        return x
    return layer("MaxPooling" if kind == "max" else "AveragePooling", len(x.shape) - 2)(size, padding=padding)(x)


def left_out(x: Any, rate: float) -> Any:
    """Return x with a share of its channels left out in training."""
    return layer("SpatialDropout", len(x.shape) - 2)(rate)(x) if rate else x


def flattened(x: Any, global_pooling: Kept | None) -> Any:
    """Return one number for each channel, or every number where no global pooling is wanted: (batch, numbers)."""
    from keras import layers

    if global_pooling is None:
        return layers.Flatten()(x)
    return layer("GlobalMaxPooling" if global_pooling == "max" else "GlobalAveragePooling", len(x.shape) - 2)()(x)


def layer(kind: str, dimensions: int) -> Any:
    """Return the Keras layer class of that kind for sequences (1) or images (2)."""
    from keras import layers

    return getattr(layers, f"{kind}{dimensions}D")
