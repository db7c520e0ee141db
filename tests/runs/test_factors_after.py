"""Factors that later rows of a series begin with: no truth that is unknown when they are forecast counts."""

import numpy as np
import pytest

from dlpy.data.task import Output
from dlpy.runs.adapted_bands import factors_after
from dlpy.runs.predictions import Stored


def _stored(truths: list[float], delay: int, series: list[str] | None = None) -> Stored:
    """Return the forecasts -1, 0 and 1 of consecutive rows, each made this many rows before its target."""
    count = len(truths)
    index, quantiles = np.arange(count) + delay, np.tile(np.array([-1.0, 0.0, 1.0]), (count, 1, 1))
    output = Output("regression", 3, quantiles=(0.1, 0.5, 0.9))
    return Stored(
        "validation", np.array(truths)[:, None], quantiles[:, :, 1], index, quantiles=quantiles, of=output,
        origin=np.arange(count), series=None if series is None else np.array(series),
    )  # fmt: skip


def test_the_next_row_is_forecast_before_the_last_truths_are_known() -> None:
    # row 9 is forecast at origin 7, when the truths of rows 2 to 6 are known: five misses, each 0.1 * 0.8
    inside, outside = ([5.0] * 5 + last for last in ([0.0, 0.0], [5.0, 5.0]))
    assert factors_after(_stored(inside, delay=2)) == pytest.approx([np.exp(0.4)])
    assert factors_after(_stored(outside, delay=2)) == pytest.approx([np.exp(0.4)])


def test_without_a_delay_all_truths_are_known() -> None:
    assert factors_after(_stored([5.0] * 5 + [0.0, 0.0], delay=0)) == pytest.approx([np.exp(0.4 - 0.04)])


def test_each_series_ends_at_its_own_row() -> None:
    # the last truth of each series is unknown: 0.08 of the first, 0.16 of the second
    stored = _stored([5.0, 5.0, 5.0, 5.0, 5.0], delay=1, series=["a", "a", "b", "b", "b"])
    assert factors_after(stored) == pytest.approx([np.exp((0.08 + 0.16) / 2)])


def test_truths_that_are_all_unknown_teach_nothing() -> None:
    assert factors_after(_stored([5.0, 5.0], delay=2)) == pytest.approx([1.0])
