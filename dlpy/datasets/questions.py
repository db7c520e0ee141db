"""Generated stories and questions about them."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.datasets._generated import Generated
from dlpy.stand_ins.questions import WORDS, answers, questions


class Questions(Generated):
    """Two inputs, a story (`text`) and a `question` about it, and one output, the `answer` (book 7.1.2).

    The book trains on random numbers; here the data can be learnt. Two characters and a ball move from place to place,
    and the answer is where the one asked for went last, so that the order of the sentences matters. Stories have at
    most 72 tokens. The best possible accuracy is 1.0.
    """

    title: ClassVar[str] = "generated stories and questions"

    name: Literal["questions"] = "questions"
    places: Literal["own", "shared"] = "own"
    """Whether each of the three moves among four places of its own (12 answers), or all among the same (4 answers).
    A last layer on the concatenated codes of story and question, as in the book, adds up a score from each, and can
    answer only with own places; shared ones need a hidden layer."""

    def outline(self) -> Task:
        given = Input("sequence", (None,), len(WORDS), words=WORDS)
        classes = answers(shared_places=self.places == "shared")
        return Task({"text": given, "question": given}, {"answer": Output("multiclass", len(classes), classes)})

    def generated(self, seed: int, part: int, count: int) -> Rows:
        found = questions(seed, part, count, shared_places=self.places == "shared")
        return Rows({"text": found.text, "question": found.question}, {"answer": found.answer}, np.arange(count))
