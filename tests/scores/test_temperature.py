import numpy as np
import pytest

from dlpy.scores.calibration import calibration_error
from dlpy.scores.temperature import HIGHEST, LOWEST, calibrated, cross_calibrated, fitted_temperature, scaled

TWO = np.array([0.9, 0.8, 0.7, 0.95, 0.2, 0.6, 0.3, 0.99])[:, None]
OF_TWO = np.array([1, 0, 1, 1, 0, 0, 1, 1])
THREE = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4], [0.05, 0.05, 0.9], [0.6, 0.3, 0.1]])
OF_THREE = np.array([0, 1, 0, 2, 1])


def test_temperatures_are_those_that_scipy_finds() -> None:
    """By scipy.optimize.minimize_scalar on scikit-learn's log_loss."""
    assert fitted_temperature(OF_TWO, TWO) == pytest.approx(1.5497456, rel=1e-6)
    assert fitted_temperature(OF_THREE, THREE) == pytest.approx(0.6964715, rel=1e-6)


def test_probabilities_at_a_temperature_are_those_worked_out_by_hand() -> None:
    two = scaled(np.array([[0.8]]), 2, apart=True)  # odds of 4: their square root is 2
    assert two == pytest.approx(np.array([[2 / 3]]))
    three = scaled(np.array([[0.64, 0.32, 0.04]]), 2, apart=False)  # square roots: 0.8, 0.5657, 0.2
    total = 0.8 + 0.32**0.5 + 0.2
    assert three == pytest.approx(np.array([[0.8, 0.32**0.5, 0.2]]) / total)
    assert scaled(np.array([[0.5]]), 7, apart=True) == 0.5


@pytest.mark.parametrize("temperature", [LOWEST, 0.3, 1.0, 2.5, HIGHEST])
def test_predicted_classes_and_the_order_of_two_classes_stay(temperature: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2000, 5)) * 4
    several = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32)
    after = scaled(several, temperature, apart=False)
    assert (after.argmax(axis=1) == several.argmax(axis=1)).all()
    near = np.nextafter(np.float32(0.5), np.array([0, 1], np.float32))
    one = np.concatenate([1 / (1 + np.exp(-rng.normal(size=500) * 3)), [0, 0.5, 1], near]).astype(np.float32)[:, None]
    assert ((scaled(one, temperature, apart=True) > 0.5) == (one > 0.5)).all()


def test_a_model_that_is_too_sure_gets_its_own_temperature_back() -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(size=(4000, 4)) * 2
    right = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    target = (right.cumsum(axis=1) < rng.random((4000, 1))).sum(axis=1)
    sure = scaled(right, 1 / 3, apart=False)
    temperature = fitted_temperature(target, sure)
    assert temperature == pytest.approx(3, rel=0.05)
    before, after = calibration_error(target, sure), calibration_error(target, calibrated(target, sure, temperature))
    assert after < 0.03 < 0.15 < before


def test_cross_fitted_probabilities_of_a_row_do_not_depend_on_its_own_class() -> None:
    rng = np.random.default_rng(4)
    prediction, target = rng.uniform(0.05, 0.95, (60, 1)), rng.integers(0, 2, 60)
    before = cross_calibrated(target, prediction)
    for row in (0, 17, 59):
        other = target.copy()
        other[row] = 1 - other[row]
        assert cross_calibrated(other, prediction)[row] == before[row]


def test_rows_that_are_all_right_have_the_lowest_temperature() -> None:
    assert fitted_temperature(np.array([1, 0]), np.array([[0.9], [0.1]])) == LOWEST


def test_rows_that_contradict_the_model_have_the_highest_temperature() -> None:
    assert fitted_temperature(np.array([1, 0]), np.array([[0.1], [0.9]])) == HIGHEST
