"""What no training row held is told by predict and evaluate: categories, numbers, words; and columns are kept."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlpy.data.features import Table, Texts, Windows
from dlpy.data.rows import Rows
from dlpy.data.tables.training_ranges import TrainingRanges
from dlpy.data.task import Input, Output, Task
from dlpy.experiment.experiment import load
from dlpy.training.pipeline import Pipeline
from dlpy.training.record import Options
from dlpy.training.reporter import Reporter
from dlpy.training.train import train
from dlpy.transforms.fill_missing import FillMissing
from dlpy.transforms.tabulate import Tabulate
from dlpy.transforms.tokenize import Tokenize


def table(numbers: list[float], colours: list[str]) -> Rows:
    return Rows.single(Table(np.array(numbers)[:, None], ("size",), np.array(colours, np.str_)[:, None], ("colour",)))


def texts(*values: str) -> Rows:
    held = np.empty(len(values), object)
    held[:] = values
    return Rows.single(Texts(held))


def told(steps: list[Any], kind: Any, train: Rows, other: Rows, columns: tuple[str, ...] = ()) -> list[tuple]:
    task = Task.single(Input(kind, (None,), columns=columns), Output("regression"))
    pipeline, _, _ = Pipeline.fit(steps, train, task)
    path = Path("transforms.npz")
    pipeline.save(path)
    again = Pipeline.restore(steps, path)
    assert again.unfamiliar(train) == [] or kind == "text"
    return [item.cells() for item in again.unfamiliar(other)]


def test_new_categories_are_told_with_how_often_they_are_there(workplace) -> None:
    other = table([1, 2, 2, 1, 2], ["mauve", "red", "pink", "mauve", ""])
    assert told([Tabulate()], "table", table([1, 2], ["red", "blue"]), other) == [
        ("colour", "unseen categories", "3 of 5", "'mauve' (2), 'pink' (1)")
    ]


def test_dates_are_told_as_dates(workplace) -> None:
    def dated(*times: str) -> Rows:
        numbers = np.array(times, "datetime64[s]").astype(float)[:, None]
        return Rows.single(Table(numbers, ("sold",), np.empty((len(times), 0), np.str_), (), ("sold",)))

    other = dated("2016-01-03", "2030-05-06T07:30", "NaT")
    other.x.numeric[2] = np.nan
    train = dated("2016-01-01", "2016-02-01")
    assert told([FillMissing(rule="median"), Tabulate()], "table", train, other) == [
        (
            "sold",
            "far outside the training range",
            "1 of 3",
            "'2030-05-06 07:30' (1); training rows: 2016-01-01 to 2016-02-01",
        ),
        ("sold", "missing cells", "1 of 3", "filled with 2016-01-16 12:00"),
    ]


@pytest.mark.parametrize(
    ("number", "is_far"),
    [(10.0, False), (20.0, False), (20.1, True), (-10.0, False), (-10.5, True), (float("nan"), False), (1e30, True)],
)
def test_a_number_is_far_outside_where_it_is_beyond_the_range_by_more_than_its_width(workplace, number, is_far) -> None:
    train = table([0, 10, float("nan")], ["", "", ""])
    found = told([Tabulate()], "table", train, table([5, number], ["", ""]))
    known = f"'{number:.6g}' (1); training rows: 0 to 10"
    assert found == ([("size", "far outside the training range", "1 of 2", known)] if is_far else [])


def test_a_column_that_never_changed_in_training_is_told_where_it_does(workplace) -> None:
    found = told(
        [], "array", Rows.single(np.array([[5, 1.0], [5, 2.0]])), Rows.single(np.array([[6, 1.0]])), ("a", "b")
    )
    assert found == [("a", "far outside the training range", "1 of 1", "'6' (1); training rows: 5 to 5")]


def test_arrays_of_several_axes_count_as_one_column_and_bytes_as_none(workplace) -> None:
    train = Rows.single(np.linspace(0, 1, 24, dtype=np.float32).reshape(2, 3, 4))
    other = Rows.single(np.full((3, 3, 4), 255, np.float32))
    assert told([], "array", train, other) == [
        ("input", "far outside the training range", "3 of 3", "'255' (3); training rows: 0 to 1")
    ]
    task = Task.single(Input("array", (3, 4)), Output("regression"))
    assert TrainingRanges.of(Rows.single(np.zeros((2, 3, 4), np.uint8)), task) is None


def test_of_a_series_each_time_counts_once(workplace) -> None:
    def windows(series: list[float], starts: list[int]) -> Rows:
        return Rows.single(Windows(np.array(series)[:, None], np.array(starts), np.arange(2)))

    other = windows([1, 2, 90, 3, 99], [0, 1, 2])
    assert told([], "array", windows([1, 2, 3, 4, 500], [0, 1]), other, ("wind",)) == [
        ("wind", "far outside the training range", "1 of 4", "'90' (1); training rows: 1 to 3")
    ]


def test_missing_cells_are_told_with_what_fills_them(workplace) -> None:
    train, other = table([1, 2, 6], ["red", "red", "blue"]), table([float("nan"), 2], ["", ""])
    assert told([FillMissing(), Tabulate()], "table", train, other) == [
        ("size", "missing cells", "1 of 2", "filled with 2"),
        ("colour", "missing cells", "2 of 2", "filled with 'red'"),
    ]


def test_texts_without_a_known_word_and_the_share_of_unknown_words_are_told(workplace) -> None:
    other = texts("good film", "xyzzy plugh", "good xyzzy", "!!!")
    assert told([Tokenize(vocabulary=3)], "text", texts("good good film film bad"), other) == [
        ("text", "no known word", "2 of 4", "'xyzzy plugh' (1), '!!!' (1)"),
        ("text", "unknown words", "2 of 4", "'xyzzy' (2), 'plugh' (1); 50.0% of all words, of training texts 20.0%"),
    ]


def test_runs_of_earlier_versions_say_nothing_of_ranges(workplace) -> None:
    train = table([1, 2], ["red", "blue"])
    task = Task.single(Input("table", (2,)), Output("regression"))
    pipeline, _, _ = Pipeline.fit([Tabulate()], train, task)
    Pipeline(pipeline.transforms, pipeline.states).save(Path("transforms.npz"))
    assert Pipeline.restore([Tabulate()], Path("transforms.npz")).unfamiliar(table([900, 1], ["red", "red"])) == []


@pytest.fixture
def run(bench) -> Any:
    random = np.random.default_rng(5)
    sizes, colours = random.uniform(1, 9, 60).round(2), random.choice(["red", "blue"], 60)
    lines = [
        f"{i},{size},{colour},{size * 10:.1f}\n" for i, (size, colour) in enumerate(zip(sizes, colours, strict=True))
    ]
    lines[0] = lines[0].replace("red", "white").replace("blue", "white")  # the first row is for validation
    bench.write("id,size,colour,price\n" + "".join(lines), "rows.csv")
    data = {"name": "csv", "path": "rows.csv", "target": "price", "numeric": ["size"], "transforms": ["standardize"]}
    data |= {"categorical": ["colour"], "task": "regression", "validation": 12}
    experiment, document = load(bench.experiment(data=data, training={"epochs": 1}))
    return train(experiment, document, Options(Path("runs")), Reporter())


@pytest.mark.slow
def test_predict_and_evaluate_tell_it_keep_columns_and_refuse_it_if_asked(bench, run) -> None:
    bench.write('size,colour,name,id\n5,red,"=1+1",7\n5,[red]mauve\\x1b,bob,8\n900,blue,"a, b",9\n', "new.csv")
    status, out, err = bench.run("predict", "latest", "new.csv", "--keep", "id,name")
    assert status == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["id"], row["name"]) for row in rows] == [("7", "'=1+1"), ("8", "bob"), ("9", "a, b")]
    assert list(rows[0]) == ["id", "name", "prediction"]
    told = err.splitlines()
    assert told[0] == "warning: these rows contain values that no training row had:"
    assert told[2].split("  ")[0] == "size"
    assert "far outside the training range  1 of 3  '900' (1); training rows: 1" in told[2]
    assert "unseen categories" in told[3]
    assert "'[red]mauve\\x1b' (1)" in told[3]

    status, out, err = bench.run("predict", "latest", "new.csv", "--json")
    answer = json.loads(out)
    assert (status, answer["rows"], len(answer["predictions"])) == (0, 3, 3)
    assert isinstance(answer["predictions"][0]["prediction"], float)
    assert [item["column"] for item in answer["unfamiliar"]] == ["size", "colour"]
    assert answer["unfamiliar"][1]["examples"] == {"[red]mauve\\x1b": 1}

    status, out, err = bench.run("predict", "latest", "new.csv", "--strict", "-o", "found.csv")
    assert (status, out, Path("found.csv").exists()) == (3, "", False)
    assert err.startswith("error: --strict: the rows of new.csv contain values not seen in training. size: far outside")
    assert err.count("\n") == 1
    bench.write("size,colour\n5,red\n", "usual.csv")
    assert bench.run("predict", "latest", "usual.csv", "--strict", "-o", "found.csv")[0] == 0

    for arguments, message in {
        ("new.csv", "--keep", "nme"): "error: --keep nme: new.csv has no such column. Did you mean 'name'?",
        ("new.csv", "--keep", "id,,"): "error: --keep id,,: expected names of columns, such as --keep id,name.",
        ("--text", "good", "--keep", "id"): "error: --keep names columns of a table",
    }.items():
        status, out, err = bench.run("predict", "latest", *arguments)
        assert (status, out) == (2, "")
        assert err.startswith(message)

    looks = run.read("run.json")["test_looks"]
    status, out, _ = bench.run("evaluate", "latest")
    assert "warning: the validation rows contain values that no training row had:" in out
    assert "'white' (1)" in out
    status, out, _ = bench.run("evaluate", "latest", "--json")
    assert json.loads(out)["validation"]["unfamiliar"][0]["examples"] == {"white": 1}
    status, _, err = bench.run("evaluate", "latest", "--strict")
    assert (status, run.read("run.json")["test_looks"]) == (3, looks)
    assert (
        "--strict: the validation rows contain values not seen in training. colour: unseen categories in 1 of 12" in err
    )
