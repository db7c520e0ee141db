"""Keras layers for whole series of different lengths, which are NaN after their end: see data/whole_series.py."""

from __future__ import annotations

from functools import cache
from typing import Any

from dlpy.data.task import Input


def differ_in_length(given: Input) -> bool:
    """Return whether rows are whole series of different lengths."""
    return given.whole and given.padding is not None


def without_nan(x: Any, *, masking: bool) -> Any:
    """Return series x (batch, time, channels) with 0 after their end.

    Args:
        masking: whether a Keras mask marks the steps before the end, for the layers that follow.
    """
    return series_end_class()(masks=masking, name="series")(x)


def steps_before_end(x: Any) -> Any:
    """Return which steps of series x (batch, time, channels) are before their end: (batch, time) bool."""
    import keras

    ops: Any = keras.ops
    return ops.logical_not(ops.isnan(x[:, :, 0]))


def before_end(x: Any, mask: Any) -> Any:
    """Return x (batch, time, channels) with 0 where the mask (batch, time) is False."""
    import keras

    ops: Any = keras.ops
    return ops.where(mask[:, :, None], x, 0.0)


@cache
def series_end_class() -> Any:
    """Return the class of the layer of `without_nan`."""
    import keras
    from keras import layers

    ops: Any = keras.ops

    @keras.saving.register_keras_serializable("dlpy")
    class SeriesEnd(layers.Layer):
        """Puts 0 in place of NaN, and marks the other steps with a mask."""

        def __init__(self, masks: bool, **named: Any) -> None:
            super().__init__(**named)
            self.masks = masks

        def get_config(self) -> dict[str, Any]:
            """Return the arguments of the layer."""
            return {**super().get_config(), "masks": self.masks}

        def call(self, x: Any) -> Any:
            """Return the series with 0 after their end."""
            return ops.where(ops.isnan(x), 0.0, x)

        def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
            """Return which steps are before the end."""
            return steps_before_end(inputs) if self.masks else None

    return SeriesEnd
