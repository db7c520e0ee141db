"""Generates an experiment file for a file with one word and its tag a line, as CoNLL files are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from dlpy.core.errors import DataError
from dlpy.data.tables import containers, text_encoding
from dlpy.datasets import _tagged_files as tagged_files
from dlpy.starter.wording import Item, Option, experiment_file, listed, plural, relative

SUFFIXES = (".conll", ".conllu", ".iob", ".bio")
_LINES = 500  # that are looked at
_MOST_WORDS = 60  # of a sentence, on average
_CONLLU = 10  # columns, of which the second is the word and the fourth the part of speech


@dataclass(frozen=True)
class _Columns:
    """The numbers of the columns of words and tags, as tagged_words takes them."""

    word: int = 0
    tag: int = -1

    @property
    def options(self) -> list[Option]:
        if self == _Columns():
            return []
        return [Option("word", self.word, "columns, from 0"), Option("tag", self.tag)]


def is_tagged(path: Path) -> bool:
    """Return whether a file has one word a line, with a tag beside it, and an empty line between sentences."""
    try:
        raw = containers.content(path)
        text = text_encoding.decoded(path, raw, text_encoding.encoding_of(path, raw, "cp1252")).decode("utf-8")
    except (DataError, OSError):
        return False
    lines = [line for line in text.splitlines()[:_LINES] if not line.startswith(("#", "-DOCSTART-"))]
    cells = [line.split("\t") if "\t" in line else line.split() for line in lines if line.strip()]
    columns = {len(own) for own in cells}
    breaks = sum(not line.strip() for line in lines)
    if len(columns) != 1 or columns == {1} or not breaks or len(cells) > _MOST_WORDS * (breaks + 1):
        return False
    tag = _columns_of(columns.pop()).tag
    tags = {own[tag] for own in cells}
    return 1 < len(tags) <= max(2, len(cells) / 4)


def experiment_for_tagged(path: Path, output: Path) -> str:
    """Return an experiment file, to be written to `output`, that learns the tags of words.

    Raises:
        DataError: the file cannot be read.
    """
    columns = _columns_of(_count(path))
    found = tagged_files.read_lines(path, columns.word, columns.tag)
    classes = tagged_files.classes_of(found)
    words = sum(map(len, found.words))
    data = [
        Option("name", "tagged_words"),
        Option("path", relative(path, output)),
        *columns.options,
        Option("transforms", _transforms()),
        Option("test", 0.15, "held out for dlpy evaluate"),
        Option("validation", 0.15, "monitored during training"),
    ]
    model = [
        Option("name", "rnn"),
        Option("cell", "gru"),
        Option("units", 64),
        Option("bidirectional", value=True, note="the state also knows what follows"),
        Option("embedding", 64),
        Option("dropout", 0.2),
    ]
    spans = [Option("metrics", ["accuracy", "span_f1"])] if _are_spans(classes) else []
    training = [
        Option("optimizer", {"name": "adam", "learning_rate": 0.003}),
        Option("epochs", 30, "at most: early stopping ends training"),
        Option("batch_size", 32),
        *spans,
    ]
    common = Counter(tag for tags in found.tags for tag in tags).most_common()
    named = f"{len(classes)} tags: {listed([name for name, _ in common])}"
    title = f"Predicts the tag of each word of {path.name}: {plural(len(found.words), 'sentence')}, {words:,} words."
    watch = [Item({"name": "early_stopping", "monitor": "val_loss", "patience": 4})]
    blocks = {"data": data, "model": model, "training": training, "callbacks": watch}
    return experiment_file([title, named, *found.notes], output, blocks)


def _transforms() -> list[Item]:
    return [
        Item({"name": "tokenize", "rules": "spaces", "lower": False}, "words as they are in the file"),
        Item({"name": "pad", "fill": "back"}),
    ]


def _count(path: Path) -> int:
    """Return the number of columns of a file's first line of a word."""
    found = tagged_files.read_lines(path)
    raw = containers.content(path)
    text = text_encoding.decoded(path, raw, text_encoding.encoding_of(path, raw, "cp1252")).decode("utf-8")
    line = text.splitlines()[found.lines[0] - 1]
    return len(line.split("\t") if "\t" in text else line.split())


def _columns_of(count: int) -> _Columns:
    return _Columns(1, 3) if count == _CONLLU else _Columns()


def _are_spans(classes: tuple[str, ...]) -> bool:
    """Return whether tags mark spans: all but O begin with B-, I- and the like."""
    return tagged_files.OUTSIDE in classes and all(name == tagged_files.OUTSIDE or name[1:2] == "-" for name in classes)
