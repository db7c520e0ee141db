"""Mixed precision: layers compute with 16 bits, and weights, outputs, losses, scores and updates keep 32.

float16 has a narrow range of exponents, so that small gradients become 0: the loss is multiplied by a scale, and the
gradients are divided by it. Keras halves the scale after a gradient that is not finite, whose update it leaves out, and
doubles it after 2,000 updates. bfloat16 has the range of float32 and needs no scale.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from dlpy.core.errors import ConfigError

if TYPE_CHECKING:
    import keras

Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]


@contextmanager
def layers_compute_in(precision: Precision) -> Iterator[None]:
    """Give the layers that are made in the block this precision; those with a `dtype` of their own keep it."""
    import keras

    before: Any = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def check_outputs(model: keras.Model, family: str) -> None:
    """Raise ConfigError unless a model predicts in float32: 8 or 11 bits are too few for probabilities."""
    for tensor in model.outputs:  # type: ignore
        if str(tensor.dtype) in ("float16", "bfloat16"):
            hint = "give its last layer dtype='float32', or remove the option"
            raise ConfigError(f"training.precision: model '{family}' predicts in {tensor.dtype}: {hint}.")


def with_loss_scale(optimizer: keras.optimizers.Optimizer, precision: Precision) -> keras.optimizers.Optimizer:
    """Return an optimizer that scales the loss where the precision needs it."""
    import keras

    return keras.optimizers.LossScaleOptimizer(optimizer) if precision == "mixed_float16" else optimizer


def updating(optimizer: Any) -> Any:
    """Return the optimizer that updates the weights: the given one, or the one inside a loss scale."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def is_mixed(model: keras.Model) -> bool:
    """Return whether some layer of a model computes with 16 bits."""
    return any(layer.compute_dtype in ("float16", "bfloat16") for layer in model._flatten_layers())
