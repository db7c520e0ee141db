"""The program beside an exported network gives the network what dlpy's own transforms give the model."""

import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlpy.data.features import Padded, Sequences, Sparse, Texts
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.data.text import unicode_words
from dlpy.export.prepare import calibrated, named, prepare
from dlpy.portable.texts import of_sequences, of_texts
from dlpy.training.prediction_columns import quantile_names
from dlpy.transforms.counts import Counts
from dlpy.transforms.hash_words import HashWords
from dlpy.transforms.multi_hot import MultiHot
from dlpy.transforms.one_hot_words import OneHotWords
from dlpy.transforms.pad import Pad
from dlpy.transforms.reverse import Reverse
from dlpy.transforms.tf_idf import TfIdf
from dlpy.transforms.tokenize import Tokenize

TRAINING = [
    "The CAT, the dog; isn't it?",
    "  A tab\there and a\nline",
    "Ünïcödé straße don't 日本",
    "",
    "cat cat dog's",
]
NEW = ["the cat isn't (here)", "STRASSE ünïcödé -- 日 ß", "unseen words alone", "a  b\tcat\x0bdog", "'quoted' dog's"]


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(Path(unicode_words.__file__).parent)
    yield
    sys.modules.pop("unicode_words", None)


def texts(values: list[str]) -> Rows:
    return Rows.single(Texts(np.array(values, object)))


def prepared(spec: dict[str, Any], given: Any, dtype: str) -> np.ndarray:
    spec = json.loads(json.dumps({"name": "input", "dtype": dtype, **spec}))
    return prepare({"input": given}, {"inputs": [spec]})["input"]


@pytest.mark.parametrize(
    ("rules", "by", "ngrams"),
    [
        *itertools.product(("unicode", "book", "keras"), ("word", "character"), (1, 3)),
        ("spaces", "word", 1),
    ],
)
@pytest.mark.parametrize("lower", [True, False])
def test_texts_become_the_integers_of_the_run(rules: Any, lower: bool, by: Any, ngrams: int) -> None:
    tokenize = Tokenize(rules=rules, lower=lower, by=by, ngrams=ngrams, vocabulary=40)
    pad, task = Pad(length=9, cut="back", fill="back"), Task.single(Input("text"), Output("binary"))
    state, found = tokenize.fit_apply(texts(TRAINING), task)
    length = pad.fit(found, task)
    wanted = pad.apply(tokenize.apply(texts(NEW), state), length).x
    assert isinstance(wanted, Padded)
    assert wanted.numbers().any()
    spec, _ = of_texts([(tokenize, state), (pad, length)])
    np.testing.assert_array_equal(prepared(spec, np.array(NEW), "int32"), wanted.numbers())


def test_words_are_hashed_as_in_the_run() -> None:
    transform, pad = HashWords(size=30), Pad(length=9)
    rows = transform.apply(texts(NEW), {})
    length = pad.fit(rows, Task.single(Input("sequence", (None,), 30), Output("binary")))
    wanted = pad.apply(rows, length).x
    assert isinstance(wanted, Padded)
    spec, left = of_texts([(transform, {}), (pad, length)])
    assert left == []
    np.testing.assert_array_equal(prepared(spec, np.array(NEW), "int32"), wanted.numbers())


@pytest.mark.parametrize("cut", ["front", "back"])
@pytest.mark.parametrize("order", [["reverse", "pad"], ["pad", "reverse"], ["reverse", "pad", "reverse"]])
def test_sequences_are_reversed_as_in_the_run(order: list[str], cut: Any) -> None:
    pad, task = Pad(length=3, cut=cut, fill="back"), Task.single(Input("sequence", (None,), 10), Output("binary"))
    rows = Rows.single(Sequences(np.array([1, 2, 3, 4, 5, 6]), np.array([0, 4, 6])))
    pairs = [(pad, pad.fit(rows, task)) if name == "pad" else (Reverse(), {}) for name in order]
    for transform, state in pairs:
        rows = transform.apply(rows, state)
    assert isinstance(rows.x, Padded)
    spec, left = of_sequences([*pairs, (OneHotWords(), {"size": np.array(10)})])
    assert [transform.name for transform, _ in left] == ["one_hot_words"]
    np.testing.assert_array_equal(prepared(spec, [[1, 2, 3, 4], [5, 6]], "int32"), rows.x.numbers())


@pytest.mark.parametrize("kind", [MultiHot, Counts, TfIdf])
def test_integers_become_the_bags_of_the_run(kind: type) -> None:
    rows = Rows.single(Sequences(np.array([1, 1, 2, 9, 3, 1]), np.array([0, 4, 4, 6])))
    bag, task = kind(size=5), Task.single(Input("sequence", (None,), 10), Output("binary"))
    state = bag.fit(rows, task)
    x = bag.apply(rows, state).x
    assert isinstance(x, Sparse)
    wanted = np.zeros((3, 5), np.float32)
    wanted[np.repeat(np.arange(3), np.diff(x.splits)), x.columns] = 1 if x.values is None else x.values
    given = [[1, 1, 2, 9], [-1], [3, 1]]
    found = prepared(of_sequences([(bag, state)])[0], given, "float32")
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert found[1].tolist() == [0] * 5


def test_a_category_is_its_number_and_an_unknown_one_is_0() -> None:
    spec = {"prepare": "codes", "categories": {"city": ["", "Bern", "Rome"], "kind": ["flat"]}}
    found = prepared(spec, [["Rome", "flat"], ["", "house"], ["Oslo", "flat"]], "int32")
    assert found.tolist() == [[3, 1], [1, 0], [0, 1]]


def test_answers_are_named_by_the_thresholds_of_the_run() -> None:
    spec: dict[str, Any] = {"kind": "binary", "classes": ["no", "yes"], "thresholds": [0.2], "names": []}
    assert named(np.array([[0.1], [0.3]]), spec) == ["no", "yes"]
    assert named(np.array([[0.3], [0.6]]), spec | {"thresholds": None}) == ["no", "yes"]
    assert named(np.array([[0.3, 0.6]]), spec | {"kind": "multilabel", "thresholds": [0.2, 0.7]}) == [["no"]]
    several = spec | {"kind": "multiclass", "classes": ["a", "b", "c"], "thresholds": None}
    assert named(np.array([[0.3, 0.6, 0.1]]), several) == ["b"]
    assert named(np.array([[2.5]]), spec | {"kind": "regression", "classes": [], "thresholds": None}) == [[2.5]]


def test_quantiles_have_the_names_of_their_columns() -> None:
    ahead = Output("regression", 6, quantiles=(0.1, 0.5, 0.9), horizon=2)
    names = quantile_names(ahead)
    assert names == [
        *("prediction_1_quantile_0.1", "prediction_1", "prediction_1_quantile_0.9"),
        *("prediction_2_quantile_0.1", "prediction_2", "prediction_2_quantile_0.9"),
    ]
    spec = {"kind": "regression", "classes": [], "thresholds": None, "names": names}
    (row,) = named(np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]), spec)
    assert (row["prediction_1"], row["prediction_2_quantile_0.1"]) == (2.0, 4.0)
    assert quantile_names(Output("regression", 2)) == []


def test_probabilities_are_calibrated_by_the_temperature_of_the_run() -> None:
    binary = {"kind": "binary", "temperature": 2.0}
    assert calibrated(np.array([[0.8]]), binary)[0, 0] == pytest.approx(2 / 3)  # logit log 4, half of it log 2
    several = {"kind": "multiclass", "temperature": 2.0}
    assert calibrated(np.array([[0.64, 0.36]]), several)[0] == pytest.approx([0.8 / 1.4, 0.6 / 1.4])
    assert calibrated(np.array([[0.8]]), binary | {"temperature": None}).tolist() == [[0.8]]
