"""An epoch step by step, as Keras' `fit` runs it, over a tf.data pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dlpy.engine import device_rows, row_variables
from dlpy.engine.device_rows import Moved, Resident, Shapes, Tensors
from dlpy.engine.plan import Pause

if TYPE_CHECKING:
    import keras

_STEPS_PER_EXECUTION = 16  # a call of Keras' function costs 1 ms; with slow steps this is still a call a second


class StepEpoch:
    """Trains with Keras' own training function, and prepares the next batches meanwhile.

    Keras callbacks that act on batches are called before each step; where there are any, each call takes one step.

    Args of an instance:
        pause: steps; no call runs past a multiple of these.
        listeners: the Keras callbacks that act on batches.
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
        made_for = model.steps_per_execution, model.jit_compile
        model.steps_per_execution = 1 if listeners else even[0]
        model.jit_compile = jit_compile
        is_other = made_for != (model.steps_per_execution, model.jit_compile)
        model.make_train_function(force=is_other)  # another fold may have fewer steps
        self._variables: Moved | None = None
        self._dataset: Any = None

    def run(self, tensors: Tensors, after: Pause, first: int = 0) -> dict[str, float]:
        """Train on the rows from a step on, and return the scores: see `engine.Epoch`."""
        model = self._model
        if self._variables is None:
            self._variables = row_variables.as_variables(tensors.moved)
            rows = tensors._replace(moved=self._variables)
            self._dataset = _pipeline(rows, self._rows.steps, device_rows.input_shapes(model))
        row_variables.assign(self._variables, tensors.moved)
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
        # not the scores of the last call: a run resumed behind it has none, and in a graph the last bit may differ
        return {name: float(value) for name, value in model.get_metrics_result().items()}


def _pipeline(tensors: Tensors, steps: int, shapes: Shapes) -> Any:
    """Return the tf.data.Dataset of an epoch's batches."""
    import tensorflow as tf

    dataset = tf.data.Dataset.range(steps, output_type=tf.int32)
    dataset = dataset.map(
        # converted by AutoGraph, it would be written into a temporary file, which a killed process leaves
        tf.autograph.experimental.do_not_convert(lambda step: device_rows.batch(tensors, step, shapes)),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    return dataset.prefetch(tf.data.AUTOTUNE)
