"""Warnings about the classes of each part: when they come, what they say, and that honest splits give none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dlpy.components.dataset import Dataset
from dlpy.data.rows import Data, Loaded, Rows, Source
from dlpy.data.splits import KFold, hold_out
from dlpy.data.task import Input, Output, Task
from dlpy.datasets.csv import Csv
from dlpy.training.class_balance import class_warnings, fold_warnings
from dlpy.training.pipeline import split

pytestmark = pytest.mark.slow

ABC = Task.single(Input("array", (1,)), Output("multiclass", 3, ("A", "B", "C")))
SORTED = [0] * 40 + [1] * 40 + [2] * 40
MIXED = [0, 1, 2] * 40


def rows(labels: list[int], groups: list[int] | None = None) -> Rows:
    columns = {} if groups is None else {"group": np.array(groups)}
    return Rows.single(np.zeros((len(labels), 1), np.float32), np.array(labels), columns)


def warnings(labels: list[int], validation: Any = None, test: Any = None, groups: list[int] | None = None) -> list[str]:
    given = {"name": "csv", "path": "x.csv", "target": "y", "validation": validation, "test": test}
    dataset = Csv.model_validate(given)
    loaded = hold_out(Loaded(rows(labels, groups), None, ABC, Source("file", "x.csv")), dataset.test, 0)
    return told(split(dataset, loaded), dataset)


def told(parts: Any, dataset: Dataset) -> list[str]:
    return class_warnings(Data(parts.train, parts.validation, parts.test, ABC), dataset)


def test_rows_sorted_by_class_and_a_count_are_told_with_the_cause() -> None:
    assert warnings(SORTED, validation=24) == [
        "warning: validation rows: all 24 are of class A; val_ scores say nothing about B, C. data.validation takes "
        "the first rows, and the rows are sorted by class: use a fraction (data.validation: 0.2) or "
        "{count: 24, take: random}."
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation": 50}, "validation rows: none is of class C; val_ scores say nothing about it. data.validation takes the first"),
        ({"validation": {"count": 30, "take": "last"}}, "validation rows: all 30 are of class C; val_ scores say nothing about A, B. data.validation takes the last"),
        ({"validation": {"rows": [20, 59]}}, "none is of class C; val_ scores say nothing about it. data.validation takes rows 20 to 59, and the rows are sorted"),
        ({"validation": {"fraction": 0.3, "take": "first"}}, "all 36 are of class A; val_ scores say nothing about B, C. data.validation takes the first rows, and"),
        ({"validation": 0.2, "test": 24}, "test rows: all 24 are of class A; test scores say nothing about B, C. data.test takes the first rows, and"),
        ({"validation": 42}, "none is of class C; val_ scores say nothing about it; fewer than 5 are of class B (2). "),
    ],
)  # fmt: skip
def test_every_way_to_hold_out_one_end_of_sorted_rows_is_told(options: dict[str, Any], message: str) -> None:
    assert any(message in line for line in warnings(SORTED, **options))


def test_a_class_with_hardly_a_row_is_told_with_its_count() -> None:
    assert warnings([0] * 50 + [1] * 50 + [2] * 20, validation=0.2) == [
        "warning: validation rows: fewer than 5 are of class C (4). "
        "Hold out more rows (data.validation), or get more rows of such a class."
    ]
    assert warnings([0] * 50 + [1] * 50 + [2] * 4, validation=None) == [
        "warning: training rows: fewer than 5 are of class C (4). Drop the class, or get more rows of it."
    ]


def test_shares_that_differ_grossly_are_told() -> None:
    labels = [0, 0, 0, 0, 1, 0, 0, 0, 0, 2] * 6 + [2, 1, 2, 1, 2, 1, 2, 1, 2, 0] * 24
    assert warnings(labels, validation=60) == [
        "warning: validation rows: the classes' shares differ from the training rows': A 80% instead of 10%, "
        "C 10% instead of 50%. data.validation takes the first rows: use a fraction (data.validation: 0.2) or "
        "{count: 60, take: random}."
    ]


def test_groups_and_marks_get_advice_of_their_own() -> None:
    (line,) = warnings(SORTED, validation=0.3, groups=[i // 20 for i in range(120)])
    assert "Rows of a group stay together: hold out other groups or more of them (data.validation)." in line
    (line,) = warnings([0] * 50 + [1] * 50 + [2] * 20, validation={"fraction": 0.1, "stratify": False})
    assert "remove stratify: false from data.validation." in line


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("stratify", [None, False])
def test_honest_splits_are_not_told(classes: int, stratify: bool | None) -> None:
    random = np.random.default_rng(3)
    lines = []
    for _ in range(100):
        count = int(random.integers(60 * classes, 300 * classes))
        labels = random.permutation(np.arange(count) % classes)
        task = Task.single(Input("array", (1,)), Output("multiclass", classes))
        dataset = Csv.model_validate(
            {"name": "csv", "path": "x.csv", "target": "y", "validation": {"fraction": 0.3, "stratify": stratify}}
        )
        held = dataset.validation.held_out(rows(labels), task, int(random.integers(1000)))
        parts = [rows(labels).take(np.flatnonzero(mask)) for mask in (~held, held)]
        lines += class_warnings(Data(parts[0], parts[1], None, task), dataset)
    assert lines == []


def test_numbers_to_estimate_have_no_classes_to_tell_of() -> None:
    task = Task.single(Input("array", (1,)), Output("regression"))
    dataset = Csv(path="x.csv", target="y", validation=None)
    assert class_warnings(Data(rows(MIXED), rows(MIXED), None, task), dataset) == []
    assert fold_warnings(rows(MIXED), task, KFold(folds=3), 0) == []


def test_folds_of_contiguous_rows_are_told_and_shuffled_ones_are_not() -> None:
    assert fold_warnings(rows(SORTED), ABC, KFold(folds=4), 0) == []
    lines = fold_warnings(rows(SORTED), ABC, KFold(folds=4, shuffle=False), 0)
    assert [line.partition(". ")[0] for line in lines] == [
        "warning: fold 1, validation rows: all 30 are of class A; its scores say nothing about B, C",
        "warning: fold 2, validation rows: none is of class C; its scores say nothing about it",
        "warning: fold 3, validation rows: none is of class A; its scores say nothing about it",
        "warning: fold 4, validation rows: all 30 are of class C; its scores say nothing about A, B",
    ]
    assert "remove kfold.shuffle: false" in lines[0]
    many = fold_warnings(rows([0, 1, 2] * 20), ABC, KFold(folds=10), 0)
    assert len(many) == 6
    assert many[-1] == "warning: 5 more folds have such problems."


@pytest.fixture
def table(bench) -> Any:
    cells = "".join(f"{i / 10},{'ABC'[label]}\n" for i, label in enumerate(SORTED))
    bench.write("x,kind\n" + cells, "rows.csv")
    return {"name": "csv", "path": "rows.csv", "target": "kind", "task": "multiclass"}


def test_check_train_and_kfold_show_the_warnings(bench, table) -> None:
    path = bench.experiment(data={**table, "validation": 24}, training={"epochs": 1})
    folds = ["kfold.folds=3", "kfold.shuffle=false", "data.test=0.1", "data.validation=0.2"]
    told = "warning: validation rows: all 24 are of class A; val_ scores say nothing about B, C."
    status, out, err = bench.run("check", "--data", path)
    assert (status, err) == (0, "")
    assert told in out
    assert "validation: 24 rows, input array rows of shape (1), all of 1 class of 3" in out
    status, out, err = bench.run("train", path)
    assert (status, err) == (0, "")
    assert told in out
    status, out, _ = bench.run("check", "--data", path, *folds[:2], "kfold.folds=4")
    assert "warning: fold 1, validation rows: all 30 are of class A" in out
    status, out, _ = bench.run("check", "--data", path, "kfold.folds=50")
    assert (status, "warning: dlpy kfold would stop: class A has 40 rows, fewer than 50 folds." in out) == (0, True)
    status, out, _ = bench.run("kfold", path, "kfold.folds=4", "kfold.shuffle=false")
    assert "warning: fold 1, validation rows: all 30 are of class A" in out


def test_a_smoke_test_on_generated_rows_is_not_told_of_them(bench, table) -> None:
    path = bench.experiment(data={**table, "numeric": ["x"], "categorical": [], "validation": 24})
    status, out, _ = bench.run("train", "--smoke", path)
    assert (status, "warning" in out) == (0, False)
