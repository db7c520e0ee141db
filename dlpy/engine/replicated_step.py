"""A training step on several replicas: see `replicas`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlpy.engine.replica_share import Share, is_seed, rows_in, share_of
from dlpy.engine.replica_sums import added, everywhere
from dlpy.engine.replicas import Replicas

if TYPE_CHECKING:
    import keras


class ReplicatedStep:
    """Takes the place of a Keras model's `train_step`."""

    def __init__(self, model: keras.Model, replicas: Replicas) -> None:
        self._model: Any = model
        self._replicas = replicas

    def __call__(self, data: Any) -> Any:
        """Train on a batch, and return the scores so far."""
        import keras
        import tensorflow as tf

        model = self._model
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        shares = [share_of(model, self._replicas, place, x) for place in self._replicas.placed]
        leaves, losses = self._joined(shares)
        parts = self._replicas.parts(rows_in(x))
        weights = [variable.value for variable in model.trainable_variables]
        sources = [*leaves, losses, *weights]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(sources)
            prediction = tf.nest.pack_sequence_as(shares[0].predictions, leaves)
            loss = self._loss((x, y, weight), prediction, tf.linalg.matvec(losses, parts, transpose_a=True))
            minimized = model.optimizer.scale_loss(loss)
        model._loss_tracker.update_state(loss, sample_weight=rows_in(x))
        found = tape.gradient(minimized, sources)
        of_leaves, of_losses, own = found[: len(leaves)], found[len(leaves)], found[len(leaves) + 1 :]
        of_shares = [share.gradients(of_leaves, of_losses) for share in shares]
        self._update([added(each) for each in zip(*of_shares, strict=True)], own, shares, parts)
        return model.compute_metrics(x, y, prediction, sample_weight=weight)

    def _joined(self, shares: list[Share]) -> tuple[list[Any], Any]:
        """Return the predictions of all replicas, and their penalties: (replicas, penalties)."""
        import tensorflow as tf

        leaves = [tf.concat(each, 0) for each in zip(*(share.leaves for share in shares), strict=True)]
        losses = tf.stack([share.losses for share in shares])
        pairs = zip(*(share.masks for share in shares), strict=True)
        masks = {number: tf.concat(each, 0) for number, each in enumerate(pairs) if each[0] is not None}
        if self._replicas.peers is not None:
            found = self._replicas.peers.gathered([*leaves, losses, *masks.values()])
            leaves, losses = found[: len(leaves)], found[len(leaves)]
            masks = dict(zip(masks, found[len(leaves) + 1 :], strict=True))
        for number, mask in masks.items():
            leaves[number]._keras_mask = mask  # type: ignore
        return leaves, losses

    def _loss(self, batch: tuple[Any, Any, Any], prediction: Any, penalties: Any) -> Any:
        """Return the loss of a whole batch, with these penalties: (penalties,)."""
        model, (x, y, weight) = self._model, batch
        model._losses_override = [penalties[number] for number in range(penalties.shape[0])]
        loss = model._compute_loss(x=x, y=y, y_pred=prediction, sample_weight=weight, training=True)
        model._losses_override = []
        return loss

    def _update(self, gradients: list[Any], own: list[Any], shares: list[Share], parts: Any) -> None:
        """Update the weights by the gradients of all processes, and the other variables as the replicas changed them.

        Args:
            gradients: the sums over the replicas of this process.
            own: those of the loss by the weights themselves, which every process has.
        """
        model = self._model
        positions = [n for n in shares[0].changed() if _is_averaged(model.non_trainable_variables[n])]
        means = [added(parts[share.number] * share.after[n] for share in shares) for n in positions]
        gradients, means = everywhere(self._replicas.peers, gradients, means)
        total = [added(pair) for pair in zip(gradients, own, strict=True)]
        model.optimizer.apply_gradients(zip(total, model.trainable_variables, strict=True))
        for position, mean in zip(positions, means, strict=True):
            model.non_trainable_variables[position].assign(mean)
        for position in shares[0].changed():
            variable = model.non_trainable_variables[position]
            if is_seed(variable):
                variable.assign_add(shares[0].after[position] - shares[0].before[position])


def _is_averaged(variable: Any) -> bool:
    """Return whether replicas' values of a variable are averaged, as moving averages are."""
    return variable.dtype == "float32"
