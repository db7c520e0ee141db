"""Files of words with a tag each: one word a line, and an empty line between sentences (the form of CoNLL)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError, did_you_mean
from dlpy.data.features import Texts
from dlpy.data.rows import Rows
from dlpy.data.tables import containers, text_encoding
from dlpy.data.tables.csv_file import CsvFile

_DOCUMENT = "-DOCSTART-"
_HARD_SPACE = "\u00a0"  # in place of a space within a word: spaces separate words
OUTSIDE = "O"


@dataclass(frozen=True)
class Sentences:
    """Sentences of words, the tag of each word if there are any, and the line where each sentence begins."""

    path: Path
    words: list[list[str]]
    tags: list[list[str]]
    lines: list[int]
    notes: tuple[str, ...] = ()


def read_lines(path: Path, word: int = 0, tag: int | None = None) -> Sentences:
    """Return the sentences of a file with one word a line.

    Args:
        path: the file, which may be packed.
        word, tag: the columns, from 0, or from the last one, -1; without a column of tags, none are read.

    Raises:
        DataError: it cannot be read, has no such columns, or lines of different numbers of columns.
    """
    raw = containers.content(path)
    text = text_encoding.decoded(path, raw, text_encoding.encoding_of(path, raw, "cp1252")).decode("utf-8")
    found, documents = Sentences(path, [[]], [[]], [1]), 0
    is_tabbed, count = "\t" in text, 0
    for number, line in enumerate(text.splitlines(), 1):
        cells = line.strip("\r\n").split("\t") if is_tabbed else line.split()
        if not any(cells) or cells[0] == _DOCUMENT or (line.startswith("# ") and " = " in line):
            documents += bool(cells) and cells[0] == _DOCUMENT
            _begin(found, number + 1)
            continue
        count = count or _columns(path, number, cells, word, tag)
        if len(cells) != count:
            raise DataError(f"{path}:{number}: {len(cells)} columns, and the lines above have {count}.")
        found.words[-1].append(_word(cells[word], f"{path}:{number}"))
        found.tags[-1].append("" if tag is None else cells[tag].strip())
        if tag is not None and not cells[tag].strip():
            raise DataError(f"{path}:{number}: '{cells[word]}' has no tag.")
    notes = (f"{documents:,} lines {_DOCUMENT} are left out",) if documents else ()
    return _without_empty(found, notes)


def read_table(file: CsvFile, sentence: str, word: str, tag: str | None) -> Sentences:
    """Return the sentences of a table with one word a row, and a column that numbers or names the sentences.

    Raises:
        DataError: a column is missing, a word or tag is empty, or the rows of a sentence are not beside each other.
    """
    names = [("sentence", sentence), ("word", word), *([("tag", tag)] if tag is not None else [])]
    for key, name in names:
        if name not in file.names:
            raise DataError(f"data.{key}: {file.path} has no column '{name}'.{did_you_mean(name, file.names)}")
    marks, words = file.texts(sentence), file.texts(word)
    tags = [""] * len(words) if tag is None else file.texts(tag)
    found, seen = Sentences(file.path, [[]], [[]], [2]), set[str]()
    for row, (mark, one, own) in enumerate(zip(marks, words, tags, strict=True)):
        if row and mark != marks[row - 1]:
            seen.add(marks[row - 1])
            if mark in seen:
                hint = "The words of a sentence must be in rows one below the other"
                raise DataError(f"{file.where(row, sentence)}: sentence '{mark}' began further above. {hint}.")
            _begin(found, row)
        found.words[-1].append(_word(one, file.where(row, word)))
        if tag is not None and not own.strip():
            raise DataError(f"{file.where(row, tag)}: '{one}' has no tag.")
        found.tags[-1].append(own.strip())
    return _without_empty(found, ())


def classes_of(found: Sentences) -> tuple[str, ...]:
    """Return the tags in alphabetical order, after the tag O of words outside all names, if there is one."""
    names = sorted({tag for tags in found.tags for tag in tags})
    if len(names) < 2:
        raise DataError(f"{found.path}: all words have the tag '{names[0]}'; two different ones are needed.")
    return tuple(sorted(names, key=lambda name: name != OUTSIDE))


def rows_of(found: Sentences, classes: Sequence[str] | None) -> Rows:
    """Return sentences as rows, with the numbers of their tags: (rows, steps) int32, -1 after the last word.

    Args:
        found: the sentences.
        classes: the tags by number; None: the rows get no targets.
    """
    texts = np.empty(len(found.words), object)
    texts[:] = [" ".join(words) for words in found.words]
    if classes is None:
        return Rows({"input": Texts(texts)}, {}, np.arange(len(texts)))
    number = {name: place for place, name in enumerate(classes)}
    y = np.full((len(found.words), max(map(len, found.words))), -1, np.int32)
    for row, tags in enumerate(found.tags):
        y[row, : len(tags)] = [number[tag] for tag in tags]
    return Rows.single(Texts(texts), y)


def _columns(path: Path, number: int, cells: list[str], word: int, tag: int | None) -> int:
    """Return the number of columns, that of the first line."""
    for key, column in (("word", word), *([("tag", tag)] if tag is not None else [])):
        if not -len(cells) <= column < len(cells):
            raise DataError(f"data.{key}: {path}:{number} has {len(cells)} columns, from 0: there is no {column}.")
    if tag is not None and tag % len(cells) == word % len(cells):
        raise DataError(f"{path}:{number}: column {word} is both word and tag: there is one column, without tags.")
    return len(cells)


def _word(cell: str, where: str) -> str:
    word = cell.strip()
    if not word:
        raise DataError(f"{where}: the word is empty.")
    return word.replace(" ", _HARD_SPACE)


def _begin(found: Sentences, line: int) -> None:
    """Begin another sentence, unless the last one has no word yet."""
    if found.words[-1]:
        found.words.append([])
        found.tags.append([])
        found.lines.append(line)
    else:
        found.lines[-1] = line


def _without_empty(found: Sentences, notes: Iterable[str]) -> Sentences:
    kept = [row for row, words in enumerate(found.words) if words]
    if not kept:
        raise DataError(f"{found.path} has no words.")
    words, tags, lines = [found.words[row] for row in kept], [found.tags[row] for row in kept], found.lines
    return Sentences(found.path, words, tags, [lines[row] for row in kept], tuple(notes))
