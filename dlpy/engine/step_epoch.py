"""Training step by step, as Keras' `fit` does it, over a tf.data pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dlpy.engine import device_rows
from dlpy.engine.device_rows import Resident, Shape, Tensors
from dlpy.engine.plan import Pause

if TYPE_CHECKING:
    import keras

_STEPS_PER_EXECUTION = 16  # a call of Keras' function costs 1 ms; with slow steps this is still a call a second


class Stream:
    """Goes through rows with Keras' own training function; batches are made while the one before them is trained on.

    Keras' callbacks that act on batches are called before each step; where there are any, Python has every step's end.

    Args of an instance:
        pause: steps, at every multiple of which Python has a step's end at any rate.
    """

    def __init__(
        self,
        model: keras.Model,
        rows: Resident,
        pause: int | None,
        listeners: Sequence[Any],
        *,
        jit_compile: bool,
    ) -> None:
        self._model, self._rows, self._listeners = model, rows, listeners
        most = min(_STEPS_PER_EXECUTION, rows.steps)
        even = [steps for steps in range(most, 0, -1) if pause is None or pause % steps == 0]
        model.steps_per_execution = 1 if listeners else even[0]
        model.jit_compile = jit_compile
        model.make_train_function()
        self._variables: dict[str, Any] = {}
        self._dataset: Any = None

    def go(self, tensors: Tensors, after: Pause, first: int = 0) -> dict[str, float]:
        """Go through the rows, as Resident.in_order gave them, from a step on, and return the scores."""
        model = self._model
        if self._dataset is None:
            self._variables, self._dataset = _pipeline(tensors, self._rows.steps, tuple(model.inputs[0].shape[1:]))
        for name, variable in self._variables.items():
            variable.assign(tensors[name])
        if first == 0:
            model.reset_metrics()
        batches = iter(self._dataset.skip(first))
        for step in range(first, self._rows.steps, model.steps_per_execution):
            for listener in self._listeners:
                listener.on_train_batch_begin(step)
            scores = model.train_function(batches)  # type: ignore
            done = min(step + model.steps_per_execution, self._rows.steps)
            logs = {name: float(value) for name, value in scores.items()} if self._listeners else None
            after(done, scores, logs)
        # not those of the last step: whoever goes on behind it has none, and a graph divides otherwise by a bit
        return {name: float(value) for name, value in model.get_metrics_result().items()}


def _pipeline(tensors: Tensors, steps: int, input_shape: Shape) -> tuple[dict[str, Any], Any]:
    """Return variables for what depends on the order of the rows, and the tf.data.Dataset of an epoch's batches."""
    import tensorflow as tf

    def shape(tensor: Any) -> Any:
        return tf.TensorShape([None, *tensor.shape[1:]])

    moved = {name: tensors[name] for name in device_rows.MOVED if name in tensors}
    variables = {name: tf.Variable(moved[name], shape=shape(moved[name]), trainable=False) for name in moved}
    dataset = tf.data.Dataset.range(steps, output_type=tf.int32)
    dataset = dataset.map(
        lambda step: device_rows.batch(tensors | variables, step, input_shape),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    return variables, dataset.prefetch(tf.data.AUTOTUNE)
