"""Padding and truncation of sequences to one length."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Padded, Sequences, stretches
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.steps import as_task_of_steps
from dlpy.data.task import State, Task

End = Literal["front", "back"]


class Pad(Transform):
    """Pads short sequences with 0 and truncates long ones to one length. Padding is added batch by batch.

    By default both happen at the front, as in Keras' pad_sequences: {name: pad, length: 500} keeps the last 500 words
    of a text. Set `cut: back` to keep the first 500 instead. Where each token has a class, the classes stay with their
    tokens.
    """

    name: Literal["pad"] = "pad"
    length: Annotated[int, Field(gt=0)] | None = None
    """Length of every sequence after padding. Default: the length of the longest training row."""
    fill: End = "front"
    """Side on which zeros are added; with `back`, an rnn with masking can use cuDNN."""
    cut: End = "front"
    """Side on which long sequences are truncated: front keeps the last words, back the first ones."""

    def outline(self, task: Task) -> Task:
        if task.input.kind != "sequence" or task.input.padding:
            hint = ". Add 'tokenize' before it" if task.input.kind == "text" else ""
            raise ConfigError(f"pad requires sequences of varying length, not {task.input}{hint}.")
        task = task.with_input(replace(task.input, shape=(self.length,), padding=self.fill))
        return as_task_of_steps(task, self.length)

    def measured(self, task: Task, state: State) -> Task:
        length = int(state["length"])
        return as_task_of_steps(task.with_input(replace(task.input, shape=(length,))), length)

    def fit(self, rows: Rows, task: Task) -> State:
        return self._state(self.length or _longest(rows), task)

    def fit_in_pieces(self, pieces: Pieces, task: Task) -> State:
        return self._state(self.length or max(map(_longest, pieces.blocks())), task)

    def _state(self, length: int, task: Task) -> State:
        if length == 0:
            raise DataError("pad: all training rows are empty: none of their words is in the vocabulary.")
        of_steps = [name for name, output in task.outputs.items() if output.per_step]
        return {"length": np.array(length)} | ({"of_steps": np.array(of_steps)} if of_steps else {})

    def apply(self, rows: Rows, state: State) -> Rows:
        sequences, length = _sequences(rows), int(state["length"])
        kept = np.minimum(np.diff(sequences.splits), length)
        starts = sequences.splits[1:] - kept if self.cut == "front" else sequences.splits[:-1]
        places, splits = stretches(starts, kept)
        for name in state.get("of_steps", np.empty(0, np.str_)).tolist():
            if name in rows.targets:
                moved = self._moved(rows.targets[name], starts - sequences.splits[:-1], kept, length)
                rows = rows.with_y(moved, name)
        return rows.with_x(Padded(sequences.values[places], splits, length, self.fill == "front"))

    def _moved(self, target: np.ndarray, first: np.ndarray, kept: np.ndarray, length: int) -> np.ndarray:
        """Return targets of steps where their steps are now: (rows, length), -1 for padding.

        Args:
            target: (rows, steps).
            first: (rows,) the first step of each row that is kept.
            kept: (rows,) how many steps are kept.
            length: of the padded rows.
        """
        place = np.arange(length) - ((length - kept) if self.fill == "front" else np.zeros_like(kept))[:, None]
        inside = (place >= 0) & (place < kept[:, None])
        source = np.where(inside, place + first[:, None], 0)
        return np.where(inside, np.take_along_axis(target, source, axis=1), -1).astype(np.int32)


def _longest(rows: Rows) -> int:
    return int(np.diff(_sequences(rows).splits).max())


def _sequences(rows: Rows) -> Sequences:
    if not isinstance(rows.x, Sequences):
        raise ConfigError("pad requires sequences of integers.")
    return rows.x
