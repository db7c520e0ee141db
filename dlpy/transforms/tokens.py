"""The vocabulary and sample windows that a run stores of its training text."""

from __future__ import annotations

from typing import Literal

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, on_a_line
from dlpy.data.features import Passages
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task
from dlpy.data.text.vocabulary import By
from dlpy.sampling.text_memory import Memory


class Tokens(Transform):
    """Stores the vocabulary of a text and some training windows as seeds for generation; rows stay unchanged.

    The language-modelling datasets apply it themselves.
    """

    name: Literal["tokens"] = "tokens"
    by: By = "character"
    """What a token is: character or word."""
    lower: bool = False
    """Whether the text was converted to lower case."""

    def outline(self, task: Task) -> Task:
        if [output.kind for output in task.outputs.values()] != ["tokens"]:
            raise ConfigError(f"tokens requires a language-modelling dataset (language_model), not {task.rows}.")
        return task

    def fit(self, rows: Rows, task: Task) -> State:
        if not isinstance(rows.x, Passages):
            raise ConfigError("tokens requires windows of a text.")
        return Memory.of_text(rows.x, self.by, lower=self.lower).arrays()

    def apply(self, rows: Rows, state: State) -> Rows:
        return rows

    def files(self, state: State) -> dict[str, str]:
        words = Memory.of(state).vocabulary.words
        return {"vocabulary.txt": "".join(f"{on_a_line(word) or '[UNK]'}\n" for word in words)}
