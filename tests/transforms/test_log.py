"""Logarithms of numbers, of columns of tables, and of targets, which are turned back."""

import numpy as np
import pytest
from pydantic import ValidationError

from dlpy.components.named_options import TargetOptions
from dlpy.components.named_transform import OfTarget
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Table
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.data.units import as_seen, constants_in_unit, own_numbers, scores_in_unit
from dlpy.training.pipeline import Pipeline
from dlpy.transforms.log import Log
from dlpy.transforms.standardize import Standardize

NUMBERS = Task.single(Input("array", (2,)), Output("regression"))
PRICES = np.array([1.0, 10.0, 100.0, 1000.0], np.float32)


def of_target(*transforms: Log | Standardize) -> list[OfTarget]:
    return [OfTarget(name=transform.name, of="target", inner=transform) for transform in transforms]


def fitted(transforms: list[OfTarget], prices: np.ndarray = PRICES) -> tuple[Pipeline, Rows, Task]:
    rows = Rows.single(np.zeros((len(prices), 2), np.float32), prices)
    return Pipeline.fit(transforms, rows, NUMBERS)  # type: ignore


def test_natural_logarithms_of_arrays() -> None:
    found = Log(add=1.0).apply(Rows.single(np.array([[0.0, np.e - 1]])), {})
    np.testing.assert_allclose(found.array, [[0.0, 1.0]], atol=1e-7)
    assert found.array.dtype == np.float32


def test_numeric_columns_of_tables() -> None:
    table = Table(np.array([[1.0], [np.e**2]]), ("a",), np.array([["x"], ["y"]]), ("b",))
    found = Log().apply(Rows.single(table), {}).x
    assert isinstance(found, Table)
    np.testing.assert_allclose(found.numeric, [[0.0], [2.0]])
    assert found.categorical.tolist() == [["x"], ["y"]]


@pytest.mark.parametrize(("add", "value", "hint"), [(0.0, 0.0, "1"), (1.0, -3.0, "4"), (0.0, -0.5, "1.5")])
def test_numbers_without_a_logarithm_are_told_with_what_helps(add: float, value: float, hint: str) -> None:
    rows = Rows.single(np.array([[5.0], [value]]))
    with pytest.raises(DataError, match=rf"row 1 holds {value:g}, .*\{{name: log, add: {hint}\}}"):
        Log(add=add).apply(rows, {})


def test_texts_have_no_logarithm() -> None:
    with pytest.raises(ConfigError, match="log requires arrays or tables"):
        Log().outline(Task.single(Input("text", (None,)), Output("regression")))


def test_targets_of_logarithms_are_turned_back() -> None:
    _, rows, task = fitted(of_target(Log(), Standardize()))
    logs = np.log([1.0, 10.0, 100.0, 1000.0])  # mean 1.5 ln 10, standard deviation sqrt(1.25) ln 10
    np.testing.assert_allclose(rows.y, (logs - 3.4538776394910684) / 2.574368395956181, rtol=1e-6)
    assert (task.output.offset, task.output.scale) == pytest.approx((3.4538776394910684, 2.574368395956181), rel=1e-6)
    np.testing.assert_allclose(own_numbers(rows.y, task.output), PRICES, rtol=1e-5)
    np.testing.assert_allclose(as_seen(PRICES, task.output), rows.y, rtol=1e-5)


def test_counts_get_1_added_and_taken_away_again() -> None:
    _, rows, task = fitted(of_target(Log(add=1.0)), np.array([0.0, 1.0, 3.0], np.float32))
    np.testing.assert_allclose(rows.y, [0.0, 0.6931472, 1.3862944], rtol=1e-6)
    np.testing.assert_allclose(own_numbers(rows.y, task.output), [0.0, 1.0, 3.0], atol=1e-6)


def test_scores_are_those_of_the_numbers_not_of_their_logarithms() -> None:
    _, rows, task = fitted(of_target(Log()))
    found = scores_in_unit(rows, rows.y + np.log(np.float32(2)), task.output, ["mae", "mse", "huber"])
    # each prediction is twice the price: errors of 1, 10, 100 and 1000
    assert found == pytest.approx({"mae": 277.75, "mse": 252525.25}, rel=1e-5)


def test_the_best_constants_are_those_of_the_numbers() -> None:
    _, rows, task = fitted(of_target(Log()), np.array([1.0, 10.0, 100.0], np.float32))
    wanted = np.log(np.array([20.0, 40.0], np.float32))
    found = constants_in_unit(rows.y, wanted, task.output, ["mae", "mse", "huber"])
    # the median is 10 (errors of 10 and 30), the mean 37 (errors of -17 and 3)
    assert found == pytest.approx({"mae": 20.0, "mse": 149.0}, rel=1e-5)


@pytest.mark.parametrize("listed", [["standardize", "log"], ["log", "log"]])
def test_log_is_the_first_transform_of_a_target(listed: list[str]) -> None:
    with pytest.raises(ValidationError, match="log must be the first transform of a target"):
        TargetOptions.model_validate({"transforms": listed})


def test_a_missing_target_stays_missing() -> None:
    _, rows, _ = fitted(of_target(Log()), np.array([1.0, np.nan, 10.0], np.float32))
    assert np.isnan(rows.y).tolist() == [False, True, False]
