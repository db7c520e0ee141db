import numpy as np
import pytest

from dlpy.core.errors import ConfigError
from dlpy.data.features import Table, Texts
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.explain.columns import assembled, columns_of, named, whole_rows
from dlpy.explain.related_columns import related

TABLE = Table(
    np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]),
    ("age", "bought"),
    np.array([["red"], ["blue"], [""]]),
    ("color",),
    ("bought",),
)
TEXTS = Texts(np.array(["one", "two", "three"], object))
TASK = Task({"facts": Input("table"), "words": Input("text", (None,))}, {"y": Output("regression")})
ROWS = Rows({"facts": TABLE, "words": TEXTS}, {}, np.arange(3))


def test_columns_are_those_of_all_inputs_with_the_input_in_front() -> None:
    found = columns_of(ROWS, TASK)
    assert [(column.label, column.kind) for column in found] == [
        ("facts.age", "number"),
        ("facts.bought", "date"),
        ("facts.color", "category"),
        ("words", "whole"),
    ]
    single = Rows.single(np.ones((2, 3)))
    names = [column.label for column in columns_of(single, Task.single(Input("array", (3,)), Output("regression")))]
    assert names == ["column_1", "column_2", "column_3"]


def test_cells_of_different_rows_are_put_together() -> None:
    columns = columns_of(ROWS, TASK)
    found = assembled(ROWS, columns, np.array([[2, 0, 1, 0], [0, 0, 2, 1]]))
    table, words = found.inputs["facts"], found.inputs["words"]
    assert isinstance(table, Table)
    assert isinstance(words, Texts)
    assert table.numeric.tolist() == [[3, 10], [1, 10]]
    assert table.categorical.tolist() == [["blue"], [""]]
    assert words.values.tolist() == ["one", "two"]
    same = assembled(ROWS, columns, whole_rows(2, columns)).inputs["facts"]
    assert isinstance(same, Table)
    assert same.numeric.tolist() == TABLE.numeric[:2].tolist()


def test_a_misspelt_column_suggests_the_closest() -> None:
    columns = columns_of(ROWS, TASK)
    assert named(columns, "color").label == named(columns, "facts.color").label == "facts.color"
    with pytest.raises(ConfigError, match=r"--column colour: there is no such column\. Known: facts\.age"):
        named(columns, "colour")
    with pytest.raises(ConfigError, match=r"Did you mean 'facts\.bought'"):
        named(columns, "facts.bougt")


def test_columns_that_depend_on_each_other_are_found() -> None:
    rng = np.random.default_rng(0)
    first, group = rng.normal(size=200), rng.integers(0, 3, 200)
    numeric = np.stack([first, np.exp(first), group * 10 + rng.normal(size=200), rng.normal(size=200)], axis=1)
    words = np.array(["a", "b", "c"])[group]
    table = Table(
        numeric, ("x", "exp", "by_group", "free"), np.stack([words, np.roll(words, 7)], axis=1), ("g", "other")
    )
    rows = Rows.single(table)
    task = Task.single(Input("table"), Output("regression"))
    found = {(pair.first, pair.second): pair.strength for pair in related(rows, columns_of(rows, task))}
    assert set(found) == {("x", "exp"), ("by_group", "g")}
    assert found["x", "exp"] == pytest.approx(1)  # ranks do not see the exponential


def test_categories_that_are_copies_are_associated_entirely() -> None:
    words = np.tile(np.array(["a", "b", "c", "c"]), 30)
    rows = Rows.single(Table(np.empty((120, 0)), (), np.stack([words, np.char.upper(words)], axis=1), ("g", "copy")))
    (pair,) = related(rows, columns_of(rows, Task.single(Input("table"), Output("regression"))))
    assert pair.strength == pytest.approx(1)
