"""Widths of bands: the factors worked out by hand, what they never do, and their guarantee for exchangeable rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from dlpy.scores.bands import asked_of, distances, factors_of, pairs_of, windows_apart, with_factors

LEVELS = (0.1, 0.5, 0.9)
FINE = (0.05, 0.25, 0.5, 0.75, 0.95)


def of_constant(values: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return targets, (rows, 1), and the same band from -1 over 0 to 2 for each."""
    return np.array(values)[:, None], np.tile([[[-1.0, 0.0, 2.0]]], (len(values), 1, 1))


def test_a_truth_is_as_far_as_the_end_on_its_side() -> None:
    found = distances(*of_constant([-3.0, -1.0, 0.0, 1.0, 2.0]), LEVELS)
    assert found[:, 0, 0].tolist() == [3.0, 1.0, 0.0, 0.5, 1.0]


def test_the_factor_is_the_distance_that_the_asked_share_stays_within() -> None:
    # distances 0.5, 1.0, ..., 4.5: ceil((9 + 1) * 0.8) = 8, and the eighth is 4.0
    values = [float(number) for number in range(1, 10)]
    assert factors_of(*of_constant(values), LEVELS) == [4.0]


@pytest.mark.parametrize(("windows", "factor"), [(4, 2.0), (12, 4.0**0.75)])
def test_few_windows_leave_the_factor_near_1(windows: int, factor: float) -> None:
    values = [float(number) for number in range(1, 10)]
    assert factors_of(*of_constant(values), LEVELS, windows) == [pytest.approx(factor)]


def test_bands_of_series_are_never_made_narrower() -> None:
    values = [0.1 * number for number in range(1, 10)]
    assert factors_of(*of_constant(values), LEVELS) == [pytest.approx(0.4)]
    assert factors_of(*of_constant(values), LEVELS, windows=9) == [1.0]


def test_fewer_rows_than_the_coverage_needs_have_no_factor() -> None:
    assert factors_of(*of_constant([1.0, 2.0, 3.0]), LEVELS) is None
    assert factors_of(*of_constant([1.0, 2.0, 3.0, 4.0]), LEVELS) == [2.0]


def test_only_quantiles_on_both_sides_of_the_median_are_a_band() -> None:
    assert pairs_of(FINE) == [(0, 4), (1, 3)]
    assert asked_of(FINE) == [0.9, 0.5]
    assert pairs_of((0.05, 0.5)) == []
    assert pairs_of((0.5, 0.8, 0.9)) == []
    assert pairs_of((0.1, 0.2, 0.5)) == []


def test_the_median_stays_and_ends_move_by_the_factor() -> None:
    found = with_factors(np.array([[[8.0, 10.0, 11.0]]]), LEVELS, [2.0])
    assert found.tolist() == [[[6.0, 10.0, 12.0]]]


@given(
    some.lists(some.floats(-9, 9), min_size=5, max_size=5),
    some.floats(0.01, 9),
    some.floats(0.01, 9),
)
def test_quantiles_never_cross_and_the_median_stays(values: list[float], wide: float, narrow: float) -> None:
    before = np.sort(np.array(values))[None, None]
    found = with_factors(before, FINE, [wide, narrow])
    assert (np.diff(found) >= 0).all()
    assert found[0, 0, 2] == before[0, 0, 2]


def test_bands_hold_new_rows_as_often_as_asked() -> None:
    random, covered = np.random.default_rng(4), []
    for _ in range(400):
        target = random.standard_t(3, (40, 1))  # the band of a standard normal distribution holds 0.70 of it
        quantiles = np.tile([[[-1.2816, 0.0, 1.2816]]], (40, 1, 1))
        factors = factors_of(target[:20], quantiles[:20], LEVELS)
        assert factors is not None
        low, _, high = np.moveaxis(with_factors(quantiles[20:], LEVELS, factors), 2, 0)
        covered.append(((low <= target[20:]) & (target[20:] <= high)).mean())
    assert np.mean(covered) == pytest.approx(17 / 21, abs=0.02)  # ceil(21 * 0.8) / 21


def test_windows_that_share_no_row_are_counted() -> None:
    assert windows_apart(np.arange(10), 3) == 4
    assert windows_apart(np.array([0, 5, 6, 7, 20]), 3) == 3
    assert windows_apart(np.array([7, 7, 1]), 1) == 2
    assert windows_apart(np.empty(0, np.int64), 3) == 0
