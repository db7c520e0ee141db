"""The layers of members that share weights: each member scales what goes into a shared layer and what comes out."""

from __future__ import annotations

from typing import Any, cast

from dlpy.data.task import TARGET
from dlpy.engine.members import FROM_MEMBERS, FROM_ROWS, scale_class


def first_scale(x: Any, members: int) -> Any:
    """Return rows (batch, features) as each member sees them, its signs drawn at random: (batch, members, features)."""
    shape, signs = (members, x.shape[-1]), cast(Any, _random_signs)
    return scale_class()(FROM_ROWS, shape, kernel_initializer=signs, name="signs")(x)


def scale(x: Any, *, bias: Any = None, activation: str | None = None) -> Any:
    """Return x (batch, members, features) multiplied by weights that are 1 at first, with the bias added if any.

    Args:
        bias: draws the first bias of all members from its shape (members, features); None: no bias.
    """
    shape = tuple(x.shape[1:])
    options: Any = {"bias_axes": "kd", "bias_initializer": bias} if bias is not None else {}
    return scale_class()(FROM_MEMBERS, shape, kernel_initializer="ones", activation=activation, **options)(x)


def shared_dense(x: Any, units: int) -> Any:
    """Return x (batch, members, features) through weights that all members share: (batch, members, units)."""
    from keras import layers

    return layers.Dense(units, use_bias=False, kernel_initializer=_uniform(x.shape[-1]))(x)


def same_bias(fan_in: int) -> Any:
    """Return an initializer that draws a bias (members, features) from +-1 / sqrt(fan_in), the same for all members."""

    def draw(shape: Any, dtype: Any = None) -> Any:
        from keras import ops

        return ops.repeat(_uniform(fan_in)((1, shape[1]), dtype), shape[0], axis=0)

    return draw


def heads(x: Any, units: int, activation: str, linear_in: Any = None) -> Any:
    """Return the predictions of x (batch, members, features), by each member's own last layer.

    Args:
        linear_in: rows (batch, features), a linear function of which, 0 at first, is added before the activation.
    """
    from keras import layers

    shape, uniform = (x.shape[1], units), _uniform(x.shape[-1])
    options: Any = {"kernel_initializer": uniform, "bias_initializer": uniform, "dtype": "float32"}
    options |= {"activation": activation, "name": TARGET} if linear_in is None else {"name": "heads"}
    own = layers.EinsumDense("bkd,kdu->bku", shape, bias_axes="ku", **options)(x)
    if linear_in is None:
        return own
    added = layers.Dense(units, use_bias=False, kernel_initializer="zeros", dtype="float32", name="wide")(linear_in)
    both = layers.Add(dtype="float32")([own, layers.Reshape((1, units), dtype="float32")(added)])
    return layers.Activation(activation, dtype="float32", name=TARGET)(both)


def _uniform(fan_in: int) -> Any:
    from keras import initializers

    limit = max(1, fan_in) ** -0.5
    return initializers.RandomUniform(-limit, limit)


def _random_signs(shape: Any, dtype: Any = None) -> Any:
    """Return 1 or -1 at random."""
    from keras import initializers, ops

    return ops.where(initializers.RandomUniform(-1.0, 1.0)(shape, dtype) < 0, -1.0, 1.0)
