import numpy as np
import pytest

from dlpy.artworks.minimizers import Adam, Lbfgs


def rosenbrock(place: np.ndarray) -> tuple[float, np.ndarray]:
    x, y = place
    slope = [-400 * x * (y - x**2) - 2 * (1 - x), 200 * (y - x**2)]
    return float(100 * (y - x**2) ** 2 + (1 - x) ** 2), np.array(slope)


def stretched(place: np.ndarray) -> tuple[float, np.ndarray]:
    """A bowl a thousand times steeper one way than another, deepest at 0, 1, 2, ..."""
    steep, away = np.logspace(0, 3, len(place)), place - np.arange(len(place))
    return float(steep @ away**2) / 2, steep * away


def test_lbfgs_finds_the_bottom_of_rosenbrocks_valley() -> None:
    minimizer = Lbfgs(rosenbrock, np.array([-1.2, 1.0]))
    minimizer.advance(80)
    np.testing.assert_allclose(minimizer.place, [1, 1], atol=1e-6)


def test_lbfgs_finds_the_bottom_of_a_stretched_bowl_in_hundreds_of_evaluations() -> None:
    minimizer = Lbfgs(stretched, np.full(50, 7.0))
    minimizer.advance(400)
    np.testing.assert_allclose(minimizer.place, np.arange(50), atol=1e-4)


def test_what_lbfgs_has_learnt_is_kept_between_calls() -> None:
    whole, parts = Lbfgs(stretched, np.full(50, 7.0)), Lbfgs(stretched, np.full(50, 7.0))
    whole.advance(60)
    values = [parts.value]
    for _ in range(6):
        parts.advance(10)
        values.append(parts.value)
    assert values == sorted(values, reverse=True)
    assert values[-1] < 1e-3 * values[0]
    assert parts.value < 10 * whole.value + 1e-9


def test_lbfgs_computes_the_function_no_more_often_than_it_may_and_never_goes_up() -> None:
    asked = []

    def walled(place: np.ndarray) -> tuple[float, np.ndarray]:
        asked.append(place.copy())
        if abs(place[0]) > 3:
            return float("nan"), np.full(1, np.nan)
        return float(np.abs(place[0]) ** 1.5), 1.5 * np.sign(place) * np.abs(place) ** 0.5

    minimizer = Lbfgs(walled, np.array([2.9]))
    for count in (1, 2, 7):
        before, value = len(asked), minimizer.value
        minimizer.advance(count)
        assert len(asked) - before <= count
        assert minimizer.value <= value
    assert abs(minimizer.place[0]) < 1


def test_at_the_bottom_nothing_is_done() -> None:
    minimizer = Lbfgs(stretched, np.arange(5.0))
    minimizer.advance(20)
    np.testing.assert_array_equal(minimizer.place, np.arange(5.0))


def test_adam_takes_steps_of_its_rate() -> None:
    minimizer = Adam(stretched, np.full(3, 7.0), 0.5)
    minimizer.advance(1)
    np.testing.assert_allclose(minimizer.place, 6.5, atol=1e-6)
    minimizer.advance(400)
    assert minimizer.place == pytest.approx([0, 1, 2], abs=0.05)
