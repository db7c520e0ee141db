"""Your own texts in which each word has a tag."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import model_validator

from dlpy.components.dataset import Dataset
from dlpy.data.features import Texts
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import for_limit, hold_out
from dlpy.data.tables import csv_file
from dlpy.data.task import Output, Task
from dlpy.datasets import _tagged_files as tagged_files
from dlpy.datasets._table_format import TableFileOptions
from dlpy.datasets._table_options import TestRows
from dlpy.datasets._tagged_files import Sentences
from dlpy.datasets._texts import STAND_IN_ROWS, TEXT
from dlpy.stand_ins.named_entities import TAGS, sentences_with_names


class TaggedWords(TableFileOptions, Dataset):
    """Sentences in which each word has a tag: parts of speech, or names as in CoNLL files (B-PER, I-PER, O).

    The file, `path`, has one word a line, with its tag in another column, and an empty line between sentences. With
    `sentence` it is a table instead, as with csv, with one row for each word. Words stay as they are: use
    {name: tokenize, rules: spaces}, and pad. Without a word's tag nothing can be learnt: every word needs one.
    """

    name: Literal["tagged_words"] = "tagged_words"
    sentence: str | None = None
    """Column of a table that numbers or names the sentence of each word. Default: the file has one word a line, and an
    empty line between sentences."""
    word: int | str = 0
    """Column of the words: its number, from 0, or -1 for the last one; with `sentence`, its name."""
    tag: int | str = -1
    """Column of the tags: its number, from 0, or -1 for the last one; with `sentence`, its name."""
    test: TestRows = None
    """Test sentences, taken before the validation rows and used only by `dlpy evaluate`: a fraction (0.2) or a count
    (500). Default: none."""

    @model_validator(mode="after")
    def _possible(self) -> TaggedWords:
        if self.path is None:
            raise ValueError("tagged_words needs 'path', the path of the file")
        for key, column in (("word", self.word), ("tag", self.tag)):
            if isinstance(column, str) != (self.sentence is not None):
                expected = "the number of a column, from 0" if self.sentence is None else "the name of a column"
                raise ValueError(f"{key}: expected {expected}; names go with 'sentence'")
        if self.word == self.tag:
            raise ValueError(f"column {self.word} cannot be both word and tag")
        for key, holdout in (("validation", self.validation), ("test", self.test)):
            if holdout and (holdout.column or (key == "test" and holdout.use)):
                raise ValueError(f"{key}: expected a fraction, a count, or rows: [first, last]")
        return self

    def outline(self) -> Task:
        return Task.single(TEXT, Output("multiclass", None, has_missing=True, per_step=True))

    def load(self) -> Loaded:
        found = self._sentences(Path(str(self.path)), tagged=True)
        classes = tagged_files.classes_of(found)
        words = sum(map(len, found.words))
        source = Source("file", f"{found.path} ({words:,} words)")
        return self._loaded(tagged_files.rows_of(found, classes), classes, source, found.notes)

    def read(self, path: Path, task: Task) -> Rows:
        return tagged_files.rows_of(self._sentences(path, tagged=False), None)

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        found = sentences_with_names(seed, 0, limit or STAND_IN_ROWS)
        source = Source("stand-in", f"generated sentences with names instead of {self.path}")
        rows = Rows.single(Texts(found.texts), found.tags)
        changed = self.model_copy(update={"test": for_limit(self.test, limit)})
        return changed._loaded(rows, TAGS, source, ())

    def _loaded(self, rows: Rows, classes: tuple[str, ...], source: Source, notes: tuple[str, ...]) -> Loaded:
        output = Output("multiclass", len(classes), classes, has_missing=True, per_step=True)
        loaded = Loaded(rows, None, Task.single(TEXT, output), source, notes=notes)
        return hold_out(loaded, self.test, self.split_seed)

    def _sentences(self, path: Path, *, tagged: bool) -> Sentences:
        """Return the sentences of a file, with their tags if it has to have them."""
        if self.sentence is None:
            return tagged_files.read_lines(path, int(self.word), int(self.tag) if tagged else None)
        file = csv_file.read(path, self.format if tagged else self.format_to_predict)
        return tagged_files.read_table(file, self.sentence, str(self.word), str(self.tag) if tagged else None)
