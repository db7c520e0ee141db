"""A model's compiled loops over batches: training, scoring and predicting without leaving the graph.

`model.train_step` itself, with its losses, metrics and optimizer, is the body of the loop. Where XLA compiles it, it
takes blocks of a fixed number of whole batches, which the graph gathers before: gathering inside, or a number of steps
that is not constant, made it 20 to 100 times slower. Batches that are left over go through the plain loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.data.rows import Rows
from dlpy.engine import device_rows
from dlpy.engine.custom_step import stepped_class
from dlpy.engine.device_rows import Batch, Resident, Tensors
from dlpy.engine.model_state import build_optimizers, variables

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Scores = dict[str, Any]  # name -> tensor
Loop = Callable[[Tensors, Any, Any, Any], Scores]


class Graphs:
    """The graphs of one model; they are traced once for every shape of the data.

    train, test: take the tensors of Resident.in_order, the first batch, the one to stop at, and whether the metrics
    begin anew; they return the scores so far.
    test_and_keep: test, but what the model says of the rows is kept beside: `make_room` before, and `kept` afterwards.
    predict: takes the tensors and which batch, and returns what the model says of it.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._shape = tuple(model.inputs[0].shape[1:])
        self._blocks: dict[tuple[int, int], Loop] = {}
        self._created = False
        step = model.train_step if model.trainable_variables else model.test_step  # Keras warns where nothing learns
        self.train = self._over(lambda tensors, number: step(self._batch(tensors, number)))
        self.test = self._over(lambda tensors, step: model.test_step(self._batch(tensors, step)))
        self.test_and_keep = self._over(self._test_and_keep)
        self._kept: Any = None
        self.predict = _graph(lambda tensors, step: model(self._batch(tensors, step)[0], training=False))

    def train_blocks(self, steps: int, batch_size: int) -> Loop:
        """Return `train` for blocks of so many batches, compiled by XLA; the same one for the same numbers."""
        if (steps, batch_size) not in self._blocks:
            self._blocks[steps, batch_size] = self._compiled(steps, batch_size)
        return self._blocks[steps, batch_size]

    def _compiled(self, steps: int, batch_size: int) -> Loop:
        import tensorflow as tf

        @tf.function(jit_compile=True, autograph=False)
        def take_steps(block: Batch) -> None:
            def take(step: tf.Tensor) -> tf.Tensor:
                self._model.train_step(tuple(array[step] for array in block))
                return step + 1

            tf.while_loop(lambda step: step < steps, take, [0], maximum_iterations=steps)

        return self._over(
            lambda tensors, number: take_steps(device_rows.block(tensors, number, steps, batch_size, self._shape))
        )

    def make_room(self, rows: int) -> None:
        """Make room for what the model says of so many rows."""
        import tensorflow as tf

        shape = tuple(self._model.outputs[0].shape[1:])
        empty = tf.zeros((rows, *shape))
        if self._kept is None:
            self._kept = tf.Variable(empty, shape=(None, *shape), trainable=False)
        else:
            self._kept.assign(empty)

    def kept(self) -> np.ndarray:
        """Return what the model said of the rows when they were last scored: (rows, units) float32, in their order."""
        return self._kept.numpy()

    def _test_and_keep(self, tensors: Tensors, step: tf.Tensor) -> None:
        import tensorflow as tf

        with _predictions(self._model) as given:
            self._model.test_step(self._batch(tensors, step))
        start = step * tensors["batch_size"]
        rows = tensors["order"][start : start + tensors["batch_size"]]
        self._kept.scatter_update(tf.IndexedSlices(tf.cast(given[0], tf.float32), rows))

    def create_variables(self, rows: Rows, *, cut: bool = False) -> None:
        """Make the variables of metrics and optimizer, once: a graph that loops cannot make them.

        Args:
            cut: whether rows may be fed without what fills them up.
        """
        import tensorflow as tf

        model = self._model
        if self._created:
            return
        self._created = True
        single = Resident(rows.take(np.zeros(1, np.int64)), 1, cut=cut)  # pictures can be read as long as it is there
        tensors = single.in_order()
        build_optimizers(model)
        if isinstance(model, stepped_class()):  # its scores have had theirs from the beginning
            return
        seeds = [(seed, seed.numpy()) for seed in variables(model)["seeds"]]
        x, y = self._batch(tensors, tf.constant(0))
        prediction = model(x, training=False)
        model.compute_loss(x, y, prediction, training=False)
        model.compute_metrics(x, y, prediction)
        for seed, value in seeds:  # recurrent layers draw even where nothing is dropped
            seed.assign(value)

    def _batch(self, tensors: Tensors, step: tf.Tensor) -> Batch:
        return device_rows.batch(tensors, step, self._shape)

    def _over(self, body: Callable[[Tensors, tf.Tensor], object]) -> Loop:
        """Return a graph that runs `body` on batch after batch and returns the scores."""
        import tensorflow as tf

        model = self._model

        def run(tensors: Tensors, start: tf.Tensor, stop: tf.Tensor, anew: tf.Tensor) -> Scores:
            def go_on(number: tf.Tensor) -> tf.Tensor:
                body(tensors, number)
                return number + 1

            tf.cond(anew, lambda: (model.reset_metrics(), tf.constant(0))[1], lambda: tf.constant(0))
            tf.while_loop(lambda number: number < stop, go_on, [start])
            return model.get_metrics_result()

        return _graph(run)


@contextmanager
def _predictions(model: keras.Model) -> Iterator[list[Any]]:
    """Yield a list that gets what the model says of the batches whose metrics are computed meanwhile."""
    given: list[Any] = []
    compute = model.compute_metrics

    def seen(x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        given.append(y_pred)
        return compute(x, y, y_pred, sample_weight)

    model.compute_metrics = seen
    try:
        yield given
    finally:
        del model.compute_metrics


def _graph(function: Callable) -> Any:
    """Return the function as a graph; after a second shape of the data it takes any."""
    import tensorflow as tf

    return tf.function(function, autograph=False, reduce_retracing=True)
