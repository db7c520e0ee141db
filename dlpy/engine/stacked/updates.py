"""The update rule of a Keras optimizer over the weights of several members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import keras


class Slots(NamedTuple):
    """What an optimizer remembers: arrays of the shapes of the weights, and two numbers for each member."""

    arrays: list[Any]  # (members, size) float32
    iterations: Any  # (members, 1) int64, the steps so far
    product: Any  # (members, 1) float32, of Nadam's rates


class Updates:
    """Keras' rule for weights (members, size), each member with its learning rate and its number of steps.

    All of dlpy's optimizers change each weight independently, so that one rule serves all members at once.

    Args of an instance:
        optimizer: of one of the members; all have its options, but for the learning rate and the weight decay.
        sizes: the numbers of weights in each variable.
    """

    def __init__(self, optimizer: keras.optimizers.Optimizer, sizes: Sequence[int], members: int) -> None:
        import keras
        import tensorflow as tf

        config = optimizer.get_config() | {"learning_rate": 0.0}
        self._rule: Any = type(optimizer).from_config(config)
        self._weights = [keras.Variable(tf.zeros((members, size)), name=f"weights_{size}") for size in sizes]
        self._rule.build(self._weights)
        self._is_nadam = isinstance(optimizer, keras.optimizers.Nadam)
        for name in ("assign", "assign_add", "assign_sub"):  # TensorFlow's own assign to variables, not to a scope
            setattr(self._rule, name, _assign(name))
        places = {id(variable): place for place, variable in enumerate(self._weights)}
        self._rule._get_variable_index = lambda variable: places[id(variable)]
        shapes = {weights.shape for weights in self._weights}
        self._arrays = [v for v in self._rule.variables if len(v.shape) == 2 and v.shape in shapes]

    def start(self) -> Slots:
        """Return the slots before the first step, of one member."""
        import numpy as np

        arrays = [np.asarray(variable[0]) for variable in self._arrays]
        return Slots(arrays, np.zeros(1, np.int64), np.ones(1, np.float32))

    def apply(self, weights: list[Any], gradients: list[Any], slots: Slots, rates: Any) -> tuple[list[Any], Slots]:
        """Return the weights and the slots after a step.

        Args:
            weights, gradients: (members, size).
            rates: (members, 1), the learning rates.
        """
        import keras

        product = self._product(slots) if self._is_nadam else slots.product
        given = [*zip(self._weights, weights, strict=True), *zip(self._arrays, slots.arrays, strict=True)]
        own, rule = vars(self._rule), self._rule
        kept = {name: own[name] for name in ("_iterations", "_u_product") if name in own}
        own |= {name: slots.iterations if name == "_iterations" else product for name in kept}
        try:
            with keras.StatelessScope(given) as scope:
                for gradient, variable in zip(gradients, self._weights, strict=True):
                    rule.update_step(gradient, variable, rates)
        finally:
            own |= kept
        changed = [[scope.get_current_value(v) for v in group] for group in (self._weights, self._arrays)]
        return changed[0], Slots(changed[1], slots.iterations + 1, product)

    def _product(self, slots: Slots) -> Any:
        """Return Nadam's product of rates with that of this step, as its `_backend_update_step` computes it."""
        import tensorflow as tf

        step = tf.cast(slots.iterations + 1, tf.float32)
        return slots.product * self._rule.beta_1 * (1.0 - 0.5 * tf.pow(0.96, step))


def _assign(name: str) -> Any:
    return lambda variable, value: getattr(variable, name)(value)
