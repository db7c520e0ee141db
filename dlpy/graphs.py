"""A model's compiled loops over batches: training, scoring and predicting without leaving the graph.

`model.train_step` itself, with its losses, metrics and optimizer, is the body of the loop. For networks of plain dense
layers XLA compiles blocks of such steps, which makes small ones some 100 times faster than Keras' `fit`; it slows
convolutions down on a CPU. The graph gathers a block's rows before XLA runs: gathering inside, or a number of steps
that is not constant, made it 20 to 100 times slower.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dlpy import resident

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

_COMPILABLE = {"InputLayer", "Dense", "Dropout", "BatchNormalization", "Activation", "Reshape", "Flatten"}
_COMPILING_SECONDS = 1.5

Data = tuple[Any, ...]  # what resident.tensors returns
Scores = dict[str, Any]  # name -> tensor
Loop = Callable[[Data, Any, Any, Any, Any], Scores]


class Graphs:
    """The graphs of one model; they are traced once for every shape of the data.

    train, test: take the data, blocks (blocks, steps, batch) of row numbers, the first block and the one to stop at,
    and whether the metrics begin anew; they return the scores so far.
    """

    def __init__(self, model: keras.Model, *, xla: bool) -> None:
        import tensorflow as tf

        self.xla = xla
        self._model = model
        self._width = int(model.inputs[0].shape[-1])
        self._compiled_steps = tf.function(self._take_steps, jit_compile=True)
        self.train = self._over_blocks(self._train_block)
        self.test = self._over_blocks(self._test_block)
        self.predict = tf.function(lambda data, rows: model(self._batch(data, rows)[0], training=False))

    def create_variables(self, data: Data) -> None:
        """Make the variables of metrics and optimizer now: a graph that loops cannot make them."""
        import tensorflow as tf

        model = self._model
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        x, y, *weight = self._batch(data, tf.range(1))
        prediction = model(x, training=False)
        model.compute_loss(x, y, prediction, *weight, training=False)
        model.compute_metrics(x, y, prediction, *weight)

    def _batch(self, data: Data, rows: tf.Tensor) -> Data:
        return resident.batch(data, rows, self._width)

    def _over_blocks(self, body: Callable[[Data, tf.Tensor], None]) -> Loop:
        """Return a graph that runs `body` on each block and returns the scores."""
        import tensorflow as tf

        model = self._model

        @tf.function
        def run(data: Data, blocks: tf.Tensor, start: tf.Tensor, stop: tf.Tensor, anew: tf.Tensor) -> Scores:
            if anew:
                model.reset_metrics()
            for number in tf.range(start, stop):
                body(data, blocks[number])
            return model.get_metrics_result()

        return run

    def _train_block(self, data: Data, rows: tf.Tensor) -> None:
        """Take the steps of a block: rows (steps, batch)."""
        if self.xla:
            self._compiled_steps(self._batch(data, rows))
        else:
            self._model.train_step(self._batch(data, rows[0]))

    def _take_steps(self, block: Data) -> None:
        """Take the steps of gathered rows: arrays (steps, batch, ...)."""
        import tensorflow as tf

        for step in tf.range(block[0].shape[0]):
            self._model.train_step(tuple(array[step] for array in block))

    def _test_block(self, data: Data, rows: tf.Tensor) -> None:
        self._model.test_step(self._batch(data, rows[0]))


def xla_pays(model: keras.Model, steps: int, batch_size: int) -> bool:
    """Return whether XLA saves more time over so many training steps than it takes to compile them.

    Only networks of plain dense layers gain. Measured on two cores: a step of a tiny one takes 70 us without XLA and
    10 us with it, one of 312 million operations (784-512-10, 128 rows) 3.6 ms and 1.6 ms; compiling takes 1 to 2 s.
    The answer depends on sizes alone, so that a run repeated goes the same way.
    """
    plain = all(type(layer).__name__ in _COMPILABLE for layer in model.layers)
    if not plain or any(getattr(tensor, "sparse", False) for tensor in model.inputs):
        return False
    operations = 6 * model.count_params() * batch_size
    return steps * (6e-5 + 6.4e-12 * operations) > _COMPILING_SECONDS
