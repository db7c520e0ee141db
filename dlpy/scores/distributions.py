"""Tails and quantiles of the distributions that intervals and tests need, without SciPy."""

from __future__ import annotations

import math
from statistics import NormalDist

NORMAL = NormalDist()
_TINY = 1e-300
_MOST_TERMS = 500


def t_below(value: float, freedom: float) -> float:
    """Return the probability that Student's t with these degrees of freedom is at most `value`."""
    if math.isinf(value):
        return float(value > 0)
    tail = 0.5 * _incomplete_beta(freedom / (freedom + value * value), freedom / 2, 0.5)
    return 1 - tail if value > 0 else tail


def t_quantile(probability: float, freedom: float) -> float:
    """Return the value that Student's t with these degrees of freedom is below with a probability in (0, 1)."""
    if probability < 0.5:
        return -t_quantile(1 - probability, freedom)
    low, high = 0.0, 1.0
    while t_below(high, freedom) < probability:
        low, high = high, high * 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if t_below(middle, freedom) < probability else (low, middle)
    return (low + high) / 2


def sign_test(first: int, second: int) -> float:
    """Return the exact two-sided p-value of two counts that are equally probable: a binomial test of one half."""
    total, least = first + second, min(first, second)
    if first == second:
        return 1.0
    logs = (math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1) for k in range(least + 1))
    return min(1.0, 2 * math.fsum(math.exp(log - total * math.log(2)) for log in logs))


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularized incomplete beta function.

    Source: its continued fraction by Lentz' method, Press et al. 2007, Numerical Recipes, 6.4.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log) * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of the incomplete beta function."""
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        step = 1.0
        for term in (even, odd):
            d, c = 1 / _away(1 + term * d), _away(1 + term / c)
            step = c * d
            value *= step
        if abs(step - 1) < 1e-15:
            break
    return value


def _away(number: float) -> float:
    """Return a number, or a tiny one in place of 0."""
    return number if abs(number) > _TINY else _TINY
