"""Texts as integers: the same as the two Keras classes that the rules are named after."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from every import BINARY
from keras.src.legacy.preprocessing.text import Tokenizer

from dlpy import terms
from dlpy.data import Input, Rows, Task
from dlpy.errors import ConfigError, DataError
from dlpy.features import Sequences, Texts
from dlpy.pipeline import Pipeline
from dlpy.transforms.hash_words import HashWords
from dlpy.transforms.tokenize import Tokenize

BOOK = ["The cat sat on the mat.", "The dog ate my homework."]
HARD = [
    "Don't stop -- it's \"GREAT\"!<br /><br />10/10\twould\nwatch\r\nagain.",
    "ÉCOLE Straße naïve\u00a0space \x85 end-of-line under_score e-mail@x.org",
    "the the the cat's  two  spaces , . !",
    "日本語 の テキスト 日本語, emoji 😀 and 😀!",
    "Zebra apple mango apple zebra",
]
TASK = Task.single(Input("text", (None,)), BINARY)


def rows_of(texts: list[str]) -> Rows:
    return Rows.single(Texts(np.array(texts, object)))


def tokenized(step: Tokenize, texts: list[str], others: list[str] | None = None) -> tuple[list[list[int]], Task]:
    """Return the integers of `others` after fitting on `texts`, and the task."""
    pipeline, rows, task = Pipeline.fit([step], rows_of(texts), TASK)
    found = rows if others is None else pipeline.apply(rows_of(others))
    assert isinstance(found.x, Sequences)
    assert found.x.values.dtype == np.int32
    return [found.x.row(i).tolist() for i in range(len(found.x))], task


def test_the_books_sentences_become_the_books_integers() -> None:
    found, task = tokenized(Tokenize(vocabulary=1000), BOOK)
    assert found == [[1, 2, 3, 4, 1, 5], [1, 6, 7, 8, 9]]
    assert task.input.words[:10] == ("", "the", "cat", "sat", "on", "mat", "dog", "ate", "my", "homework")
    assert task.input.vocabulary == len(task.input.words) == 1000


@pytest.mark.parametrize("number", [None, 3, 10, 1000])
@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("by", ["word", "character"])
def test_the_books_rules_are_those_of_its_tokenizer(number: int | None, lower: bool, by: str) -> None:
    tokenizer = Tokenizer(num_words=number, lower=lower, char_level=by == "character")
    tokenizer.fit_on_texts(HARD)
    step = Tokenize(vocabulary=number, lower=lower, by=by)
    others = [*HARD, "unknown words are dropped: zebra, the", ""]
    found, task = tokenized(step, HARD, others)
    assert found == tokenizer.texts_to_sequences(others)
    assert task.input.vocabulary == (number or len(tokenizer.word_index) + 1)
    words = list(tokenizer.word_index)[: None if number is None else number - 1]
    assert [word for word in task.input.words if word] == words


@pytest.mark.parametrize("number", [None, 5, 12, 1000])
@pytest.mark.parametrize(("by", "ngrams"), [("word", 1), ("word", 2), ("word", 3), ("character", 1)])
@pytest.mark.parametrize("lower", [True, False])
def test_keras_rules_are_those_of_its_layer(number: int | None, ngrams: int, by: str, lower: bool) -> None:
    standardize = "lower_and_strip_punctuation" if lower else "strip_punctuation"
    split = "whitespace" if by == "word" else "character"
    layer = keras.layers.TextVectorization(
        max_tokens=number, ngrams=ngrams, standardize=standardize, split=split, ragged=True
    )
    layer.adapt(HARD)
    others = [*HARD, "unknown words are 1: zebra, the"]
    found, task = tokenized(Tokenize(rules="keras", vocabulary=number, ngrams=ngrams, by=by, lower=lower), HARD, others)
    assert found == layer(others).to_list()
    assert [word for word in task.input.words if word] == layer.get_vocabulary()[2:]
    assert task.input.words[:2] == ("", "")


def test_ngrams_never_reach_into_the_next_text() -> None:
    state = Tokenize(ngrams=3).fit(rows_of(["a b c", "d", "", "a b"]), TASK)
    assert sorted(terms.unpacked(state)) == ["a", "a b", "a b c", "b", "b c", "c", "d"]
    found = Tokenize(ngrams=3).apply(rows_of(["d a b", "c a"]), state).x
    assert isinstance(found, Sequences)
    words = ["", *terms.unpacked(state)]
    assert [[words[i] for i in found.row(row)] for row in (0, 1)] == [["d", "a", "b", "a b"], ["c", "a"]]


def test_the_vocabulary_is_written_a_word_a_line() -> None:
    for rules, first in (("book", 1), ("keras", 2)):
        step = Tokenize(rules=rules)
        state = step.fit(rows_of(HARD), TASK)
        lines = step.files(state)["vocabulary.txt"].split("\n")
        words = step.measured(step.outline(TASK), state).input.words
        assert lines[-1] == ""
        assert len(lines) == len(words)
        assert lines[first - 1] == words[first] == "the"
    step = Tokenize(by="character")
    assert step.files(step.fit(rows_of(["\nab\n"]), TASK))["vocabulary.txt"] == "\\n\na\nb\n"


def test_training_rows_alone_make_the_vocabulary_and_it_is_restored(tmp_path: Path) -> None:
    steps = [Tokenize(vocabulary=5)]
    pipeline, _, _ = Pipeline.fit(steps, rows_of(["a a b", "\ud800 b a"]), TASK)
    pipeline.save(tmp_path / "transforms.npz")
    assert (tmp_path / "vocabulary.txt").read_text() == "a\nb\n\\ud800\n"
    again = Pipeline.restore(steps, tmp_path / "transforms.npz")
    rows = again.apply(rows_of(["b new a \ud800"]))
    assert isinstance(rows.x, Sequences)
    assert rows.x.row(0).tolist() == [2, 1, 3]


def test_mistakes_are_told() -> None:
    with pytest.raises(DataError, match="no training text holds a word: the vocabulary would be empty"):
        Tokenize().fit(rows_of(["?!", "..."]), TASK)
    with pytest.raises(ConfigError, match="tokenize fits texts, not sequences of integers"):
        Tokenize().outline(Task.single(Input("sequence", (None,)), BINARY))


def test_hashes_are_the_same_in_every_process() -> None:
    code = "import test_tokenize as t; print(t.hashed(['the cat, the']))"
    found = []
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); {code}"]
        found.append(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert found[0] == found[1] == "[49, 92, 49]\n"  # crc32 of "the" is 0x3c456de6


def hashed(texts: list[str]) -> list[int]:
    found = HashWords(size=100).apply(rows_of(texts), {}).x
    assert isinstance(found, Sequences)
    return found.values.tolist()
