"""Scores in standard deviations, limits by validation errors, and agreement with known anomalies."""

import numpy as np
import pytest

from dlpy.anomalies.agreement import agreement_of
from dlpy.anomalies.limits import check_threshold, limits_for
from dlpy.core.errors import ConfigError, DataError


def test_scores_are_robust_standard_deviations_from_the_median() -> None:
    errors = np.array([[-1.0], [0], [1], [2], [900]])
    found = limits_for(errors, 0.8)
    assert (found.middle.tolist(), found.spread.tolist()) == ([1], [1.4826])  # median of 2, 1, 0, 1, 899 is 1
    assert found.scores(np.array([[1.0], [1 + 2 * 1.4826]])).tolist() == pytest.approx([0, 2])


def test_of_several_numbers_the_farthest_counts() -> None:
    found = limits_for(np.array([[-1.0, -10], [0, 0], [1, 10]] * 3), 0.5)
    assert found.scores(np.array([[0, 30 * 1.4826]])).tolist() == pytest.approx([3])


def test_the_limit_is_the_conformal_quantile() -> None:
    errors = np.arange(1.0, 100)[:, None]  # 99 rows: median 50, median absolute deviation 25
    found = limits_for(errors, 0.9)
    scores = np.sort(np.abs(errors[:, 0] - 50) / (1.4826 * 25))
    assert found.limit == pytest.approx(scores[89])  # rank (99 + 1) * 0.9


def test_new_rows_from_the_same_distribution_are_flagged_as_often_as_asked() -> None:
    random = np.random.default_rng(1)
    shares = []
    for _ in range(200):
        errors = random.standard_t(3, size=(300, 1))
        found = limits_for(errors[:200], 0.95)
        shares.append(float((found.scores(errors[200:]) > found.limit).mean()))
    assert np.mean(shares) <= 0.05 + 3 * np.std(shares) / np.sqrt(200)
    assert np.mean(shares) > 0.04


def test_too_few_rows_and_equal_errors_are_refused() -> None:
    with pytest.raises(DataError, match=r"--threshold 0\.99 needs at least 99 validation rows; this run has 98"):
        limits_for(np.arange(98.0)[:, None], 0.99)
    with pytest.raises(DataError, match="the same forecast error"):
        limits_for(np.zeros((200, 1)), 0.99)
    for wrong in (0, 1, 99, -0.5):
        with pytest.raises(ConfigError, match="expected a fraction between 0 and 1"):
            check_threshold(wrong)


def test_agreement_counts_rows_and_events() -> None:
    truth = np.array([0, 1, 1, 0, 1, 0, 1, 1], bool)
    flags = np.array([1, 0, 1, 0, 0, 0, 1, 0], bool)
    begins = np.array([1, 0, 0, 0, 0, 0, 0, 1], bool)  # the last row is of another series: an event of its own
    found = agreement_of(flags, truth, begins)
    assert (found.events, found.found) == (4, 2)
    assert (found.precision, found.recall, found.false_alarms) == pytest.approx((2 / 3, 2 / 5, 1 / 3))


def test_scores_without_rows_are_not_defined() -> None:
    nothing = agreement_of(np.zeros(3, bool), np.zeros(3, bool), np.array([True, False, False]))
    assert np.isnan([nothing.precision, nothing.recall]).all()
    assert nothing.false_alarms == 0
