"""Intervals are SciPy's (at the level that dlpy widens them to), tests are those of statsmodels, and both cover."""

import math

import numpy as np
import pytest

from dlpy.scores.bootstrap import Sample, Scored, difference, over_models, sampled, total
from dlpy.scores.intervals import corrected_resampled_t, difference_of_shares, holm, interval_of, mcnemar, p_value
from dlpy.scores.weighted_scores import mean_of
from tests.benchmarks import intervals as simulated

SKEWED = np.array([1, 2, 2, 3, 4, 6, 9, 14, 20, 35.0])


def samples(*values: np.ndarray, resamples: int = 2000) -> list[Sample]:
    rows = len(values[0])
    return sampled([Scored(mean_of(one), np.arange(rows)) for one in values], rows, resamples=resamples)


def test_the_interval_is_that_of_bca_at_a_level_widened_for_few_rows() -> None:
    (sample,) = samples(SKEWED, resamples=50_000)
    found = interval_of(sample)
    assert found.value == 9.6
    assert (found.low, found.high) == pytest.approx((4.2, 21.1), rel=0.02)  # scipy.stats.bootstrap at 98.29 %


def test_the_same_rows_give_the_same_bits() -> None:
    first, second = (interval_of(samples(SKEWED)[0]) for _ in range(2))
    assert first == second


def test_a_share_of_all_rows_has_the_exact_interval() -> None:
    (sample,) = samples(np.ones(20, bool))
    found = interval_of(sample)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.8315665290169146)  # statsmodels: proportion_confint(20, 20, method="beta")
    (sample,) = samples(np.zeros(20, bool))
    assert interval_of(sample).high == pytest.approx(0.16843347098308536)


def test_equal_errors_have_no_interval_but_equal_predictions_no_difference() -> None:
    (sample,) = samples(np.full(20, 0.5))
    assert math.isnan(interval_of(sample).low)
    one, other = samples(SKEWED, SKEWED)
    assert (interval_of(one - other).low, interval_of(one - other).high, p_value(one - other)) == (0, 0, 1)


def test_p_is_the_level_at_which_the_interval_reaches_0() -> None:
    rng = np.random.default_rng(0)
    one, other = samples(rng.normal(size=80), rng.normal(0.5, size=80))
    p = p_value(one - other)
    assert 0.001 < p < 0.5
    found = interval_of(one - other, 1 - p)
    assert min(abs(found.low), abs(found.high)) < 0.02


def test_a_difference_is_paired() -> None:
    rng = np.random.default_rng(0)
    hard = rng.exponential(size=200)
    one, other = samples(hard, hard + 0.1 + 0.05 * rng.normal(size=200))
    apart = interval_of(other - one)
    assert 0.08 < apart.low < apart.high < 0.12
    assert interval_of(one).high > interval_of(other).low


def test_groups_of_rows_are_resampled_together() -> None:
    values = np.repeat(np.random.default_rng(0).normal(size=30), 10)
    (by_row,) = sampled([Scored(mean_of(values), np.arange(300))], 300)
    (by_group,) = sampled([Scored(mean_of(values), np.arange(300) // 10)], 30)
    assert by_group.draws.std() == pytest.approx(math.sqrt(10) * by_row.draws.std(), rel=0.1)
    assert by_group.size == 30


def test_models_that_differ_more_than_their_rows_explain_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=400)
    alike = samples(*(rows + 0.01 * rng.normal(size=400) for _ in range(3)))
    apart = samples(rows - 1, rows, rows + 1)
    assert over_models(apart).value == pytest.approx(rows.mean())
    narrow, wide = interval_of(over_models(alike)), interval_of(over_models(apart))
    assert narrow.high - narrow.low < 0.21
    assert wide.high - wide.low == pytest.approx(2 * 4.303 / math.sqrt(3), rel=0.1)  # t of 2 degrees of freedom


def test_what_folds_do_to_both_sides_cancels() -> None:
    rng = np.random.default_rng(0)
    easy, hard = rng.normal(size=100), rng.normal(3, size=100)
    places = [np.arange(100), np.arange(100, 200)]
    models = [Scored(mean_of(values), place) for values, place in zip((easy, hard), places, strict=True)]
    shifted = [Scored(mean_of(values + 0.5), place) for values, place in zip((easy, hard), places, strict=True)]
    drawn = sampled([*models, *shifted], 200)
    one, other = [drawn[:2]], [drawn[2:]]
    assert difference(other, one, same_folds=True).draws.std() < 1e-9
    assert difference(other, one, same_folds=False).draws.std() > 1
    assert total(one).value == pytest.approx((easy.mean() + hard.mean()) / 2)


def test_mcnemar() -> None:
    right = np.array([True] * 12 + [False] * 3 + [True] * 85)
    other = np.array([False] * 12 + [True] * 3 + [True] * 85)
    assert mcnemar(right, other) == (12, 3, pytest.approx(0.03515625))
    many = np.arange(1300) < 700
    assert mcnemar(many, ~many) == (700, 600, pytest.approx(0.006036981097798615))  # with continuity correction


def test_five_rows_that_agree_are_no_proof() -> None:
    first, second = np.arange(200) >= 5, np.ones(200, bool)
    found = difference_of_shares(first, second)
    assert (found.value, found.low, found.high) == pytest.approx((0.025, -0.000691, 0.050196), abs=1e-6)
    one, other = samples(first, second)
    assert p_value(other - one) == 0.0625


def test_holm() -> None:
    assert holm([0.01, 0.04, math.nan, 0.03, 0.005]) == pytest.approx([0.03, 0.06, math.nan, 0.06, 0.02], nan_ok=True)


def test_the_corrected_resampled_t() -> None:
    found = corrected_resampled_t(np.array([0.8, 0.82, 0.79, 0.85, 0.81]), 1 / 4)
    assert (found.value, found.low, found.high) == pytest.approx((0.814, 0.7711221221351948, 0.8568778778648053))


@pytest.mark.parametrize("of", [simulated.accuracy, simulated.auc, simulated.mae])
def test_intervals_hold_the_true_score(of) -> None:
    assert 0.85 <= simulated.share(of, 60) <= 1  # of 1,000 tasks 0.94 to 0.95, see the benchmark


def test_a_comparison_sees_what_is_there_and_not_what_is_not() -> None:
    assert simulated.share(lambda rng: simulated.errors_apart(rng, 0), 60) <= 0.1
    assert simulated.share(lambda rng: simulated.errors_apart(rng, 4), 40) >= 0.9
