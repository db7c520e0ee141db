import numpy as np
import pytest

from dlpy.scores.calibration import (
    are_probabilities,
    brier_score,
    calibration_error,
    calibration_error_by_chance,
    log_loss,
    reliability,
)

TWO = np.array([0.9, 0.8, 0.7, 0.95, 0.2, 0.6, 0.3, 0.99])[:, None]
OF_TWO = np.array([1, 0, 1, 1, 0, 0, 1, 1])
THREE = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4], [0.05, 0.05, 0.9], [0.6, 0.3, 0.1]])
OF_THREE = np.array([0, 1, 0, 2, 1])
LABELS, OF_LABELS = np.array([[0.9, 0.2], [0.4, 0.5]]), np.array([[1, 0], [1, 0]])


def test_brier_scores_are_those_of_scikit_learn() -> None:
    assert brier_score(OF_TWO, TWO) == pytest.approx(0.204075)
    assert brier_score(OF_THREE, THREE) == pytest.approx(0.363)


def test_the_brier_score_of_labels_is_the_mean_over_labels() -> None:
    assert brier_score(OF_LABELS, LABELS) == pytest.approx((0.01 + 0.04 + 0.36 + 0.25) / 4)


def test_the_log_loss_is_the_mean_of_minus_the_log_of_what_came_true() -> None:
    assert log_loss(np.array([1, 0]), np.array([[0.5], [0.2]])) == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2)
    assert log_loss(np.array([0, 1]), THREE[:2]) == pytest.approx(-(np.log(0.7) + np.log(0.8)) / 2)


def test_bins_hold_equally_many_rows_and_the_error_is_their_mean() -> None:
    probability = np.array([0.1] * 10 + [0.6] * 10)
    happened = np.array([True] * 2 + [False] * 8 + [True] * 9 + [False])
    found = reliability(probability, happened)
    assert found.count.tolist() == [10, 10]
    assert found.probability == pytest.approx([0.1, 0.6])
    assert found.frequency == pytest.approx([0.2, 0.9])
    assert found.error == pytest.approx((10 * 0.1 + 10 * 0.3) / 20)


def test_few_rows_share_one_bin() -> None:
    assert calibration_error(OF_TWO, TWO) == pytest.approx(5.44 / 8 - 5 / 8)


def test_of_several_classes_the_most_probable_one_counts() -> None:
    assert calibration_error(OF_THREE, THREE) == pytest.approx((0.7 + 0.8 + 0.4 + 0.9 + 0.6) / 5 - 3 / 5)


def test_the_order_of_rows_with_equal_probabilities_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    target, prediction = rng.integers(0, 2, 300), rng.choice([0.1, 0.3, 0.35, 0.8], (300, 1))
    order = rng.permutation(300)
    assert calibration_error(target, prediction) == pytest.approx(calibration_error(target[order], prediction[order]))


def test_right_probabilities_have_the_error_of_chance_and_sure_ones_more() -> None:
    rng = np.random.default_rng(1)
    prediction = rng.uniform(size=(3000, 1))
    target = (rng.random(3000) < prediction[:, 0]).astype(int)
    by_chance = calibration_error_by_chance(target, prediction)
    assert calibration_error(target, prediction) == pytest.approx(by_chance, abs=0.01)
    assert 0.01 < by_chance < 0.05
    assert calibration_error(target, np.round(prediction)) > 0.2


def test_numbers_that_are_no_probabilities_are_noticed() -> None:
    assert are_probabilities(OF_TWO, TWO)
    assert are_probabilities(OF_THREE, THREE)
    assert are_probabilities(OF_LABELS, LABELS)
    assert not are_probabilities(OF_TWO, TWO + 0.1)
    assert not are_probabilities(OF_THREE, THREE / 2)
    assert not are_probabilities(np.array([0]), np.array([[np.nan]]))
