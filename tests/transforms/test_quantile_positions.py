"""Positions of numbers among quantiles."""

import numpy as np
import pytest

from dlpy.core.errors import ConfigError
from dlpy.data.features import Table
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.training.pipeline import Pipeline
from dlpy.transforms.quantile_positions import QuantilePositions
from dlpy.transforms.tabulate import Tabulate

TRAIN = np.array([[0.0, 1], [10, 1], [20, 1], [40, 1], [80, 0]], np.float32)


def fitted(rows: np.ndarray, bins: int, numbers: int | None = None) -> tuple[Pipeline, np.ndarray, Task]:
    task = Task.single(Input("array", rows.shape[1:], numbers=numbers, columns=("a", "b")), Output("regression"))
    pipeline, made, task = Pipeline.fit([QuantilePositions(bins=bins)], Rows.single(rows, np.zeros(len(rows))), task)
    return pipeline, made.array, task


def test_positions_are_linear_between_quantiles_and_end_at_the_outermost() -> None:
    pipeline, made, task = fitted(TRAIN, 4)
    # edges of the first column: 0, 10, 20, 40, 80; of the second only 0 and 1 are distinct
    np.testing.assert_allclose(made[:, 2], [0, 1, 2, 3, 4])
    np.testing.assert_allclose(made[:, 3], [1, 1, 1, 1, 0])
    np.testing.assert_array_equal(made[:, :2], TRAIN)
    new = pipeline.apply(Rows.single(np.array([[5, 0.5], [60, 2], [-9, -9], [999, 0]], np.float32), np.zeros(4)))
    np.testing.assert_allclose(new.array[:, 2:], [[0.5, 0.5], [3.5, 1], [0, 0], [4, 0]])
    assert (task.input.shape, task.input.positions) == ((4,), 2)
    assert task.input.columns == ("a", "b", "a (position)", "b (position)")


def test_columns_behind_the_numbers_get_no_position() -> None:
    _, made, task = fitted(TRAIN, 4, numbers=1)
    assert made.shape == (5, 3)
    assert task.input.positions == 1


def test_a_table_says_how_many_columns_are_numbers() -> None:
    table = Table(TRAIN[:, :1].astype(float), ("a",), np.array([["x"], ["y"], ["x"], ["y"], ["x"]]), ("c",))
    task = Task.single(Input("table", (2,), columns=("a", "c")), Output("regression"))
    rows = Rows.single(table, np.zeros(5))
    _, made, task = Pipeline.fit([Tabulate(), QuantilePositions(bins=2)], rows, task)
    assert (task.input.numbers, task.input.positions) == (1, 1)
    np.testing.assert_allclose(made.array[0], [0, 1, 0, 0])
    assert task.input.columns == ("a", "c=x", "c=y", "a (position)")


def test_other_rows_are_refused() -> None:
    with pytest.raises(ConfigError, match="flat"):
        QuantilePositions().outline(Task.single(Input("array", (4, 4)), Output("regression")))
