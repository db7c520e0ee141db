import numpy as np
import pytest

from dlpy.stand_ins.pump import CLEAN, HOURS, pump


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_best_forecast_finds_all_anomalies_at_one_false_alarm_in_a_hundred(seed: int) -> None:
    made = pump(seed)
    usual = ~made.is_anomaly & ~np.concatenate([[False], made.is_anomaly[:-1]])
    flags = np.abs(made.best_errors) > 2.576  # 1 % of a normal distribution
    assert flags[usual].mean() == pytest.approx(0.01, abs=0.004)
    starts = np.flatnonzero(made.is_anomaly & ~np.concatenate([[False], made.is_anomaly[:-1]]))
    assert len(starts) == 20
    assert flags[starts].all()
    assert starts.min() > CLEAN * HOURS


def test_the_best_errors_are_what_the_hours_before_do_not_tell() -> None:
    made = pump(3)
    hours = np.arange(HOURS)
    cycle = 4 * np.sin(2 * np.pi * hours / 24) + 2 * np.cos(4 * np.pi * hours / 24)
    deviation = made.pressure - 50 - cycle
    assert deviation[1:] - 0.7 * deviation[:-1] == pytest.approx(made.best_errors[1:], abs=1e-9)
    assert np.abs(made.best_errors[~made.is_anomaly]).mean() == pytest.approx(0.8, abs=0.05)  # sqrt(2 / pi)
