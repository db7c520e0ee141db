"""Generated sentences with names."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from dlpy.data.features import Texts
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.datasets import _tagged_files as tagged_files
from dlpy.datasets._generated import Generated
from dlpy.stand_ins.named_entities import TAGS, sentences_with_names


class NamedEntities(Generated):
    """Sentences, and for each word a tag: whether a name of someone, a place or an organization begins or goes on.

    The tags are those of CoNLL files: B-PER for the first word of someone's name, I-PER for the next, O for all words
    outside names. The words are made up; the same names are used for all kinds, and a word beside the name tells which
    it is. The best possible F1 score of names is 0.98; remembering the commonest tag of each word gives 0.62.
    """

    title: ClassVar[str] = "generated sentences with names"

    name: Literal["named_entities"] = "named_entities"

    def outline(self) -> Task:
        output = Output("multiclass", len(TAGS), TAGS, has_missing=True, per_step=True)
        return Task.single(Input("text", (None,)), output)

    def generated(self, seed: int, part: int, count: int) -> Rows:
        found = sentences_with_names(seed, part, count)
        return Rows({"input": Texts(found.texts)}, {"target": found.tags}, np.arange(count))

    def read(self, path: Path, task: Task) -> Rows:
        return tagged_files.rows_of(tagged_files.read_lines(path), None)
