"""Tables as matrices."""

import numpy as np
import pytest

from dlpy.core.errors import ConfigError
from dlpy.data.features import Table
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.training.pipeline import Pipeline
from dlpy.transforms.tabulate import Tabulate

TASK = Task.single(Input("table", (3,)), Output("regression"))


def rows_of(numeric, categorical):
    numbers, texts = np.array(numeric, float), np.array(categorical, np.str_)
    return Rows.single(Table(numbers, ("n",), texts, tuple("pq")[: texts.shape[1]]))


TRAIN = rows_of([[0.5], [2], [3]], [["red", "x"], ["blue", "y"], ["red", "y"]])


def test_categories_follow_the_numbers_in_the_order_of_the_alphabet():
    _, rows, task = Pipeline.fit([Tabulate()], TRAIN, TASK)
    assert rows.x.dtype == np.float32
    assert rows.x.tolist() == [[0.5, 0, 1, 1, 0], [2, 1, 0, 0, 1], [3, 0, 1, 0, 1]]
    assert task.input == Input("array", (5,))


def test_an_unknown_category_is_zero_everywhere():
    pipeline, _, _ = Pipeline.fit([Tabulate()], TRAIN, TASK)
    other = rows_of([[1], [1], [1]], [["aaa", "x"], ["zzz", "y"], ["blues", ""]])
    assert pipeline.apply(other).x.tolist() == [[1, 0, 0, 1, 0], [1, 0, 0, 0, 1], [1, 0, 0, 0, 0]]


def test_the_categories_come_back_from_the_run(tmp_path):
    pipeline, rows, _ = Pipeline.fit([Tabulate()], TRAIN, TASK)
    pipeline.save(tmp_path / "t.npz")
    restored = Pipeline.restore([Tabulate()], tmp_path / "t.npz")
    assert restored.apply(TRAIN).x.tolist() == rows.x.tolist()


def test_a_table_of_numbers_alone_is_its_matrix():
    rows = Rows.single(Table(np.array([[1.5], [2]]), ("n",), np.empty((2, 0), np.str_), ()))
    assert Pipeline.fit([Tabulate()], rows, TASK)[1].x.tolist() == [[1.5], [2]]


def test_other_rows_than_tables_are_refused():
    with pytest.raises(ConfigError, match="tabulate requires tables"):
        Tabulate().outline(Task.single(Input("array", (3,)), Output("regression")))
