"""The generated screening: how many are ill, and the best possible scores."""

import numpy as np
import pytest

from dlpy.scores.class_scores import area_under_roc
from dlpy.stand_ins.screening import screening, true_probability


def test_the_best_possible_scores_are_those_of_the_docstring() -> None:
    x, ill = screening(1, 0, 400_000)
    probability = true_probability(x)
    assert ill.mean() == 0.05
    assert probability.mean() == pytest.approx(0.05, abs=0.001)
    assert area_under_roc(ill == 1, probability) == pytest.approx(0.910, abs=0.002)
    assert -np.where(ill == 1, np.log(probability), np.log1p(-probability)).mean() == pytest.approx(0.124, abs=0.001)


def test_true_probabilities_are_those_of_bayes_rule() -> None:
    x = np.zeros((1, 8))
    x[0, 0] = 0.45  # halfway between the means 0 and 0.9: this measurement says nothing
    other = np.exp(-0.5 * (0.8**2 + 0.7**2 + 0.5**2)) / (1.8 * 0.5)
    assert true_probability(x) == pytest.approx([0.05 * other / (0.05 * other + 0.95)])
