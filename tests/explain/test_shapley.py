from math import isnan

import numpy as np
import pytest

from dlpy.explain.shapley import Predict, shapley

POOL = np.array(
    [[1.0, 0.0, 2.0, 5.0], [3.0, 4.0, 0.0, 5.0], [2.0, 2.0, 1.0, 5.0], [5.0, 1.0, 3.0, 5.0]]
)  # last: explained
COLUMNS = np.arange(4)


def of_pool(function) -> Predict:
    """A prediction from the cells of the pool."""
    return lambda positions: function(POOL[positions, COLUMNS])


def test_values_of_an_additive_model_are_its_terms_minus_their_means() -> None:
    found = shapley(of_pool(lambda x: 2 * x[:, 0] - x[:, 1] ** 2 + 7), 3, 4, pairs=5, seed=1)
    # 2 * (5 - 2) = 6; -(1 - 20 / 3) = 17 / 3
    assert found.values.tolist() == pytest.approx([6, 17 / 3, 0, 0], abs=1e-12)
    assert (found.mean, found.prediction) == (pytest.approx(11 - 20 / 3), 16)


def test_a_product_is_shared_by_its_columns_as_the_formula_says() -> None:
    found = shapley(of_pool(lambda x: x[:, 0] * x[:, 2]), 3, 4, pairs=3, seed=0)
    # for a background (a, c): half of (5 - a) * c + (5 - a) * 3 is column 0's, half of (3 - c) * a + (3 - c) * 5 column 2's
    first = np.mean([(5 - a) * (c + 3) / 2 for a, c in ((1, 2), (3, 0), (2, 1))])
    third = np.mean([(3 - c) * (a + 5) / 2 for a, c in ((1, 2), (3, 0), (2, 1))])
    # an order and its reverse hold both orders of two columns, so that two columns need no luck
    assert found.values.tolist() == pytest.approx([first, 0, third, 0], abs=1e-12)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_contributions_sum_to_the_difference_of_the_predictions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights, pool = rng.normal(size=(6, 9)), rng.normal(size=(11, 6))

    def predict(positions: np.ndarray) -> np.ndarray:
        return np.tanh(pool[positions, np.arange(6)] @ weights).prod(axis=1) * 100

    found = shapley(predict, 10, 6, pairs=25, seed=seed)
    assert found.values.sum() == pytest.approx(found.prediction - found.mean, abs=1e-9)
    assert found.mean == pytest.approx(float(predict(np.repeat(np.arange(10)[:, None], 6, axis=1)).mean()))


def test_the_standard_error_is_that_of_the_mean_over_the_orders() -> None:
    found = shapley(of_pool(lambda x: x[:, 0]), 3, 4, pairs=1, seed=0)
    # one order for each background row: effects 4, 2, 3 have a deviation of 1
    assert found.values[0] == 3
    assert found.errors.tolist() == pytest.approx([1 / np.sqrt(3), 0, 0, 0])
    assert isnan(shapley(lambda positions: positions[:, 0].astype(float), 1, 4, pairs=1, seed=0).errors[0])
