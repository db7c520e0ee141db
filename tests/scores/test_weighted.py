"""Weighted scores are scikit-learn's with sample weights; their influence is the derivative by a row's weight."""

import numpy as np
import pytest

from dlpy.scores.weighted import OfRanks, Weighted
from dlpy.scores.weighted_scores import counted, number_score, usual_scores

TRUE = np.array([1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1])
GIVEN = np.array([0.9, 0.8, 0.7, 0.7, 0.6, 0.5, 0.4, 0.4, 0.3, 0.3, 0.2, 0.9])
WEIGHT = np.array([[1, 2, 0, 3, 1, 1, 2, 0, 1, 4, 1, 2]])
PAIR = (TRUE[:, None].astype(float), GIVEN[:, None])
TWO = (np.stack([TRUE == 0, TRUE == 1], axis=1), np.stack([GIVEN <= 0.5, GIVEN > 0.5], axis=1))

SCORES: dict[str, tuple[Weighted, float]] = {
    "auc": (OfRanks(TRUE[:, None] == 1, GIVEN[:, None]), 0.7530864197530864),
    "average precision": (OfRanks(TRUE[:, None] == 1, GIVEN[:, None], "PR"), 0.7903050108932461),
    "r2": (number_score("r2", *PAIR), 0.15555555555555545),
    "mae": (number_score("mae", *PAIR), 0.4),
    "rmse": (number_score("rmse", *PAIR), 0.45946829173634074),
    "f1": (counted("f1", *TWO, 1), 0.6666666666666666),
    "precision": (counted("precision", *TWO), 0.6666666666666666),
}


@pytest.mark.parametrize(("score", "expected"), SCORES.values(), ids=SCORES)
def test_weights_count_as_in_scikit_learn(score: Weighted, expected: float) -> None:
    assert score.of(WEIGHT) == pytest.approx([expected], rel=1e-12)


@pytest.mark.parametrize(("score", "expected"), SCORES.values(), ids=SCORES)
def test_the_influence_of_a_row_is_the_slope_by_its_weight(score: Weighted, expected: float) -> None:
    slopes = score.influence()
    for row in range(len(TRUE)):
        more, less = (np.ones((1, len(TRUE))) for _ in range(2))
        more[0, row], less[0, row] = 1 + 1e-5, 1 - 1e-5
        slope = len(TRUE) * (score.of(more) - score.of(less))[0] / 2e-5
        assert slopes[row] == pytest.approx(slope, abs=1e-6)
    assert slopes.sum() == pytest.approx(0, abs=1e-6)


def test_a_score_without_its_rows_is_undefined() -> None:
    none_positive = (TRUE == 0).astype(float)[None]
    assert np.isnan(SCORES["auc"][0].of(none_positive)).all()
    assert np.isnan(counted("recall", *TWO, 1).of(none_positive)).all()


def test_classes_that_are_undefined_do_not_count_in_means() -> None:
    true = np.array([[True, False, False], [False, True, False]])
    assert counted("f1", true, true).of(np.ones((1, 2))) == [1.0]
    assert OfRanks(true, true.astype(float)).of(np.ones((1, 2))) == [1.0]


def test_the_usual_scores_fit_the_target() -> None:
    probability = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4], [0.5, 0.4, 0.1]])
    labels = np.array([0, 1, 2, 1])
    everything = np.ones((1, 4))
    found = {name: score.of(everything)[0] for name, score in usual_scores("ordinal", labels, probability).items()}
    assert list(found) == ["accuracy", "class_distance", "f1", "auc", "cross_entropy"]
    assert found["accuracy"] == 0.75
    assert found["class_distance"] == 0.25
    assert found["cross_entropy"] == pytest.approx(-np.log([0.7, 0.8, 0.4, 0.4]).mean())
    assert list(usual_scores("regression", np.arange(4.0), np.ones((4, 1)))) == ["mae", "rmse", "r2"]
    assert "cross_entropy" not in usual_scores("binary", np.array([0, 1]), np.array([[-3.0], [2.0]]))
