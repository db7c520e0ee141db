"""Intervals in the target's own unit, where training sees its logarithm, and of counts."""

import numpy as np
import pytest

from dlpy.data.task import Output
from dlpy.runs.predictions import Stored
from dlpy.training.conformal import coverage_of_part, interval, nonconformity

LOG = Output("regression", log_of_sum=0.0)
COUNT = Output("regression", is_count=True)


def stored(target: list[float], prediction: list[float], output: Output) -> Stored:
    given = np.array(target), np.array(prediction)[:, None]
    return Stored("test", *given, np.arange(len(target)), of=output)


def test_errors_of_logarithms_are_ratios_and_intervals_grow_with_the_prediction() -> None:
    scores = nonconformity(stored([10.0, 300], [20.0, 100], LOG))
    assert scores == pytest.approx(np.log([[2.0], [3.0]]))
    low, high = interval(np.array([[10.0], [1000.0]]), np.log([2.0]), LOG)
    assert low == pytest.approx(np.array([[5.0], [500]]))
    assert high == pytest.approx(np.array([[20.0], [2000]]))


def test_intervals_of_counts_begin_at_0_at_least() -> None:
    low, high = interval(np.array([[1.0], [5.0]]), np.array([2.0]), COUNT)
    assert (low.tolist(), high.tolist()) == ([[0], [3]], [[3], [7]])


def test_each_of_several_numbers_has_its_own_limit() -> None:
    low, high = interval(np.array([[1.0, 5.0]]), np.array([2.0, 0.5]), Output("regression", 2))
    assert (low.tolist(), high.tolist()) == ([[-1, 4.5]], [[3, 5.5]])


def test_the_rows_that_limits_come_from_are_covered_crosswise_or_not_at_all() -> None:
    rows = stored(list(range(20)), [0.0] * 20, Output("regression"))
    told = coverage_of_part(rows, 0.9, np.array([18.0]), cross=True)
    assert told["cross_fitted"]
    assert 0.7 <= (told["covered"] or 0) <= 1
    assert coverage_of_part(rows, 0.95, np.array([19.0]), cross=True)["covered"] is None
    assert coverage_of_part(rows, 0.9, np.array([18.0]), cross=False)["covered"] == 19 / 20
