"""Texts that are read in pieces: the same rows, transforms and mistakes as those of the same texts in memory."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlpy.core.errors import ConfigError, DataError
from dlpy.data import stored_sequences, stored_texts
from dlpy.data.features import Features, Padded, Sparse
from dlpy.data.rows import Loaded
from dlpy.data.stored_sequences import StoredPadded, StoredSparse
from dlpy.data.tables import piece_reader
from dlpy.datasets.csv import Csv
from dlpy.datasets.text_csv import TextCsv
from dlpy.training.pipeline import Pipeline, split

_WORDS = [
    "good",
    "bad",
    "Ship",
    "ship",
    "ЯРКО",
    "你好",
    "don't",
    "a,b",
    'say "no"',
    "e\u0301",
    "x\ny",
    "7",
    "🙂",
    "end.",
]
_TOKENS = [
    {"name": "tokenize"},
    {"name": "tokenize", "vocabulary": 6, "ngrams": 2},
    {"name": "tokenize", "ngrams": 3, "rules": "book"},
    {"name": "tokenize", "by": "character", "ngrams": 3, "vocabulary": 20},
    {"name": "tokenize", "rules": "keras", "vocabulary": 5},
    {"name": "hash_words", "size": 11},
]
_ENDS = [
    ["multi_hot"],
    ["counts"],
    ["tf_idf"],
    [{"name": "multi_hot", "size": 3}],
    [{"name": "pad", "length": 3}],
    [{"name": "pad", "fill": "back", "cut": "back"}],
]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read some 100 bytes at a time, and gather a few rows."""
    monkeypatch.setattr(piece_reader, "PIECE_BYTES", 100)
    monkeypatch.setattr(stored_texts, "_BLOCK_BYTES", 60)
    monkeypatch.setattr(stored_sequences, "_GATHERED", 3)
    monkeypatch.setattr(stored_sequences, "_CHUNK_ROWS", 4)


def _write(path: Path, texts: list[str], labels: list[str]) -> Path:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "other", "label"])
        rows.writerows(
            (text, number % 3, label) for number, (text, label) in enumerate(zip(texts, labels, strict=True))
        )
    return path


def _outcome(data: TextCsv | Csv) -> Loaded | str:
    try:
        return data.load()
    except (DataError, ConfigError) as error:
        return type(error).__name__


def _bits(x: Features) -> list[np.ndarray]:
    """Return what rows hold, as arrays of integers."""
    if isinstance(x, StoredPadded | StoredSparse):
        x = x.read()
    if isinstance(x, Padded):
        return [x.values, x.splits, np.array([x.length, x.front])]
    assert isinstance(x, Sparse)
    weights = np.empty(0, np.float32) if x.values is None else x.values
    return [x.columns, x.splits, np.array([x.width]), weights.view(np.int32)]


def _same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name])
        assert array.dtype.kind == other[name].dtype.kind


def _compare(data: TextCsv | Csv, name: str = "input") -> None:
    """Check that texts in pieces are those in memory: the rows, what is said of them, and after the transforms."""
    whole, pieces = (_outcome(data.model_copy(update={"memory": size})) for size in ("1TB", "0.001KB"))
    if isinstance(whole, str) or isinstance(pieces, str):
        assert whole == pieces
        return
    assert (whole.task, whole.notes) == (pieces.task, pieces.notes)
    assert {**whole.resolved} == {**pieces.resolved}
    assert whole.fingerprint() == pieces.fingerprint()
    _same(whole.train.targets, pieces.train.targets)
    _same(whole.train.columns, pieces.train.columns)
    parts, fitted = [split(data, loaded) for loaded in (whole, pieces)], []
    for own in parts:
        try:
            fitted.append(Pipeline.fit(data.all_transforms(), own.train, whole.task))
        except DataError as error:
            fitted.append(str(error))
    if isinstance(fitted[0], str) or isinstance(fitted[1], str):
        assert fitted[0] == fitted[1]
        return
    (one, rows, task), (other, stored, again) = fitted
    assert task == again
    for state, same in zip(one.states, other.states, strict=True):
        _same(state, same)
    held = [(rows, stored)]
    if parts[0].validation is not None and parts[1].validation is not None:
        held.append((one.apply(parts[0].validation), other.apply(parts[1].validation)))
    for in_memory, in_files in held:
        np.testing.assert_array_equal(in_memory.index, in_files.index)
        for array, same in zip(_bits(in_memory.inputs[name]), _bits(in_files.inputs[name]), strict=True):
            np.testing.assert_array_equal(array, same)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_pieces_are_the_texts_in_memory(tmp_path: Path, data: st.DataObject) -> None:
    rows = data.draw(st.integers(4, 30))
    words = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=7)
    texts = data.draw(st.lists(words.map(" ".join), min_size=rows, max_size=rows))
    target = data.draw(st.sampled_from([["yes", "no"], ["1.5", "-2", "7"], ["a", "b", "c"], ["5 stars", "1 stars"]]))
    labels = data.draw(st.lists(st.sampled_from(target), min_size=rows, max_size=rows))
    path = _write(tmp_path / "t.csv", texts, labels)
    options = {
        "validation": data.draw(st.sampled_from([None, 2, 0.3])),
        "transforms": [data.draw(st.sampled_from(_TOKENS)), *data.draw(st.sampled_from(_ENDS))],
    }
    _compare(TextCsv.model_validate({"name": "text_csv", "path": str(path), **options}))


def test_a_text_beside_columns(tmp_path: Path) -> None:
    texts = [f"{_WORDS[row % 5]} {_WORDS[row % 7]} {_WORDS[row % 3]}" for row in range(60)]
    path = _write(tmp_path / "t.csv", texts, ["ab"[row % 2] for row in range(60)])
    words = {"text": "text", "transforms": ["tokenize", {"name": "pad", "length": 4}]}
    inputs = {"facts": {"columns": ["other"]}, "words": words}
    _compare(Csv.model_validate({"name": "csv", "path": str(path), "target": "label", "inputs": inputs}), "words")


def test_rows_without_a_target_and_marks(tmp_path: Path) -> None:
    labels = ["" if row % 7 == 0 else "ab"[row % 2] for row in range(40)]
    path = _write(tmp_path / "t.csv", [f"text {row % 9}" for row in range(40)], labels)
    options = {"missing_target": "drop", "transforms": ["tokenize", "multi_hot"], "test": 0.2}
    _compare(TextCsv.model_validate({"name": "text_csv", "path": str(path), **options}))


def test_an_empty_text_far_down_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piece_reader, "SAMPLE_BYTES", 200)
    texts = ["a text"] * 50
    texts[40] = " "
    path = _write(tmp_path / "t.csv", texts, ["a", "b"] * 25)
    data = TextCsv.model_validate({"name": "text_csv", "path": str(path), "memory": "0.001KB"})
    with pytest.raises(DataError, match=r"t.csv:42: column 'text': the text is empty"):
        data.load()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"duplicates": "drop"}, "needs all rows in memory: remove it"),
        ({"time": "other"}, "sort the file itself"),
        ({"task": "text"}, "data.task: text needs all rows of"),
    ],
)
def test_what_needs_all_rows_is_refused(tmp_path: Path, options: dict, words: str) -> None:
    path = _write(tmp_path / "t.csv", ["a text"] * 50, ["a", "b"] * 25)
    options = {"name": "text_csv", "path": str(path), "memory": "0.001KB", "validation": None, **options}
    data = TextCsv.model_validate(options)
    for refused in (data.check, data.load):
        with pytest.raises(ConfigError, match=words):
            refused()


def test_sequences_without_padding_are_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "t.csv", ["a text"] * 50, ["a", "b"] * 25)
    given = {"name": "text_csv", "path": str(path), "memory": "0.001KB", "transforms": ["tokenize"]}
    data = TextCsv.model_validate(given)
    loaded = data.load()
    with pytest.raises(ConfigError, match=r"tokenize: its rows are held in memory.* End with pad or a bag"):
        Pipeline.fit(data.all_transforms(), loaded.train, loaded.task)


def test_several_texts_and_one_among_them(tmp_path: Path) -> None:
    texts = [f"number {row}" for row in range(50)]
    path = _write(tmp_path / "t.csv", texts, ["a", "b"] * 25)
    loaded = TextCsv.model_validate({"name": "text_csv", "path": str(path), "memory": "0.001KB"}).load()
    x = loaded.train.x
    assert isinstance(x, stored_texts.StoredTexts)
    assert x.read(np.array([49, 0, 7])).values.tolist() == ["number 49", "number 0", "number 7"]
    assert x.take(np.array([3, 48])).read(np.array([1])).values.tolist() == ["number 48"]
