"""Sequences brought to one length."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Padded, Sequences, stretches
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task

End = Literal["front", "back"]


class Pad(Transform):
    """Sequences of one length: short ones filled up with 0, long ones cut off. They are filled up batch by batch.

    A trap: by default both happen in front, as in Keras' pad_sequences, so that {name: pad, length: 500} keeps the
    last 500 words of a text, whatever books say of the first 500. Those are kept by `cut: back`.
    """

    name: Literal["pad"] = "pad"
    length: Annotated[int, Field(gt=0)] | None = None
    """How long every sequence is; as long as the longest training row unless given."""
    fill: End = "front"
    """Where 0 is put; `back` lets an rnn with masking use cuDNN."""
    cut: End = "front"
    """Which end of a long sequence is lost: `front` keeps its last words, `back` its first ones."""

    def outline(self, task: Task) -> Task:
        if task.input.kind != "sequence" or task.input.padding:
            hint = ": put 'tokenize' before it" if task.input.kind == "text" else ""
            raise ConfigError(f"pad fits sequences of different lengths, not {task.input}{hint}.")
        return task.with_input(replace(task.input, shape=(self.length,), padding=self.fill))

    def measured(self, task: Task, state: State) -> Task:
        return task.with_input(replace(task.input, shape=(int(state["length"]),)))

    def fit(self, rows: Rows, task: Task) -> State:
        length = self.length or int(np.diff(_sequences(rows).splits).max())
        if length == 0:
            raise DataError("pad: every training row is empty: no word is in the vocabulary.")
        return {"length": np.array(length)}

    def apply(self, rows: Rows, state: State) -> Rows:
        sequences, length = _sequences(rows), int(state["length"])
        kept = np.minimum(np.diff(sequences.splits), length)
        starts = sequences.splits[1:] - kept if self.cut == "front" else sequences.splits[:-1]
        places, splits = stretches(starts, kept)
        return rows.with_x(Padded(sequences.values[places], splits, length, self.fill == "front"))


def _sequences(rows: Rows) -> Sequences:
    if not isinstance(rows.x, Sequences):
        raise ConfigError("pad fits sequences of integers.")
    return rows.x
