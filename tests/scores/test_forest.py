"""The permutation importance of a random forest."""

from __future__ import annotations

import numpy as np
import pytest

from dlpy.scores.forest import permutation_importance


def test_an_input_that_decides_is_all_that_matters() -> None:
    x = np.random.default_rng(0).random((300, 3))
    found = permutation_importance(x, x[:, 1])
    assert found.explained > 0.9
    assert found.shares.argmax() == 1
    assert found.shares[1] == pytest.approx(2, abs=0.3)  # shuffled against true values: twice the variance
    assert found.shares[[0, 2]].max() < 0.05


def test_noise_is_not_explained() -> None:
    rng = np.random.default_rng(1)
    found = permutation_importance(rng.random((100, 2)), rng.random(100))
    assert found.explained < 0.05


def test_a_missing_value_is_a_value_of_its_own() -> None:
    x = np.where(np.arange(60) % 2, np.nan, np.random.default_rng(2).random(60))[:, None]
    found = permutation_importance(x, np.isnan(x[:, 0]) * 1.0)
    assert found.explained == pytest.approx(1)
    assert found.shares[0] == pytest.approx(0, abs=1e-9)  # it is shuffled among the rows that have a value


def test_an_input_without_differences_does_not_matter() -> None:
    found = permutation_importance(np.ones((20, 1)), np.arange(20.0))
    assert found.shares.tolist() == [0.0]
