import numpy as np
import pytest

from dlpy.runs.curves import best_epoch, limits, smooth


def test_the_moving_average_is_that_of_the_book() -> None:
    assert smooth(np.array([99.0] * 10 + [1.0, 2.0, 4.0])).tolist() == pytest.approx([1.0, 1.1, 1.39])


def test_a_short_curve_is_best_where_it_is_lowest() -> None:
    assert best_epoch(np.array([3.0, 1.0, 2.0]), "min") == 2
    assert best_epoch(np.array([3.0, 1.0, 2.0]), "max") == 1


def test_a_single_dip_of_a_long_curve_is_luck() -> None:
    curve = np.concatenate([np.linspace(10, 1, 30), np.linspace(1, 5, 30)])
    curve[12] = 0.5
    assert 30 <= best_epoch(curve, "min") <= 40


def test_first_epochs_that_would_flatten_the_rest_do_not_decide_the_limits() -> None:
    cliff = np.array([500.0, 100.0, 4.0, 3.0, 2.0, 3.0, 2.0, 3.0, 2.0, 3.0])
    assert limits([cliff]) == (2.0, 6.0)  # the rest spans 2 to 4, and as much is left above it
    assert limits([cliff, np.array([np.nan, 8.0])]) == (2.0, 14.0)  # a short curve is shown whole
    accuracy = np.array([0.1, 0.5, 0.97, 0.98, 0.97, 0.98, 0.97, 0.98, 0.97, 0.99])
    assert limits([accuracy]) == (pytest.approx(0.95), 0.99)


def test_limits_are_those_of_all_values_where_the_first_epochs_do_no_harm() -> None:
    slope = np.linspace(10, 1, 10)
    spike = np.array([2.0, 3.0, 2.0, 3.0, 2.0, 3.0, 900.0, 3.0, 2.0, 3.0])  # after the first epochs: it is news
    for curves in (
        [slope],
        [spike],
        [np.array([900.0, 2.0, 3.0])],
        [np.array([900.0, *[1.0] * 20])],
        [],
        [np.full(20, np.nan)],
    ):
        assert limits(curves) is None
