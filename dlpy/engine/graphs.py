"""A model's compiled loops over batches: training, scoring and predicting inside a graph.

The body of the loop is `model.train_step` with its losses, metrics and optimizer. A call of a graph runs some hundreds
of steps; Python shows progress and hears signals between two calls. XLA compiles blocks of a fixed number of full
batches, which are gathered before: gathering inside XLA, or a number of steps that is not constant, made it 20 to 100
times slower. The batches that are left run in the plain loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.core.timing import stage
from dlpy.data.rows import Rows
from dlpy.engine import device_rows
from dlpy.engine.custom_step import stepped_class
from dlpy.engine.device_rows import Batch, Resident, Tensors
from dlpy.engine.known_targets import without_gaps
from dlpy.engine.model_state import build_optimizers
from dlpy.engine.outputs import output_shapes, seen_predictions, whole, zeros
from dlpy.engine.plan import Pause
from dlpy.engine.traced import Traced, of_any_rows

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Scores = dict[str, Any]  # name -> tensor
Loop = Callable[[Tensors, Any, Any, Any], Scores]
Predictions = dict[str, np.ndarray]  # (rows, units) or (rows, steps, units) float32 by output; of the only one, by ""

_CALL_SECONDS = 0.3  # the time of one call of a graph
_BLOCK_BYTES = (4_000_000, 32_000_000)  # the bounds of the rows gathered for a block
_BLOCK_WORK = 2e10  # floating-point operations of a block at most: about a second, in which no signal is heard
_BLOCK_WEIGHTS = 20  # between these bounds, this many times the weights' bytes: every call copies the weights


class Graphs:
    """The graphs of one model; each is traced once per shape of the data.

    train, test: take the tensors of Resident.in_order, the first batch, the batch to stop before, and whether to reset
    the metrics; they return the scores so far.
    test_and_keep: test, which also keeps the predictions: `make_room` before, and `kept` afterwards.
    predict: takes the tensors and the number of a batch, and returns its predictions.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._shapes = device_rows.input_shapes(model)
        self._blocks: dict[tuple[int, int], Loop] = {}
        self._created = False
        step = model.train_step if model.trainable_variables else model.test_step  # Keras warns where nothing learns
        self.train = self._over(lambda tensors, number: step(self._batch(tensors, number)))
        self.test = self._over(lambda tensors, step: model.test_step(self._batch(tensors, step)), of_any_rows)
        self.test_and_keep = self._over(self._test_and_keep, of_any_rows)
        self._kept: dict[str, Any] = {}
        self.predict = Traced(self._predictions, of_any_rows)

    def train_blocks(self, steps: int, batch_size: int) -> Loop:
        """Return `train` over blocks of this many batches, compiled by XLA; the same one for the same numbers."""
        if (steps, batch_size) not in self._blocks:
            self._blocks[steps, batch_size] = self._compiled(steps, batch_size)
        return self._blocks[steps, batch_size]

    def _compiled(self, steps: int, batch_size: int) -> Loop:
        import tensorflow as tf

        @tf.function(jit_compile=True, autograph=False)
        def take_steps(block: Batch) -> None:
            def take(step: tf.Tensor) -> tf.Tensor:
                self._model.train_step(tf.nest.map_structure(lambda array: array[step], block))
                return step + 1

            tf.while_loop(lambda step: step < steps, take, [0], maximum_iterations=steps)

        return self._over(
            lambda tensors, number: take_steps(device_rows.block(tensors, number, steps, batch_size, self._shapes))
        )

    def make_room(self, rows: int) -> None:
        """Make room for the predictions of this many rows."""
        import tensorflow as tf

        for name, shape in output_shapes(self._model).items():
            empty = tf.zeros((rows, *shape))
            if name not in self._kept:
                self._kept[name] = tf.Variable(empty, shape=(None, *shape), trainable=False)
            else:
                self._kept[name].assign(empty)

    def kept(self) -> Predictions:
        """Return the predictions of the rows that were scored last, in their order."""
        return {name: variable.numpy() for name, variable in self._kept.items()}

    def _predictions(self, tensors: Tensors, step: tf.Tensor) -> Mapping[str, Any]:
        return whole(self._model, self._model(self._batch(tensors, step)[0], training=False))

    def _test_and_keep(self, tensors: Tensors, step: tf.Tensor) -> None:
        import tensorflow as tf

        with seen_predictions(self._model) as given:
            self._model.test_step(self._batch(tensors, step))
        size = tensors.held.batch_size
        rows = tensors.moved.order[step * size : step * size + size]
        for name, prediction in whole(self._model, given[0]).items():
            self._kept[name].scatter_update(tf.IndexedSlices(tf.cast(prediction, tf.float32), rows))

    def create_variables(self, rows: Rows, *, cut: Collection[str] = ()) -> None:
        """Create the variables of metrics and optimizer, once: a graph with a loop cannot.

        Args:
            cut: the inputs of which batches are cut to their longest row.
        """
        import tensorflow as tf

        model = self._model
        if self._created:
            return
        self._created = True
        single = Resident(rows.take(np.zeros(1, np.int64)), 1, cut=cut)  # its images can be read while it exists
        tensors = single.in_order()
        build_optimizers(model)
        if isinstance(model, stepped_class()):  # its metrics have their variables already
            return
        x, y = self._batch(tensors, tf.constant(0))
        # values of no meaning: metrics are reset before an epoch, and a call of a recurrent model takes seconds
        prediction = zeros(model)
        model.compute_loss(x, y, prediction, training=False)
        model.compute_metrics(x, without_gaps(y), prediction)  # a metric without rows would create no variables

    def _batch(self, tensors: Tensors, step: tf.Tensor) -> Batch:
        return device_rows.batch(tensors, step, self._shapes)

    def _over(self, body: Callable[[Tensors, tf.Tensor], object], types: Callable[[Any], Any] | None = None) -> Loop:
        """Return a graph that runs `body` on batch after batch and returns the scores."""
        import tensorflow as tf

        model = self._model

        @stage("tracing")  # this code runs only while the graph is made
        def run(tensors: Tensors, start: tf.Tensor, stop: tf.Tensor, reset: tf.Tensor) -> Scores:
            def step(number: tf.Tensor) -> tf.Tensor:
                body(tensors, number)
                return number + 1

            tf.cond(reset, lambda: (model.reset_metrics(), tf.constant(0))[1], lambda: tf.constant(0))
            tf.while_loop(lambda number: number < stop, step, [start])
            return model.get_metrics_result()

        return Traced(run, types)


@dataclass
class Part:
    """Some of an epoch's batches, and the graph that runs over them."""

    loop: Loop
    start: int  # blocks of batches
    stop: int
    block: int = 1  # batches
    pace: float = 0.0  # blocks a second, as measured


@dataclass
class GraphEpoch:
    """Runs graphs over rows in memory, part after part; no call runs past a multiple of `pause` steps."""

    parts: list[Part]
    pause: int | None = None
    rows: Resident | None = None  # tensors of rows in files can be read as long as it exists

    def run(self, tensors: Tensors, after: Pause, first: int = 0) -> dict[str, float]:
        """Run over the rows from a step on, and return the scores: see `engine.Epoch`."""
        import tensorflow as tf

        reset, scores = first == 0, {}
        for part in self.parts:
            number = max(part.start, first // part.block)
            while number < part.stop:
                stop = self._stop(part, number)
                began = time.perf_counter()
                with stage("epochs" if part.pace else "first steps"):
                    scores = part.loop(tensors, tf.constant(number), tf.constant(stop), tf.constant(reset))
                pace = (stop - number) / (time.perf_counter() - began)
                part.pace = max(pace, part.pace / 2)  # the last steps of an epoch are too few to measure
                number, reset = stop, False
                after(number * part.block, scores, None)
        if not scores:  # all steps were done before: only the scores are left to read
            end = tf.constant(self.parts[-1].stop)
            scores = self.parts[-1].loop(tensors, end, end, tf.constant(reset))
        return {name: float(value) for name, value in scores.items()}

    def _stop(self, part: Part, number: int) -> int:
        """Return the block before which the next call ends."""
        stop = min(part.stop, number + max(1, int(part.pace * _CALL_SECONDS)))
        if self.pause is None:
            return stop
        step = number * part.block
        return min(stop, (step - step % self.pause + self.pause) // part.block)


def steps_in_block(rows: Resident, row_bytes: int, weights: int, pause: int | None, passes: int = 1) -> int:
    """Return the number of steps in a block: not too large, and, where possible, such that blocks are of one length.

    A pause is always between two blocks.

    Args:
        weights: the number of the model's weights.
        passes: how often a row passes through them.
    """
    low, high = _BLOCK_BYTES
    limit = min(max(low, _BLOCK_WEIGHTS * 4 * weights), high) // (rows.batch_size * row_bytes)
    limit = min(limit, int(_BLOCK_WORK / (6 * max(1, weights) * passes * rows.batch_size)))
    full = max(1, rows.drawn // rows.batch_size)
    longest = max(1, min(full, limit))
    if pause:
        return next(length for length in range(min(longest, pause), 0, -1) if pause % length == 0)
    even = [length for length in range(longest, longest // 2, -1) if full % length == 0]
    return even[0] if even else longest
