"""Texts in a table: what becomes of them, and every mistake in one line."""

import csv
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from dlpy.core.errors import ConfigError, DataError, UnavailableError
from dlpy.data.features import Texts
from dlpy.data.task import Input
from dlpy.datasets.text_csv import TextCsv
from dlpy.experiment.experiment import load
from dlpy.training.pipeline import split

ROWS = [(f'Text {i}, "quoted"\nand über {i % 3} lines', "good" if i % 3 else "bad", i / 8) for i in range(30)]


def write(path: Path, rows: list[tuple], names: tuple[str, ...] = ("text", "label", "score"), sign: str = ",") -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=sign)
        writer.writerow(names)
        writer.writerows(rows)
    return str(path)


def texts(rows: object) -> list[str]:
    assert isinstance(rows, Texts)
    return rows.values.tolist()


def test_texts_are_read_as_they_are_and_labels_are_sorted(tmp_path: Path) -> None:
    loaded = TextCsv(path=write(tmp_path / "t.csv", ROWS)).load()
    assert texts(loaded.train.x) == [text for text, _, _ in ROWS]
    assert loaded.task.input == Input("text", (None,))
    assert (loaded.task.output.kind, loaded.task.output.classes) == ("binary", ("bad", "good"))
    assert loaded.train.y.tolist() == [int(label == "good") for _, label, _ in ROWS]
    assert loaded.resolved == {"task": "binary"}
    assert loaded.test is None


def test_texts_may_be_long(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", [("a, " * 100_000, "x"), ("b, " * 3, "y"), ("c", "y")], ("text", "label"))
    assert [len(text) for text in texts(TextCsv(path=path).load().train.x)] == [299_999, 8, 1]


def test_other_columns_can_be_named_and_numbers_estimated(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", ROWS, ("review", "note", "stars"), ";")
    dataset = TextCsv(path=path, text="review", target="stars", task="regression", delimiter=";", test={"count": 6})
    loaded = dataset.load()
    assert loaded.task.output.kind == "regression"
    assert loaded.train.y.tolist() == [score for _, _, score in ROWS[6:]]
    assert loaded.test is not None
    assert texts(loaded.test.x) == [text for text, _, _ in ROWS[:6]]


def test_a_column_can_mark_the_rows_of_each_part(tmp_path: Path) -> None:
    parts = ["train", "validation", "test"]
    rows = [(text, label, parts[i % 3]) for i, (text, label, _) in enumerate(ROWS)]
    path = write(tmp_path / "t.csv", rows, ("text", "label", "part"))
    dataset = TextCsv(path=path, validation={"column": "part"}, test={"column": "part"})
    found = split(dataset, dataset.load())
    assert [part.index.tolist() for part in (found.train, found.validation, found.test) if part] == [
        list(range(first, 30, 3)) for first in range(3)
    ]
    part = split(dataset, dataset.stand_in(1, 64))
    assert part.validation is not None
    assert part.test is not None


def test_only_the_texts_are_needed_to_predict(tmp_path: Path) -> None:
    dataset = TextCsv(path=write(tmp_path / "t.csv", ROWS))
    task = dataset.load().task
    rows = dataset.read(Path(write(tmp_path / "n.csv", [("new", 1)], ("text", "other"))), task)
    assert (texts(rows.x), rows.targets) == (["new"], {})
    assert dataset.read(Path(write(tmp_path / "n.csv", [("new", "good")], ("text", "label"))), task).y.tolist() == [1]
    with pytest.raises(DataError, match=r"n.csv:2: column 'label': unknown class 'god'. Did you mean 'good'\?"):
        dataset.read(Path(write(tmp_path / "n.csv", [("new", "god")], ("text", "label"))), task)
    with pytest.raises(DataError, match=r"n.csv has no column 'text'. Did you mean 'texts'\?"):
        dataset.read(Path(write(tmp_path / "n.csv", [("new",)], ("texts",))), task)


@pytest.mark.parametrize(("kind", "classes"), [("binary", 2), ("multiclass", 3), ("regression", 5)])
def test_generated_sentences_can_be_told_apart_by_their_words(kind: str, classes: int) -> None:
    rows = TextCsv(path="x.csv", task=kind).stand_in(4, None).train
    assert np.unique(rows.y).tolist() == list(range(classes))
    held, words = np.arange(len(rows)) % 4 == 0, [set(text.lower().strip(".").split()) for text in texts(rows.x)]
    often = [{} for _ in range(classes)]
    for i in np.flatnonzero(~held):
        for word in words[i]:
            often[int(rows.y[i])][word] = often[int(rows.y[i])].get(word, 0) + 1
    score = [
        [sum(np.log(0.1 + often[c].get(word, 0)) for word in words[i]) for c in range(classes)]
        for i in np.flatnonzero(held)
    ]
    right = np.mean(np.argmax(score, axis=1) == rows.y[held])
    assert 0.85 < right < 0.95 + 0.05 / classes + 0.02


@pytest.mark.parametrize(
    ("content", "options", "error", "message"),
    [
        ("a,label\nx,0\ny,1\n", {}, DataError, "data.text: .* has no column 'text'"),
        ("texts,label\nx,0\ny,1\n", {}, DataError, r"has no column 'text'. Did you mean 'texts'\?"),
        ("text;label\nx;0\ny;1\n", {"delimiter": ","}, DataError, 'set data.delimiter: ";"'),
        ("text,lable\nx,0\ny,1\n", {}, DataError, r"data.target: .* no column 'label'. Did you mean 'lable'\?"),
        ("text,label\nx,0\n ,1\n", {}, DataError, "t.csv:3: column 'text': the text is empty"),
        ("text,label\nx,0\ny,\n", {}, DataError, "t.csv:3: column 'label': the target is missing"),
        ("text,label\nx,a\ny,a\n", {}, DataError, "'a' in every row; expected at least two classes"),
        (b"text,label\nx,0\n\xff,1\n", {"encoding": "utf-8"}, DataError, "t.csv:3: not utf-8 text"),
        ("text,label\n", {}, DataError, "no rows"),
    ],
)
def test_mistakes_name_the_place(
    tmp_path: Path, content: str | bytes, options: dict, error: type, message: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(error, match=message) as found:
        TextCsv(path=str(path), **options).load()
    assert "\n" not in str(found.value)
    with pytest.raises(UnavailableError, match="there is no file"):
        TextCsv(path=str(tmp_path / "none.csv")).load()


def test_an_experiment_that_cannot_begin_leaves_nothing_behind(bench) -> None:
    bench.write("text,label\n" + "???,a\n!!!,b\n" * 20, "t.csv")
    text = "data: {name: text_csv, path: t.csv, transforms: [tokenize, multi_hot]}\nmodel: dense\n"
    status, _, err = bench.run("train", bench.write(text))
    assert (status, err.count("\n")) == (3, 1)
    assert "the vocabulary would be empty" in err
    assert not any(Path("runs").glob("*"))
    for options, message in (
        (
            "transforms: [multi_hot]",
            "1: data.transforms.0: multi_hot requires sequences of integers, not texts. Add 'tokenize' before it",
        ),
        ("text: label", "column 'label' cannot be both text and target"),
        ("test: test", "'test' should be a fraction, a count, or a mapping"),
    ):
        broken = bench.write(f"data: {{name: text_csv, path: t.csv, task: binary, {options}}}\nmodel: dense\n")
        with pytest.raises(ConfigError) as error:
            load(broken)
        assert message in str(error.value)


def test_pairs_of_texts_are_sent_to_csv():
    options = {"name": "text_csv", "path": "x.csv", "inputs": {"left": {"text": "a"}, "right": {"text": "b"}}}
    with pytest.raises(ValidationError, match=r"unknown option. Pairs of texts and several targets are read by csv"):
        TextCsv.model_validate(options)
