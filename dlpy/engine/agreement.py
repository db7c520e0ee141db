"""Keeps the processes of a training in step: all have the state, the scores and the end of the first one.

They compute the same, and on machines of one kind the same bits. The first one decides nevertheless, so that a last bit
never lets one of them stop or reduce its learning rate alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dlpy.engine import model_state
from dlpy.engine.plan import Execution

if TYPE_CHECKING:
    import keras


class Agreement:
    """What one process and its peers do between epochs; a process without peers does nothing."""

    def __init__(self, model: keras.Model, execution: Execution) -> None:
        self._model = model
        self._peers = None if execution.replicas is None else execution.replicas.peers

    def on_state(self) -> None:
        """Take the weights, the optimizer's variables, the seeds and the metrics of the first process."""
        if self._peers is None:
            return
        groups = [*model_state.variables(self._model).values(), model_state.metrics(self._model)]
        variables = [variable for group in groups for variable in group]
        given = self._peers.arrays_of_first([variable.numpy() for variable in variables])
        for variable, value in zip(variables, given, strict=True) if self._peers.rank else ():
            variable.assign(value)

    def on_scores(self, logs: dict[str, float]) -> dict[str, float]:
        """Return the scores of the first process."""
        return logs if self._peers is None else self._peers.of_first(logs)

    def on_end(self) -> None:
        """End training after this epoch if the first process does."""
        if self._peers is not None:
            self._model.stop_training = self._peers.of_first(bool(self._model.stop_training))

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Turn an error of TensorFlow into that of the exchange that caused it."""
        import tensorflow as tf

        try:
            yield
        except tf.errors.OpError:
            if self._peers is not None:
                self._peers.require()
            raise
