"""The last layer of an output, which computes in float32 whatever the precision of the other layers."""

from __future__ import annotations

from typing import Any

from dlpy.data.task import Output
from dlpy.engine.sparse_dense import sparse_dense


def add_output(x: Any, output: Output, name: str, activation: str | None = None) -> Any:
    """Return the prediction of an output from x (batch, features), which may be sparse: (batch, units).

    Args:
        name: of the layer.
        activation: the activation function of the layer; None: that of the output.
    """
    from keras import layers

    dense = sparse_dense() if getattr(x, "sparse", False) else layers.Dense
    if output.kind == "ordinal":
        return in_order(dense((output.units or 1) - 1, activation="sigmoid", dtype="float32", name=name)(x))
    return dense(output.units, activation=activation or output.activation, dtype="float32", name=name)(x)


def in_order(steps: Any) -> Any:
    """Return the probabilities of classes in an order: (batch, ..., classes).

    Each of `steps` (batch, ..., classes - 1) is the probability that the class is above one, given that it is not below
    it: the continuation ratios of CORN (Shi, Cao & Raschka 2021), whose product is the probability to be above. The
    cross-entropy of these probabilities is CORN's loss.
    """
    from keras import ops as keras_ops

    ops: Any = keras_ops
    above = ops.cumprod(steps, axis=-1)
    first = ops.ones_like(above[..., :1])
    return ops.concatenate([first, above], axis=-1) - ops.concatenate([above, 0 * first], axis=-1)


def in_ascending_order(x: Any, quantiles: int) -> Any:
    """Return predictions (batch, numbers x quantiles) with the quantiles of each number sorted, so that none cross."""
    from keras import ops as keras_ops

    ops: Any = keras_ops
    units = x.shape[-1]
    return ops.reshape(ops.sort(ops.reshape(x, (-1, units // quantiles, quantiles)), axis=-1), (-1, units))
