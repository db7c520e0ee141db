import numpy as np
import pytest

from dlpy.scores.thresholds import Criterion, chosen_threshold, scores_at

# by falling probability: true positives 1, 1, 2, 2, 3, 3 and false positives 0, 1, 1, 2, 2, 3, of 3 and 3 rows
POSITIVE = np.array([1, 0, 1, 0, 1, 0], bool)
PROBABILITY = np.array([0.9, 0.8, 0.6, 0.4, 0.3, 0.1])


@pytest.mark.parametrize(
    ("criterion", "threshold"),
    [
        (Criterion("f1"), 0.2),  # F1: 1/2, 2/5, 2/3, 4/7, 3/4, 2/3
        (Criterion("precision", 0.9), 0.85),
        (Criterion("precision", 0.65), 0.5),
        (Criterion("precision", 0.6), 0.2),
        (Criterion("recall", 0.9), 0.2),
        (Criterion("recall", 0.5), 0.5),
        (Criterion("recall", 0.3), 0.85),
        (Criterion("cost", costs=(1, 1)), 0.85),  # costs 2, 3, 2, 3, 2, 3: the highest of three
        (Criterion("cost", costs=(1, 5)), 0.2),
        (Criterion("cost", costs=(5, 1)), 0.85),
        (Criterion("cost", costs=(1, 0.1)), 0.85),
        (Criterion("fixed", 0.7), 0.7),
    ],
)
def test_thresholds_are_those_worked_out_by_hand(criterion: Criterion, threshold: float) -> None:
    assert chosen_threshold(POSITIVE, PROBABILITY, criterion) == pytest.approx(threshold)


def test_no_mistake_may_be_cheaper_than_all() -> None:
    only = chosen_threshold(np.array([False, True, False]), np.array([0.9, 0.5, 0.2]), Criterion("cost", costs=(9, 1)))
    assert only == 0.9  # nothing exceeds it


def test_rows_of_equal_probability_are_decided_alike() -> None:
    positive, probability = np.array([1, 1, 0, 0], bool), np.array([0.7, 0.4, 0.4, 0.1])
    threshold = chosen_threshold(positive, probability, Criterion("recall", 0.9))
    assert threshold == pytest.approx(0.25)


def test_a_probability_of_0_can_be_predicted_too() -> None:
    threshold = chosen_threshold(np.array([1, 0, 1], bool), np.array([0.5, 0.2, 0.0]), Criterion("recall", 0.9))
    assert threshold is not None
    assert (np.array([0.5, 0.2, 0.0]) > threshold).all()


def test_what_cannot_be_reached_is_told() -> None:
    upside_down = np.array([0, 1, 0, 1], bool), np.array([0.9, 0.6, 0.4, 0.1])
    assert chosen_threshold(*upside_down, Criterion("precision", 0.6)) is None
    assert chosen_threshold(np.ones(3, bool), np.array([0.1, 0.2, 0.3]), Criterion("f1")) is None


def test_scores_at_a_threshold_are_those_worked_out_by_hand() -> None:
    scores = scores_at(POSITIVE, PROBABILITY > 0.5, (1, 5))
    assert scores == {
        "predicted": 3,
        "accuracy": pytest.approx(4 / 6),
        "precision": pytest.approx(2 / 3),
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(2 / 3),
        "cost": pytest.approx((1 + 5) / 6),
    }
    assert np.isnan(scores_at(POSITIVE, np.zeros(6, bool))["precision"])
