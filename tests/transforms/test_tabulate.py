"""Tables as matrices."""

import numpy as np
import pytest

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Table
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.training.pipeline import Pipeline
from dlpy.transforms.rare_categories import RareCategories
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
    assert task.input == Input("array", (5,), numbers=1)


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


def test_embedded_columns_are_codes_behind_the_others():
    steps = [Tabulate(embed=["p"])]
    pipeline, rows, task = Pipeline.fit(steps, TRAIN, TASK)
    assert rows.x.tolist() == [[0.5, 1, 0, 2], [2, 0, 1, 1], [3, 0, 1, 2]]
    assert task.input == Input("array", (4,), numbers=1, categories=(3,))
    other = rows_of([[1], [1]], [["green", "x"], ["", "y"]])
    assert pipeline.apply(other).x.tolist() == [[1, 1, 0, 0], [1, 0, 1, 0]]
    assert [found.cells()[0] for found in pipeline.unfamiliar(other)] == ["p"]


def test_columns_of_more_categories_than_a_number_are_embedded():
    many = rows_of([[1], [2], [3]], [["a", "x"], ["b", "y"], ["c", "x"]])
    named = Task.single(Input("table", (3,), columns=("n", "p", "q")), Output("regression"))
    _, rows, task = Pipeline.fit([Tabulate(embed=2)], many, named)
    assert rows.x.tolist() == [[1, 1, 0, 1], [2, 0, 1, 2], [3, 1, 0, 3]]
    assert task.input.categories == (4,)
    assert task.input.columns == ("n", "q=x", "q=y", "p")


def test_codes_come_back_from_the_run(tmp_path):
    steps = [Tabulate(embed=0)]
    pipeline, rows, task = Pipeline.fit(steps, TRAIN, TASK)
    pipeline.save(tmp_path / "t.npz")
    restored = Pipeline.restore(steps, tmp_path / "t.npz")
    assert restored.apply(TRAIN).x.tolist() == rows.x.tolist() == [[0.5, 2, 1], [2, 1, 2], [3, 2, 2]]
    restored.require_task(TASK, Task.from_record(task.to_record()))


def test_a_column_to_embed_must_be_one_of_categories():
    with pytest.raises(DataError, match="no categorical column 'n' to embed"):
        Tabulate(embed=["n"]).fit(TRAIN, TASK)


def test_a_table_whose_columns_are_all_embedded_has_codes_alone():
    rows = Rows.single(Table(np.empty((2, 0)), (), np.array([["b"], ["a"]]), ("p",)))
    assert Pipeline.fit([Tabulate(embed=0)], rows, TASK)[1].x.tolist() == [[2], [1]]


def test_other_rows_than_tables_are_refused():
    with pytest.raises(ConfigError, match="tabulate requires tables"):
        Tabulate().outline(Task.single(Input("array", (3,)), Output("regression")))


def test_booleans_without_a_spelling_are_those_of_the_training_rows():
    train = rows_of([[1], [2], [1], [2], [3]], [["True"], ["False"], ["True"], ["False"], ["odd"]])
    typed = rows_of([[1], [2], [3]], [["true"], ["false"], ["other"]])
    for steps in ([Tabulate()], [RareCategories(min_count=2), Tabulate()]):
        pipeline, fitted, _ = Pipeline.fit(steps, train, TASK)
        assert pipeline.apply(typed).x[:2].tolist() == fitted.x[:2].tolist()
        (found,) = pipeline.unfamiliar(typed)
        assert found.examples == (("other", 1),)


def test_booleans_that_are_categories_of_their_own_stay_apart():
    train = rows_of([[1], [2], [3]], [["True"], ["true"], ["TRUE"]])
    assert Pipeline.fit([Tabulate()], train, TASK)[1].x[:, 1:].tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
