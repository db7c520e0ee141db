"""Sequences of integers made equally long, turned round, and counted: by hand, and as Keras does it."""

import keras
import numpy as np
import pytest
from every import BINARY
from keras.src.legacy.preprocessing.text import Tokenizer

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError, SetupError
from dlpy.data.features import Padded, Sequences, Sparse, Texts, Windows
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Task
from dlpy.training.pipeline import Pipeline
from dlpy.transforms.counts import Counts
from dlpy.transforms.multi_hot import MultiHot
from dlpy.transforms.one_hot_words import OneHotWords
from dlpy.transforms.pad import Pad
from dlpy.transforms.reverse import Reverse
from dlpy.transforms.tf_idf import TfIdf
from dlpy.transforms.tokenize import Tokenize

pytestmark = pytest.mark.slow  # imports Keras

LISTS = [[1, 2, 3, 4, 5], [6, 7], [], [8, 9, 1]]
TASK = Task.single(Input("sequence", (None,), 10), BINARY)


def rows_of(lists: list[list[int]]) -> Rows:
    splits = np.cumsum([0, *map(len, lists)])
    return Rows.single(Sequences(np.array([integer for row in lists for integer in row], np.int32), splits))


def dense(found: object) -> np.ndarray:
    assert isinstance(found, Sparse)
    matrix = np.zeros((len(found), found.width), np.float32)
    row = np.repeat(np.arange(len(found)), np.diff(found.splits))
    matrix[row, found.columns] = 1 if found.values is None else found.values
    return matrix


@pytest.mark.parametrize("length", [1, 2, 3, 5, 8, None])
@pytest.mark.parametrize(("fill", "padding"), [("front", "pre"), ("back", "post")])
@pytest.mark.parametrize(("cut", "truncating"), [("front", "pre"), ("back", "post")])
def test_pad_does_what_pad_sequences_does(length, fill, padding, cut, truncating) -> None:
    _, rows, task = Pipeline.fit([Pad(length=length, fill=fill, cut=cut)], rows_of(LISTS), TASK)
    expected = keras.utils.pad_sequences(LISTS, length, padding=padding, truncating=truncating)
    np.testing.assert_array_equal(rows.array, expected)
    assert task.input == Input("sequence", (length or 5,), 10, padding=fill)


def test_pad_keeps_the_last_words_unless_told_otherwise() -> None:
    _, rows, _ = Pipeline.fit([Pad(length=2)], rows_of([[1, 2, 3]]), TASK)
    assert rows.array.tolist() == [[2, 3]]
    pipeline, _, _ = Pipeline.fit([Pad()], rows_of([[1, 2, 3], [4]]), TASK)
    assert pipeline.apply(rows_of([[5, 6, 7, 8]])).array.tolist() == [[6, 7, 8]]  # the longest training row decides


def test_reverse_turns_each_sequence_round() -> None:
    found = Reverse().apply(rows_of(LISTS), {}).x
    assert isinstance(found, Sequences)
    assert [found.row(i).tolist() for i in range(4)] == [row[::-1] for row in LISTS]
    _, rows, _ = Pipeline.fit([Pad(length=4), Reverse()], rows_of(LISTS), TASK)
    assert rows.array.tolist() == [[5, 4, 3, 2], [0, 0, 7, 6], [0, 0, 0, 0], [0, 1, 9, 8]]
    series = Rows.single(Windows(np.arange(20.0).reshape(10, 2), np.arange(3), np.array([0, 2, 4])))
    np.testing.assert_array_equal(Reverse().apply(series, {}).array, series.array[:, ::-1])
    array = Rows.single(series.array)
    np.testing.assert_array_equal(Reverse().apply(array, {}).array, series.array[:, ::-1])


@pytest.mark.parametrize(("step", "mode"), [(MultiHot(), "binary"), (Counts(), "count"), (TfIdf(), "tfidf")])
@pytest.mark.parametrize("number", [4, 20])
def test_bags_are_those_of_the_old_tokenizer(step: Transform, mode: str, number: int) -> None:
    texts = ["a b a c a", "b c d", "a", "e e e e b", "?"]
    tokenizer = Tokenizer(num_words=number)
    tokenizer.fit_on_texts(texts)
    rows = Rows.single(Texts(np.array(texts, object)))
    task = Task.single(Input("text", (None,)), BINARY)
    pipeline, found, after = Pipeline.fit([Tokenize(vocabulary=number), step], rows, task)
    np.testing.assert_allclose(dense(found.x), tokenizer.texts_to_matrix(texts, mode), rtol=1e-6)
    assert after.input.shape == (number,)
    assert after.input.words[1:4] == ("a", "e", "b")
    other = pipeline.apply(Rows.single(Texts(np.array(["a new b", ""], object))))
    np.testing.assert_allclose(dense(other.x), tokenizer.texts_to_matrix(["a new b", ""], mode), rtol=1e-6)


def test_bags_are_the_same_in_one_piece_or_several(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    rows = rows_of([rng.integers(1, 10, size=size).tolist() for size in rng.integers(0, 9, size=50)])
    for step in (MultiHot(), Counts()):
        state = step.fit(rows, TASK)
        whole = dense(step.apply(rows, state).x)
        monkeypatch.setattr("dlpy.transforms._bags._CHUNK_ROWS", 7)
        np.testing.assert_array_equal(dense(step.apply(rows, state).x), whole)
        monkeypatch.undo()
        assert whole.sum() > 50


def test_bags_may_have_any_number_of_columns() -> None:
    rows = rows_of([[1_999_999_999, 3, 3], [], [2_000_000_000, 3, 1_999_999_998]])
    found = Counts(size=2_000_000_000).apply(rows, {"size": np.array(2_000_000_000)}).x
    assert isinstance(found, Sparse)
    assert found.values is not None
    assert found.columns.tolist() == [3, 1_999_999_999, 3, 1_999_999_998]
    assert (found.values.tolist(), found.splits.tolist()) == ([2, 1, 1, 1], [0, 2, 2, 4])


def test_words_become_vectors() -> None:
    _, rows, task = Pipeline.fit([Pad(length=3), OneHotWords()], rows_of([[1, 2], [9]]), TASK)
    assert rows.array.shape == (2, 3, 10)
    assert task.input.shape == (3, 10)
    assert [tuple(place) for place in np.argwhere(rows.array)] == [(0, 1, 1), (0, 2, 2), (1, 2, 9)]
    huge = Rows.single(Padded(np.zeros(0, np.int32), np.zeros(10_001, np.int64), 500, True))
    with pytest.raises(SetupError, match=r"10,000 rows of 500 x 10,000 need 46\.6 GB of memory"):
        OneHotWords().apply(huge, {"size": np.array(10_000)})


def test_what_does_not_fit_is_told() -> None:
    padded = Pad(length=3).outline(TASK)
    for step, task, message in (
        (MultiHot(), padded, "multi_hot requires sequences of integers, .* Remove 'pad' before it"),
        (Pad(), padded, "pad requires sequences of varying length"),
        (OneHotWords(), TASK, "one_hot_words requires padded sequences, .* Add 'pad' before it"),
        (Reverse(), Task.single(Input("array", (6,)), BINARY), "reverse requires sequences"),
    ):
        with pytest.raises(ConfigError, match=message):
            step.outline(task)
    with pytest.raises(DataError, match="all training rows are empty"):
        Pad().fit(rows_of([[], []]), TASK)
