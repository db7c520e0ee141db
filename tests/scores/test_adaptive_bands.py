"""Bands that follow a series: factors worked out by hand, no look ahead, and coverage in a series that changes."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from dlpy.scores.adaptive_bands import Factors, Forecasts

ASKED = [0.8]


def all_at_once(windows: Forecasts, start: Sequence[float], asked: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors of each window, and those after all windows."""
    factors = Factors(start, asked)
    return factors.of(windows), factors.after()


def forecasts(scores: list[list[float]], series: list[int] | None = None, delay: int = 0) -> Forecasts:
    """Return the forecasts of consecutive windows with as many steps ahead as each has scores."""
    found = np.array(scores, float)
    origin = np.arange(len(found))
    rows = origin[:, None] + delay + np.arange(found.shape[1])
    return Forecasts(found[:, :, None], origin, rows, np.array(series or [0] * len(found)))


def steps(start: float, *moves: float) -> list[float]:
    """Return the factors after moves of the logarithm, given in hundredths."""
    return (start * np.exp(0.01 * np.cumsum([0.0, *moves]))).tolist()


def test_a_miss_widens_the_next_band_and_a_truth_inside_narrows_it() -> None:
    factors, after = all_at_once(forecasts([[5.0], [0.5], [0.5]]), [2.0], ASKED)
    assert factors[:, 0].tolist() == pytest.approx(steps(2.0, 8, -2))  # 10 * (1 - 0.2), then 10 * (0 - 0.2)
    assert after.tolist() == pytest.approx([steps(2.0, 8, -2, -2)[-1]])


def test_a_row_is_known_behind_it_and_its_forecasts_share_one_lesson() -> None:
    # row 0 is forecast by window 0; row 1 by windows 0 (missed) and 1 (inside): 5 * (0.8 - 0.2)
    factors, _ = all_at_once(forecasts([[0.1, 9.0], [0.1, 0.1], [0.1, 0.1]]), [1.0], ASKED)
    assert factors[:, 0].tolist() == pytest.approx(steps(1.0, -1, 3))


def test_rows_between_a_window_and_its_target_delay_what_is_learned() -> None:
    factors, _ = all_at_once(forecasts([[9.0], [9.0], [9.0], [9.0]], delay=2), [1.0], ASKED)
    assert factors[:, 0].tolist() == pytest.approx(steps(1.0, 0, 0, 8))


def test_errors_that_are_known_late_move_less() -> None:
    factors, _ = all_at_once(forecasts([[9.0], [9.0], [9.0]], delay=1), [1.0], ASKED)
    assert factors[2, 0] == pytest.approx(np.exp(0.08))
    factors, _ = all_at_once(forecasts([[9.0]] * 18, delay=15), [1.0], ASKED)
    assert factors[16, 0] == pytest.approx(np.exp(1.5 / 16 * 0.8))  # known 16 rows after the origin


def test_missing_truths_teach_nothing() -> None:
    factors, after = all_at_once(forecasts([[9.0], [np.nan], [np.nan]]), [1.0], ASKED)
    assert factors[:, 0].tolist() == pytest.approx(steps(1.0, 8, 0))
    assert after.tolist() == pytest.approx([np.exp(0.08)])


def test_each_series_has_a_factor_of_its_own_and_the_last_is_their_geometric_mean() -> None:
    factors, after = all_at_once(forecasts([[9.0], [0.1], [9.0], [0.1]], series=[0, 1, 0, 1]), [1.0], ASKED)
    assert factors[:, 0].tolist() == pytest.approx([1.0, 1.0, np.exp(0.08), np.exp(-0.02)])
    assert after.tolist() == pytest.approx([np.exp((0.16 - 0.04) / 2)])


def test_several_bands_change_apart() -> None:
    pair = Forecasts(np.array([[[1.5, 3.0]], [[0.0, 0.0]]]), np.arange(2), np.arange(2)[:, None], np.zeros(2, int))
    factors, _ = all_at_once(pair, [2.0, 1.0], [0.9, 0.5])
    assert factors[1].tolist() == pytest.approx([2 * np.exp(-0.01), np.exp(0.05)])


def test_factors_stay_within_limits() -> None:
    always = forecasts([[1e9]] * 100)
    assert all_at_once(always, [1.0], ASKED)[1].tolist() == pytest.approx([10.0])
    never = forecasts([[0.0]] * 300)
    assert all_at_once(never, [1.0], ASKED)[1].tolist() == pytest.approx([0.1])


@given(
    some.lists(some.lists(some.floats(0, 5) | some.just(np.nan), min_size=3, max_size=3), min_size=2, max_size=30),
    some.integers(0, 29),
    some.randoms(use_true_random=False),
)
def test_a_truth_changes_no_band_of_an_origin_before_it(scores: list, first: int, random) -> None:
    """All scores of rows from `first` on change; bands of origins up to it do not, in any order of the windows."""
    before = forecasts(scores)
    changed = before.scores.copy()
    changed[before.rows >= first] = random.uniform(0, 9)
    order = np.array(random.sample(range(len(scores)), len(scores)))
    after = Forecasts(changed, before.origin, before.rows, before.series).of(order)
    one, two = (all_at_once(these, [1.3], ASKED)[0] for these in (before, after))
    np.testing.assert_array_equal(one[order][order <= first], two[order <= first])


def test_coverage_is_as_asked_in_a_series_that_becomes_three_times_as_restless() -> None:
    random = np.random.default_rng(2)
    spread = np.where(np.arange(1200) < 600, 1.0, 3.0)
    scores = np.abs(random.normal(size=1200)) * spread / 1.2816  # distances of a band of 80 % of the first half
    factors, _ = all_at_once(forecasts(scores[:, None].tolist()), [1.0], ASKED)
    held = scores <= factors[:, 0]
    assert np.mean(scores[600:] <= 1.0) < 0.4
    assert np.mean(held[:600]) == pytest.approx(0.8, abs=0.02)
    assert np.mean(held[600:]) == pytest.approx(0.8, abs=0.03)
