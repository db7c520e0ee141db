"""The quantiles of the normal distribution, without SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np

Polynomials = tuple[tuple[float, ...], tuple[float, ...]]

_CENTRE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457, 13731.693765509461125,
     1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867, 5394.1960214247511077,
     687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
_SHOULDER = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
     3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
     0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0),
)  # fmt: skip
_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
     0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
     0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0),
)  # fmt: skip


def normal_quantiles(probabilities: np.ndarray) -> np.ndarray:
    """Return the numbers below which a standard normal variable lies with these probabilities, strictly in (0, 1).

    The result has the same shape, is NaN where a probability is, and is accurate to about 1e-15, relatively.

    Source: Wichura 1988, algorithm AS 241 (PPND16), Applied Statistics 37, 477-484.
    """
    distance = probabilities - 0.5
    with np.errstate(invalid="ignore"):
        root = np.sqrt(-np.log(np.minimum(probabilities, 1 - probabilities)))
    outside = np.where(root <= 5, _ratio(_SHOULDER, root - 1.6), _ratio(_TAIL, root - 5))
    inside = distance * _ratio(_CENTRE, 0.180625 - np.square(distance))
    return np.where(np.abs(distance) <= 0.425, inside, np.copysign(outside, distance))


def normal_quantiles_in_graph(below: Any, above: Any, unit: float, least: float) -> Any:
    """Return the same by operations of Keras, NaN where `below` is.

    Args:
        below: the probabilities in parts of `unit`, float32.
        above: those of the other side, which float32 would not hold as 1 minus `below`.
        unit: what both are multiples of.
        least: the probability at which both sides are cut off.
    """
    from keras import ops

    one = np.float32(unit)
    smaller = ops.maximum(ops.multiply(ops.minimum(below, above), one), np.float32(least))
    distance = ops.multiply(ops.subtract(below, above), np.float32(unit / 2))
    root = ops.sqrt(ops.negative(ops.log(smaller)))
    inside = ops.multiply(distance, _ratio_in_graph(_CENTRE, ops.subtract(0.180625, ops.square(distance))))
    outside = ops.multiply(_ratio_in_graph(_SHOULDER, ops.subtract(root, 1.6)), ops.sign(distance))
    return ops.where(ops.less(ops.abs(distance), 0.425), inside, outside)


def _ratio_in_graph(polynomials: Polynomials, x: Any) -> Any:
    from keras import ops

    found: list[Any] = []
    for first, *others in polynomials:
        value: Any = np.float32(first)
        for factor in others:
            value = ops.add(ops.multiply(x, value), np.float32(factor))
        found.append(value)
    return ops.divide(found[0], found[1])


def _ratio(polynomials: Polynomials, x: np.ndarray) -> np.ndarray:
    above, below = polynomials
    return np.polyval(above, x) / np.polyval(below, x)
