"""Tests of options by linear models, with scores worked out by hand or by scikit-learn."""

import numpy as np
import pytest

from dlpy.starter.linear_tests import log_errors, skewness, weighting_scores


def test_the_skewness_is_the_third_standardized_moment() -> None:
    assert skewness(np.array([1.0, 2.0, 3.0])) == pytest.approx(0, abs=1e-12)
    assert skewness(np.array([0.0, 0.0, 3.0])) == pytest.approx(0.7071068)  # scipy.stats.skew
    assert skewness(np.array([4.0, 4.0])) == 0


def test_a_target_whose_logarithm_is_linear_is_predicted_better_by_it() -> None:
    x = np.linspace(-2, 2, 100)[:, None]
    plain, logged = log_errors(x, np.exp(2 * x[:, 0]), 0.0)
    assert logged > 0.99
    assert plain < 0.75
    plain, logged = log_errors(x, 10 + x[:, 0], 0.0)
    assert plain > 0.999
    assert logged < plain


def test_a_prediction_is_no_further_from_the_training_targets_than_a_factor_of_e() -> None:
    x = np.append(np.linspace(0, 1, 59), 50.0)[:, None]
    _, logged = log_errors(x, np.exp(np.append(np.linspace(0, 1, 59), 1.0)), 0.0)
    assert np.isfinite(logged)


def test_too_few_rows_and_too_many_columns_decide_nothing() -> None:
    assert log_errors(np.zeros((19, 1)), np.ones(19), 0.0) is None
    assert weighting_scores(np.zeros((100, 301)), np.arange(100) % 10 == 0) is None


def test_class_weights_find_rows_of_a_rare_class_at_the_cost_of_accuracy() -> None:
    rng = np.random.default_rng(3)
    rare = np.arange(2_000) % 20 == 0
    x = rng.normal(size=(2_000, 1)) + 1.0 * rare[:, None]
    (f1_plain, plain), (f1_weighted, weighted) = weighting_scores(x, rare)
    assert f1_plain < 0.05
    assert plain == pytest.approx(0.95, abs=0.005)  # as good as never predicting it
    assert f1_weighted > 0.15
    assert weighted < 0.75


def test_a_class_that_the_features_tell_needs_no_weights() -> None:
    x = np.linspace(-1, 1, 200)[:, None]
    (f1_plain, plain), _ = weighting_scores(x, x[:, 0] > 0.7)
    assert f1_plain > 0.9
    assert plain > 0.97
