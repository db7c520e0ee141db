"""The band of a ROC curve from resamples."""

import numpy as np
import pytest

from dlpy.scores.roc_band import roc_band

RNG = np.random.default_rng(3)


def test_the_band_of_noise_has_the_width_of_two_shares() -> None:
    positive, score = np.arange(4000) % 2 == 1, RNG.random(4000)
    band = roc_band(positive, score, np.arange(4000), 0.95)
    assert band is not None
    middle = np.flatnonzero(band.x == 0.5)[0]
    error = (0.25 / 2000 + 0.25 / 2000) ** 0.5  # of the true positive rate and, at slope 1, of the false positive rate
    assert band.high[middle] - band.low[middle] == pytest.approx(2 * 1.96 * error, rel=0.2)
    assert band.low[middle] < 0.5 < band.high[middle]


def test_separated_classes_have_no_band() -> None:
    band = roc_band(np.arange(20) >= 10, np.arange(20.0), np.arange(20), 0.95)
    assert band is not None
    assert (band.low.min(), band.high.max()) == (1, 1)


def test_copies_of_a_row_in_one_unit_say_no_more_than_the_row() -> None:
    positive, score = RNG.random(60) > 0.5, RNG.random(60)
    once = roc_band(positive, score, np.arange(60), 0.9)
    copied = roc_band(np.repeat(positive, 4), np.repeat(score, 4), np.repeat(np.arange(60), 4), 0.9)
    assert once is not None
    assert copied is not None
    assert copied.low == pytest.approx(once.low)
    assert copied.high == pytest.approx(once.high)


def test_rows_of_one_class_and_very_many_rows_have_none() -> None:
    assert roc_band(np.ones(5, bool), np.arange(5.0), np.arange(5), 0.95) is None
    many = np.arange(100_001)
    assert roc_band(many % 2 == 0, many / 2, many, 0.95) is None
