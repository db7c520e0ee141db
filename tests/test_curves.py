import numpy as np
import pytest

from dlpy.curves import best_epoch, smooth


def test_the_moving_average_is_that_of_the_book() -> None:
    assert smooth(np.array([99.0] * 10 + [1.0, 2.0, 4.0])).tolist() == pytest.approx([1.0, 1.1, 1.39])


def test_a_short_curve_is_best_where_it_is_lowest() -> None:
    assert best_epoch(np.array([3.0, 1.0, 2.0]), "min") == 2
    assert best_epoch(np.array([3.0, 1.0, 2.0]), "max") == 1


def test_a_single_dip_of_a_long_curve_is_luck() -> None:
    curve = np.concatenate([np.linspace(10, 1, 30), np.linspace(1, 5, 30)])
    curve[12] = 0.5
    assert 30 <= best_epoch(curve, "min") <= 40
