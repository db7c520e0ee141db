"""Expected values are SciPy's."""

import pytest

from dlpy.scores.distributions import sign_test, t_below, t_quantile


@pytest.mark.parametrize(
    ("probability", "freedom", "quantile"),
    [(0.975, 4, 2.7764451051977934), (0.9, 1, 3.0776835371752544), (0.025, 30.5, -2.0408694451863205)],
)
def test_quantiles_of_t(probability: float, freedom: float, quantile: float) -> None:
    assert t_quantile(probability, freedom) == pytest.approx(quantile, rel=1e-12)


@pytest.mark.parametrize(
    ("value", "freedom", "probability"),
    [(2, 7.5, 0.9585515023509168), (-1, 3, 0.19550110947788524), (40, 2, 0.9996877926639076)],
)
def test_probabilities_of_t(value: float, freedom: float, probability: float) -> None:
    assert t_below(value, freedom) == pytest.approx(probability, rel=1e-12)


def test_t_is_symmetric_and_ends_at_0_and_1() -> None:
    assert t_below(0, 5) == pytest.approx(0.5)
    assert (t_below(float("-inf"), 5), t_below(float("inf"), 5)) == (0, 1)


@pytest.mark.parametrize(
    ("first", "second", "p"), [(3, 12, 0.03515625), (0, 5, 0.0625), (400, 460, 0.04416954819458914), (7, 7, 1.0)]
)
def test_the_sign_test_is_exact(first: int, second: int, p: float) -> None:
    assert sign_test(first, second) == sign_test(second, first) == pytest.approx(p, rel=1e-9)
