"""What a replica makes of its rows of a batch: predictions, and later the gradients of the weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dlpy.engine.replicas import Replicas

if TYPE_CHECKING:
    import keras

_APART = 1_000_003  # between the seeds of two replicas


@dataclass
class Share:
    """A replica's part of a step.

    number: of the replica. rows: its first row in the batch, and the one behind its last. weights: as they are on its
    device. predictions: as the model gives them; leaves: the tensors in them, without the row that stands for none;
    masks: those that Keras attached to them. losses: (penalties,) float32. before, after: the values of the other
    variables.
    """

    number: int
    device: str
    rows: tuple[Any, Any]
    tape: Any
    weights: list[Any]
    predictions: Any = None
    leaves: list[Any] = field(default_factory=list)
    masks: list[Any] = field(default_factory=list)
    losses: Any = None
    before: list[Any] = field(default_factory=list)
    after: list[Any] = field(default_factory=list)

    def gradients(self, of_leaves: list[Any], of_losses: Any) -> list[Any]:
        """Return the gradients of the weights, from those of the predictions for the whole batch and of penalties."""
        import tensorflow as tf

        with tf.device(self.device):
            wanted = [(self.losses, None if of_losses is None else of_losses[self.number])]
            for leaf, gradient in zip(self.leaves, of_leaves, strict=True):
                wanted.append((leaf, None if gradient is None else tf.convert_to_tensor(gradient)[slice(*self.rows)]))
            known = [(target, gradient) for target, gradient in wanted if gradient is not None]
            targets, gradients = [target for target, _ in known], [gradient for _, gradient in known]
            return self.tape.gradient(targets, self.weights, output_gradients=gradients)

    def changed(self) -> list[int]:
        """Return the positions of the variables that the replica changed."""
        pairs = enumerate(zip(self.before, self.after, strict=True))
        return [position for position, (before, after) in pairs if before is not after]


def share_of(model: keras.Model, replicas: Replicas, place: tuple[int, str], x: Any) -> Share:
    """Return what a replica makes of its rows of a batch; one without rows makes nothing of some row.

    Args:
        place: the number and the device of the replica.
        x: the input of the whole batch.
    """
    import tensorflow as tf

    (number, device), count = place, rows_in(x)
    first, behind = (count * bound // replicas.count for bound in (number, number + 1))
    with tf.device(device):
        start = tf.minimum(first, count - 1)
        rows = tf.nest.map_structure(lambda part: _cut(part, start, tf.maximum(behind, start + 1)), x)
        weights = [tf.identity(variable.value) for variable in model.trainable_variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(weights)
            share = Share(number, device, (first, behind), tape, weights)
            _call(model, rows, share)
            flat = tf.nest.flatten(share.predictions)
            share.leaves = [leaf[: behind - first] for leaf in flat]
        found = [getattr(leaf, "_keras_mask", None) for leaf in flat]
        share.masks = [None if mask is None else mask[: behind - first] for mask in found]
    return share


def _call(model: Any, rows: Any, share: Share) -> None:
    """Call the model with the weights of a replica, and note what it gives, without changing any variable."""
    import keras
    import tensorflow as tf

    others = model.non_trainable_variables
    pairs = [
        *zip(model.trainable_variables, share.weights, strict=True),
        *((variable, _own_value(variable, share.number)) for variable in others),
    ]
    with keras.StatelessScope(state_mapping=pairs, collect_losses=True) as scope:
        share.before = [scope.get_current_value(variable) for variable in others]
        share.predictions = model(rows, training=True) if model._call_has_training_arg else model(rows)
        losses = model.losses
    share.after = [scope.get_current_value(variable) for variable in others]
    share.losses = tf.stack([tf.cast(loss, tf.float32) for loss in losses]) if losses else tf.zeros(0)


def _own_value(variable: Any, number: int) -> Any:
    """Return the value of a variable for a replica: seeds differ between them."""
    import tensorflow as tf

    value = tf.identity(variable.value)
    return value + tf.constant([number * _APART, 0], value.dtype) if number and is_seed(variable) else value


def is_seed(variable: Any) -> bool:
    """Return whether a variable is the state of a random generator."""
    return "seed_generator_state" in variable.path


def rows_in(x: Any) -> Any:
    """Return the number of rows in the input of a batch: () int32."""
    import tensorflow as tf

    return tf.cast(tf.shape(tf.nest.flatten(x)[0])[0], tf.int32)


def _cut(part: Any, start: Any, stop: Any) -> Any:
    """Return some rows of an input, which may be sparse."""
    import tensorflow as tf

    if not isinstance(part, tf.SparseTensor):
        return part[start:stop]
    size = tf.stack([tf.cast(stop - start, tf.int64), part.dense_shape[1]])
    return tf.sparse.slice(part, tf.stack([tf.cast(start, tf.int64), tf.constant(0, tf.int64)]), size)
