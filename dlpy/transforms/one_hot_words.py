"""One-hot encoding of the integers in a sequence."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, SetupError
from dlpy.data.features import Padded
from dlpy.data.rows import Rows
from dlpy.data.task import Input, State, Task

_MOST_BYTES = 2 * 2**30


class OneHotWords(Transform):
    """One-hot encodes each integer of a sequence: rows (length, vocabulary), all zeros at padding.

    The result is stored as bytes. More than 2 GB is an error: use a model with an embedding instead.
    """

    name: Literal["one_hot_words"] = "one_hot_words"

    def outline(self, task: Task) -> Task:
        if task.input.kind != "sequence" or not task.input.padding:
            hint = ". Add 'pad' before it" if task.input.kind == "sequence" else ""
            raise ConfigError(f"one_hot_words requires padded sequences, not {task.input}{hint}.")
        return task.with_input(Input("array", (task.input.shape[0], task.input.vocabulary), words=task.input.words))

    def fit(self, rows: Rows, task: Task) -> State:
        return {"size": np.array(task.input.vocabulary or int(_padded(rows).values.max(initial=0)) + 1)}

    def apply(self, rows: Rows, state: State) -> Rows:
        padded, size = _padded(rows), int(state["size"])
        needed = len(padded) * padded.length * size
        if needed > _MOST_BYTES:
            shape = f"{len(padded):,} rows of {padded.length:,} x {size:,}"
            hint = "Use an embedding, a smaller vocabulary, or a smaller length."
            raise SetupError(f"one_hot_words: {shape} need {needed / 2**30:.1f} GB of memory. {hint}")
        integers = padded.numbers()
        vectors = np.zeros((*integers.shape, size), np.uint8)
        row, place = np.nonzero((integers > 0) & (integers < size))
        vectors[row, place, integers[row, place]] = 1
        return rows.with_x(vectors)

    def in_graph(self, numbers: Any, state: State) -> Any:
        from keras import ops

        places = ops.expand_dims(numbers, -1)  # (batch, length, 1), 0 at padding
        of_words = np.arange(1, int(state["size"]), dtype=np.int32)
        return ops.pad(ops.cast(ops.equal(places, of_words), "float32"), [[0, 0], [0, 0], [1, 0]])


def _padded(rows: Rows) -> Padded:
    if not isinstance(rows.x, Padded):
        raise ConfigError("one_hot_words requires padded sequences.")
    return rows.x
