"""Where predicted quantiles begin: at those of the training rows, so that bands are wide enough from the start."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

_NAME = "start"


def added_start(units: int) -> Any:
    """Return a layer that adds a trained number to each of its units, 0 unless `begin_at` sets it."""
    return start_class()(units, name=_NAME)


def begin_at(model: keras.Model, start: Sequence[float]) -> None:
    """Set the numbers that the layer `added_start` of a new model begins with."""
    import numpy as np

    model.get_layer(_NAME).set_weights([np.array(start, np.float32)])


@cache
def start_class() -> Any:
    """Return the class of the layer that `added_start` returns."""
    import keras
    from keras import layers

    @keras.saving.register_keras_serializable("dlpy")
    class Start(layers.Layer):
        """Adds a trained number to each unit of x (batch, units)."""

        def __init__(self, units: int, **named: Any) -> None:
            super().__init__(**named)
            self.units = units
            self.numbers: Any = None

        def build(self, input_shape: Any) -> None:
            self.numbers = self.add_weight(shape=(self.units,), initializer="zeros", name="numbers")
            self.built = True

        def get_config(self) -> dict[str, Any]:
            """Return the arguments of the layer."""
            return {**super().get_config(), "units": self.units}

        def call(self, x: Any) -> Any:
            return x + self.numbers

    return Start
