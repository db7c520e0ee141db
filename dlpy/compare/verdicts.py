"""What differences and their intervals say, in words."""

from __future__ import annotations

import math

from dlpy.scores.intervals import LEVEL, Interval


def verdict_of(difference: Interval, p: float, corrected: float, *, smaller: bool, by_seed: bool = False) -> str:
    """Return whether a run is better than the one it is compared with: "better by 0.012 (0.003 to 0.021)".

    Args:
        difference: of their scores.
        p, corrected: the p-value, and the one corrected for the number of comparisons, which decides.
        smaller: whether a smaller score is better.
        by_seed: whether the two are one experiment with other seeds: then a difference of the models is chance.
    """
    if math.isnan(difference.value) or math.isnan(p):
        return "cannot be compared: undefined, or the same in all resamples"
    low, high = difference.low, difference.high
    if difference.value == low == high == 0:
        return "the same in every row"
    if corrected > 1 - LEVEL:
        after = "" if p > 1 - LEVEL else " after the correction"
        return f"no difference can be seen{after} ({low:+.4f} to {high:+.4f})"
    is_better = (difference.value < 0) == smaller
    ends = sorted((abs(low), abs(high)))
    seen = f"{'better' if is_better else 'worse'} by {abs(difference.value):.4f} ({ends[0]:.4f} to {ends[1]:.4f})"
    return f"no difference of experiments: another seed was {seen}" if by_seed else seen
