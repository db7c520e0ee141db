"""The compiled steps of several members, and their scores.

XLA compiles a block of a fixed number of steps for a fixed number of members. It takes and returns all that training
changes, so that one program serves any members of the same structure, and several threads at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dlpy.engine.stacked.network import Pass, run
from dlpy.engine.stacked.scores import losses, sums
from dlpy.engine.stacked.structure import Parts
from dlpy.engine.stacked.updates import Slots, Updates

if TYPE_CHECKING:
    import keras


class State(NamedTuple):
    """All that training changes. Axis 0 of each array is that of the members."""

    weights: list[Any]  # (members, size) float32 of each trainable variable
    averages: list[Any]  # (members, size) float32, the moving averages of batch normalization
    slots: Slots
    seeds: Any  # (members, dropout layers, 2) int64


class Numbers(NamedTuple):
    """The numbers that differ by member."""

    rates: Any  # (dropout layers, members) float32
    scales: Any  # (dropout layers, members) float32, 1 / (1 - rate)
    l1: Any  # (regularized variables, members) float32
    l2: Any  # (regularized variables, members) float32
    weight_decay: Any  # (members, 1) float32


class Batches(NamedTuple):
    """The rows of a block of steps."""

    x: Any  # (steps, members, batch, *shape) float32
    y: Any  # (steps, members, batch, units)
    weight: Any  # (steps, members, batch) float32, how much each row counts in the loss; 0 for padding
    rows: Any  # (steps, members, batch) float32, 0 for padding and otherwise 1
    learning_rate: Any  # (steps, members) float32


class HeldOut(NamedTuple):
    """Rows that are scored; where all members have the same ones, axis 0 has length 1."""

    x: Any  # (members or 1, rows, *shape) float32
    y: Any  # (members or 1, rows, units)
    inside: Any  # (members or 1, rows) float32, 0 for padding and otherwise 1


class Results(NamedTuple):
    """What a block of steps gives beside the state."""

    prediction: Any  # (steps, members, batch, units) float32, before each step's update
    penalty: Any  # (steps, members) float32
    sums: Any  # (members, scores) float32, see `scores.sums`


class Program:
    """The graphs for members of one structure.

    Args of an instance:
        model: one of the members.
        parts: of the model.
        members, steps: how many a block has.
    """

    def __init__(self, model: keras.Model, parts: Parts, members: int, steps: int) -> None:
        import tensorflow as tf

        self._model, self._parts, self.members, self.steps = model, parts, members, steps
        self.updates = Updates(model.optimizer, [v.shape.num_elements() for v in _plain(parts.trainable)], members)
        weights, averages = ([tf.zeros(0)] * len(group) for group in (parts.trainable, parts.averages))
        self.like = State(weights, averages, self.updates.start(), tf.zeros(0))
        self.train = tf.function(self._block, jit_compile=True, autograph=False)
        self.held_out = tf.function(self._held_out, autograph=False, reduce_retracing=True)

    def _block(self, state: State, numbers: Numbers, batches: Batches) -> tuple[State, Results]:
        """Return the state after a block of steps, and what they gave; a member takes no step without rows."""
        import tensorflow as tf

        units = self._model.outputs[0].shape[1:]
        shape = (self.members, batches.rows.shape[2], *units)
        kept = (
            tf.TensorArray(tf.float32, self.steps, element_shape=shape),
            tf.TensorArray(tf.float32, self.steps, element_shape=(self.members,)),
        )

        def take(step: Any, state: State, kept: Any) -> tuple[Any, State, Any]:
            batch = Batches(*(array[step] for array in batches))
            after, results = self._step(state, numbers, batch)
            taken = tf.reduce_any(batch.rows > 0, axis=1)

            def chosen(new: Any, old: Any) -> Any:
                return tf.where(tf.reshape(taken, (-1, *[1] * (len(old.shape) - 1))), new, old)

            written = [array.write(step, value) for array, value in zip(kept, results, strict=True)]
            return step + 1, tf.nest.map_structure(chosen, after, state), tuple(written)

        start = (tf.constant(0), state, kept)
        _, state, kept = tf.while_loop(
            lambda step, *_: step < self.steps, take, start, maximum_iterations=self.steps, parallel_iterations=1
        )
        prediction, penalty = (array.stack() for array in kept)
        summed = sums(self._parts, batches.y, prediction, batches.weight, batches.rows)
        return state, Results(prediction, penalty, summed)

    def _step(self, state: State, numbers: Numbers, batch: Batches) -> tuple[State, tuple[Any, Any]]:
        """Return the state after a step, the predictions before it, and the penalties."""
        import tensorflow as tf

        given = self._pass(state, numbers, batch.rows)
        count = tf.maximum(tf.reduce_sum(batch.rows, axis=1), 1.0)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(state.weights)
            given.weights |= self._shaped(state.weights, self._parts.trainable)
            prediction = run(self._model, batch.x, given)
            own = tf.reduce_sum(losses(self._parts, batch.y, prediction) * batch.weight, axis=1) / count
            penalty = self._penalty(state.weights, numbers)
            minimized = tf.reduce_sum(own + penalty)
        gradients = tape.gradient(minimized, state.weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        rates = batch.learning_rate[:, None]
        weights = state.weights
        if self._model.optimizer.weight_decay is not None:
            weights = [value - value * numbers.weight_decay * rates for value in weights]
        weights, slots = self.updates.apply(weights, gradients, state.slots, rates)
        moved = [given.moved.get(id(v)) for v in self._parts.averages]
        averages = [old if new is None else new for old, new in zip(state.averages, moved, strict=True)]
        seeds = [given.seeds[id(layer)] for layer in self._parts.dropout]
        after = State(weights, averages, slots, tf.stack(seeds, axis=1) if seeds else state.seeds)
        return after, (prediction, penalty)

    def _pass(self, state: State, numbers: Numbers, rows: Any) -> Pass:
        layers = list(enumerate(self._parts.dropout))
        return Pass(
            self._shaped(state.averages, self._parts.averages),
            training=True,
            rows=rows,
            rates={id(layer): numbers.rates[at] for at, layer in layers},
            scales={id(layer): numbers.scales[at] for at, layer in layers},
            seeds={id(layer): state.seeds[:, at] for at, layer in layers},
        )

    def _penalty(self, weights: list[Any], numbers: Numbers) -> Any:
        """Return the penalty of each member: (members,)."""
        import tensorflow as tf

        penalty = tf.zeros(self.members)
        for at, position in enumerate(self._parts.regularized):
            value = weights[position]
            penalty += numbers.l1[at] * tf.reduce_sum(tf.abs(value), axis=1)
            penalty += numbers.l2[at] * tf.reduce_sum(tf.square(value), axis=1)
        return penalty

    def _held_out(self, state: State, numbers: Numbers, rows: HeldOut) -> tuple[Any, Any, Any]:
        """Return predictions (members, rows, units), `scores.sums`, and the penalties of the weights (members,)."""
        shaped = self._shaped(state.weights, self._parts.trainable)
        prediction = run(self._model, rows.x, Pass(shaped | self._shaped(state.averages, self._parts.averages)))
        inside = rows.inside[None]
        summed = sums(self._parts, rows.y[None], prediction[None], inside, inside)
        return prediction, summed, self._penalty(state.weights, numbers)

    def _shaped(self, values: list[Any], variables: list[Any]) -> dict[int, Any]:
        import tensorflow as tf

        pairs = zip(values, variables, strict=True)
        return {id(variable): tf.reshape(value, (self.members, *variable.shape)) for value, variable in pairs}


def _plain(variables: list[Any]) -> list[Any]:
    """Return the TensorFlow variables behind Keras'."""
    return [variable.value for variable in variables]
