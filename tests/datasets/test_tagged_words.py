"""Files in which each word has a tag are read as they are, or refused with the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from dlpy.core.errors import DataError
from dlpy.data.rows import Rows
from dlpy.datasets.tagged_words import TaggedWords
from dlpy.transforms.pad import Pad
from dlpy.transforms.tokenize import Tokenize

CONLL = "-DOCSTART- -X- O\n\nJohn NNP B-PER\nlives VBZ O\n\nParis NNP B-LOC\n"


def loaded(text: str, **options: Any) -> Rows:
    Path("words.txt").write_text(text)
    return TaggedWords(path="words.txt", **options).load().train


def test_a_conll_file_gives_sentences_and_the_numbers_of_their_tags() -> None:
    Path("words.txt").write_text(CONLL)
    found = TaggedWords(path="words.txt").load()
    assert found.train.x.values.tolist() == ["John lives", "Paris"]  # type: ignore
    assert found.task.output.classes == ("O", "B-LOC", "B-PER")
    assert found.train.y.tolist() == [[2, 0], [1, -1]]
    assert found.notes == ("1 lines -DOCSTART- are left out",)


def test_columns_are_chosen_by_number() -> None:
    Path("words.txt").write_text(CONLL)
    found = TaggedWords(path="words.txt", tag=1).load()
    assert found.task.output.classes == ("NNP", "VBZ")
    assert found.train.y.tolist() == [[0, 1], [0, -1]]


def test_words_of_columns_between_tabs_may_have_spaces() -> None:
    rows = loaded("New York\tLOC\nis\tO\n")
    assert rows.x.values.tolist() == ["New\u00a0York is"]  # type: ignore


def test_a_table_has_a_row_for_each_word() -> None:
    rows = loaded("id,word,tag\n1,John,PER\n1,lives,O\n2,Paris,LOC\n", sentence="id", word="word", tag="tag")
    assert rows.x.values.tolist() == ["John lives", "Paris"]  # type: ignore
    assert rows.y.tolist() == [[2, 0], [1, -1]]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a O\nb\n", {}, "words.txt:2: 1 columns, and the lines above have 2"),
        ("a\nb\n", {}, "words.txt:1: column 0 is both word and tag"),
        ("a O\n", {}, "all words have the tag 'O'"),
        ("a X\nb O\n", {"tag": 5}, "data.tag: words.txt:1 has 2 columns, from 0: there is no 5"),
        ("a\tX\nb\t\n", {}, "words.txt:2: 'b' has no tag"),
        ("\n\n", {}, "words.txt has no words"),
        ("s,w,t\n1,a,X\n2,b,O\n1,c,O\n", {"sentence": "s", "word": "w", "tag": "t"}, "'1' began further above"),
        (
            "s,w,t\n1,a,X\n2,,O\n",
            {"sentence": "s", "word": "w", "tag": "t"},
            "words.txt:3: column 'w': the word is empty",
        ),
        ("s,w,t\n1,a,X\n", {"sentence": "s", "word": "word", "tag": "t"}, "data.word: words.txt has no column 'word'"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as error:
        loaded(text, **options)
    assert message in str(error.value)


@pytest.mark.parametrize("options", [{"word": "a"}, {"sentence": "id"}, {"word": 1, "tag": 1}])
def test_columns_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TaggedWords(path="words.txt", **options)


@pytest.mark.parametrize(
    ("pad", "wanted"),
    [
        ({"length": 3, "fill": "back"}, [[2, 0, 1], [1, -1, -1]]),
        ({"length": 3, "fill": "front"}, [[2, 0, 1], [-1, -1, 1]]),
        ({"length": 2, "fill": "back", "cut": "back"}, [[2, 0], [1, -1]]),
        ({"length": 2, "fill": "front", "cut": "front"}, [[0, 1], [-1, 1]]),
        ({"length": 5, "fill": "front"}, [[-1, -1, 2, 0, 1], [-1, -1, -1, -1, 1]]),
    ],
)
def test_padding_keeps_each_tag_with_its_word(pad: dict[str, Any], wanted: list[list[int]]) -> None:
    Path("words.txt").write_text("John PER\nlives O\nhere LOC\n\nhere LOC\n")
    found = TaggedWords(path="words.txt").load()
    tokenize, padding = Tokenize(rules="spaces"), Pad(**pad)
    state, rows = tokenize.fit_apply(found.train, found.task)
    task = tokenize.measured(tokenize.outline(found.task), state)
    _, rows = padding.fit_apply(rows, task)
    assert rows.y.tolist() == wanted
    word_of = np.array([-1, -1, 1, 2, 0])  # here is the most frequent word, 2; John is 3, lives 4
    assert np.where(rows.array > 0, word_of[rows.array], -1).tolist() == np.where(rows.y >= 0, rows.y, -1).tolist()
