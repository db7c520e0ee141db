"""Coverage and calibration on 100 random splits of real data: what is promised of new rows has to hold there."""

import csv
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB

from dlpy.scores.calibration import calibration_error
from dlpy.scores.conformal import doubts, errors, limits, sets_within
from dlpy.scores.temperature import calibrated, fitted_temperature

pytestmark = pytest.mark.slow

SPLITS = 100


def splits(rows: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return the positions of training rows (half), held-out rows and test rows (a quarter each)."""
    orders = (np.random.default_rng(seed).permutation(rows) for seed in range(SPLITS))
    return [tuple(np.split(order, [rows // 2, 3 * rows // 4])) for order in orders]


def test_intervals_of_boston_cover_as_asked(real_data: Path) -> None:
    with (real_data / "boston.csv").open() as file:
        table = np.array(list(csv.reader(file))[1:], np.float64)
    x, y, covered = table[:, :-1], table[:, -1], []
    for train, held_out, test in splits(len(y)):
        model = Ridge().fit(x[train], y[train])
        own = limits(errors(y[held_out], model.predict(x[held_out])[:, None]), 0.9)
        covered.append(np.mean(errors(y[test], model.predict(x[test])[:, None]) <= own))
    assert np.mean(covered) == pytest.approx(0.9, abs=0.02)


def test_sets_of_digits_cover_as_asked_and_a_temperature_calibrates() -> None:
    x, y = load_digits(return_X_y=True)
    covered, before, after = [], [], []
    for train, held_out, test in splits(len(y)):
        model = GaussianNB(var_smoothing=1e-3).fit(x[train], y[train])
        known, new = model.predict_proba(x[held_out]), model.predict_proba(x[test])
        own = limits(doubts(y[held_out], known), 0.9)
        covered.append(np.mean(sets_within(new, own[0])[np.arange(len(test)), y[test]]))
        scaled = calibrated(y[test], new, fitted_temperature(y[held_out], known))
        assert (scaled.argmax(axis=1) == new.argmax(axis=1)).all()
        before.append(calibration_error(y[test], new))
        after.append(calibration_error(y[test], scaled))
    assert np.mean(covered) == pytest.approx(0.9, abs=0.02)
    assert np.mean(np.array(after) < before) > 0.95
    assert np.mean(after) < np.mean(before) / 2
