"""The last layer of an output."""

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
    return dense(output.units, activation=activation or output.activation, name=name)(x)
