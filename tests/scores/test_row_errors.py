import numpy as np
import pytest
from scipy.stats import spearmanr

from dlpy.scores.row_errors import absolute_errors, cross_entropies, label_cross_entropies, rank_correlation


def test_absolute_errors_of_several_numbers_are_averaged():
    assert absolute_errors(np.array([1.0, 2.0]), np.array([[3.0], [2.5]])).tolist() == [2, 0.5]
    assert absolute_errors(np.array([[1.0, 2.0]]), np.array([[3.0, 3.0]])).tolist() == [1.5]


def test_cross_entropies_are_those_of_the_true_class_and_finite():
    probability = np.array([[0.25, 0.75], [1.0, 0.0]])
    assert cross_entropies(np.array([0, 1]), probability) == pytest.approx([np.log(4), 7 * np.log(10)])
    labels = np.array([[1, 0], [1, 1]])
    assert label_cross_entropies(labels, np.array([[0.5, 0.5], [0.25, 1.0]])) == pytest.approx([np.log(2), np.log(2)])


@pytest.mark.parametrize("values", [5, 1000])
def test_rank_correlation_is_that_of_scipy_with_and_without_ties(values):
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, values, 200), rng.integers(0, values, 200)
    assert rank_correlation(first, first + second) == pytest.approx(spearmanr(first, first + second).statistic)


def test_rank_correlation_of_constant_or_single_numbers_is_undefined():
    assert np.isnan(rank_correlation(np.array([1.0, 1.0]), np.array([1.0, 2.0])))
    assert np.isnan(rank_correlation(np.array([1.0]), np.array([1.0])))
    assert rank_correlation(np.array([1.0, 5.0]), np.array([7.0, 2.0])) == -1
