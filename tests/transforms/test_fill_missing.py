"""Missing cells."""

import numpy as np
import pytest
from pydantic import ValidationError

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Table
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.transforms.fill_missing import FillMissing

TASK = Task.single(Input("table", (3,)), Output("regression"))
NUMBERS = np.array([[1, 5], [2, np.nan], [2, 5], [7, np.nan], [np.nan, 9]])
TEXTS = np.array([["b"], ["a"], [""], ["b"], ["a"]])


def filled(rule):
    rows = Rows.single(Table(NUMBERS, ("p", "q"), TEXTS, ("r",)))
    transform = FillMissing(rule=rule)
    state = transform.fit(rows, TASK)
    return transform.apply(rows, state).x


@pytest.mark.parametrize(
    ("rule", "p", "q", "r"),
    [
        ("mean", 3, 19 / 3, "a"),
        ("median", 2, 5, "a"),
        ("most_frequent", 2, 5, "a"),
        ({"p": "mean", "q": 0, "r": "unknown"}, 3, 0, "unknown"),
    ],
)
def test_each_rule_fills_with_its_number_or_text(rule, p, q, r):
    table = filled(rule)
    assert table.numeric[:, 0].tolist() == [1, 2, 2, 7, p]
    assert table.numeric[:, 1].tolist() == [5, q, 5, q, 9]
    assert table.categorical[:, 0].tolist() == ["b", "a", r, "b", "a"]


def test_a_column_without_a_rule_stays_as_it_is():
    table = filled({"p": 0})
    assert np.isnan(table.numeric[:, 1]).tolist() == [False, True, False, True, False]
    assert table.categorical[2, 0] == ""


def test_other_rows_are_filled_from_the_training_rows():
    train = Rows.single(Table(NUMBERS, ("p", "q"), TEXTS, ("r",)))
    state = FillMissing(rule="mean").fit(train, TASK)
    other = Rows.single(Table(np.array([[np.nan, 100.0]]), ("p", "q"), np.array([["z"]]), ("r",)))
    assert FillMissing(rule="mean").apply(other, state).x.numeric.tolist() == [[3, 100]]


def test_arrays_are_filled_column_by_column():
    task = Task.single(Input("array", (2,)), Output("regression"))
    rows = Rows.single(NUMBERS.astype(np.float32))
    state = FillMissing(rule="median").fit(rows, task)
    x = FillMissing(rule="median").apply(rows, state).x
    assert x.dtype == np.float32
    assert x.tolist() == [[1, 5], [2, 5], [2, 5], [7, 5], [2, 9]]
    with pytest.raises(ConfigError, match="by column does not support"):
        FillMissing(rule={"p": "mean"}).outline(task)


def test_a_column_with_nothing_in_it_is_named():
    rows = Rows.single(Table(np.full((3, 1), np.nan), ("p",), np.empty((3, 0), np.str_), ()))
    with pytest.raises(DataError, match="column 'p': all cells of the training rows are missing"):
        FillMissing(rule="mean").fit(rows, TASK)


def test_a_misspelt_rule_is_not_taken_for_a_text():
    with pytest.raises(ValidationError, match=r"unknown rule 'most_frequnt'\. Did you mean 'most_frequent'"):
        FillMissing(rule="most_frequnt")
