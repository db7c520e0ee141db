"""Training step by step, as Keras' `fit` does it, over a tf.data pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dlpy import resident
from dlpy.components import Hooks
from dlpy.resident import Resident, Shape, Tensors

if TYPE_CHECKING:
    import keras

_STEPS_PER_EXECUTION = 16  # a call of Keras' function costs 1 ms; with slow steps this is still a call a second


class Stream:
    """Goes through rows with Keras' own training function; batches are made while the one before them is trained on.

    With `every_batch` the hooks are called before and after each step; otherwise after some of them.
    """

    def __init__(self, model: keras.Model, rows: Resident, *, every_batch: bool, jit_compile: bool) -> None:
        self._model, self._rows = model, rows
        self._every_batch = every_batch
        model.steps_per_execution = 1 if every_batch else min(_STEPS_PER_EXECUTION, rows.steps)
        model.jit_compile = jit_compile
        model.make_train_function()
        self._variables: dict[str, Any] = {}
        self._dataset: Any = None

    def go(self, tensors: Tensors, hooks: Sequence[Hooks]) -> dict[str, float]:
        """Go through the rows, as Resident.in_order gave them, and return the scores."""
        model = self._model
        if self._dataset is None:
            self._variables, self._dataset = _pipeline(tensors, self._rows.steps, tuple(model.inputs[0].shape[1:]))
        for name, variable in self._variables.items():
            variable.assign(tensors[name])
        model.reset_metrics()
        batches, scores = iter(self._dataset), {}
        for step in range(0, self._rows.steps, model.steps_per_execution):
            if self._every_batch:
                for hook in hooks:
                    getattr(hook, "on_train_batch_begin", _nothing)(step)
            scores = model.train_function(batches)  # type: ignore
            done = min(step + model.steps_per_execution, self._rows.steps)
            logs = {name: float(value) for name, value in scores.items()} if self._every_batch else None
            for hook in hooks:
                hook.on_train_batch_end(done - 1, logs)
        return {name: float(value) for name, value in scores.items()}


def _pipeline(tensors: Tensors, steps: int, input_shape: Shape) -> tuple[dict[str, Any], Any]:
    """Return variables for what depends on the order of the rows, and the tf.data.Dataset of an epoch's batches."""
    import tensorflow as tf

    def shape(tensor: Any) -> Any:
        return tf.TensorShape([None, *tensor.shape[1:]])

    moved = {name: tensors[name] for name in resident.MOVED if name in tensors}
    variables = {name: tf.Variable(moved[name], shape=shape(moved[name]), trainable=False) for name in moved}
    dataset = tf.data.Dataset.range(steps, output_type=tf.int32)
    dataset = dataset.map(
        lambda step: resident.batch(tensors | variables, step, input_shape),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    return variables, dataset.prefetch(tf.data.AUTOTUNE)


def _nothing(step: int) -> None:
    """Hooks of dlpy's own are not called before a step."""
