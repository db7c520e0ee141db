"""Weights of ensembles, worked out by hand, and that no row chooses the weights that it is scored with."""

import numpy as np
import pytest

from dlpy.scores.ensembles import chosen_weights, combined, cross_combined, diversity


def numbers(*errors: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return targets and the predictions of members with these errors: (rows,) and (members, rows, 1)."""
    target = np.arange(len(errors[0]), dtype=float)
    return target, (target + np.array(errors))[:, :, None]


def of_truth(*probabilities: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return targets and the predictions of members that give the true one of two classes these probabilities."""
    target = np.arange(len(probabilities[0])) % 2
    given = np.array(probabilities)
    return target, np.where(target == 1, given, 1 - given)[:, :, None]


def test_the_mean_weighs_all_alike() -> None:
    target, predictions = numbers([1, 1], [-1, 1], [0, 4])
    weights = chosen_weights("mean", target, predictions, is_number=True)
    assert weights.tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert combined(predictions, weights).tolist() == [[0.0], [3.0]]  # 0 + (1 - 1 + 0) / 3, 1 + (1 + 1 + 4) / 3


def test_greedy_selection_adds_the_member_that_cancels_errors() -> None:
    target, predictions = numbers([1, 1, 1], [-1, -1, -1], [5, -5, 5])
    assert chosen_weights("greedy", target, predictions, is_number=True).tolist() == [0.5, 0.5, 0.0]


def test_greedy_selection_takes_the_better_member_alone_where_the_other_does_not_help() -> None:
    target, predictions = of_truth([0.9, 0.9], [0.5, 0.4])
    assert chosen_weights("greedy", target, predictions, is_number=False).tolist() == [1.0, 0.0]


def test_a_bag_has_half_of_the_members() -> None:
    target, predictions = numbers(*([[1.0, -1.0]] * 11), [0.0, 0.0])  # the last one is right
    weights = chosen_weights("greedy", target, predictions, is_number=True)
    assert weights.sum() == pytest.approx(1)
    assert 0.2 <= weights[-1] <= 0.8  # in about half of 20 bags; otherwise another is chosen


def test_stacking_finds_the_inverse_variances_of_independent_errors() -> None:
    target, predictions = numbers([1, -1, 1, -1], [2, 2, -2, -2])
    assert chosen_weights("stack", target, predictions, is_number=True).tolist() == pytest.approx([0.8, 0.2])


def test_stacking_gives_no_negative_weight() -> None:
    target, predictions = numbers([1, -1, 1, -1], [2, -2, 2, -2])  # 2 and -1 would be best
    assert chosen_weights("stack", target, predictions, is_number=True).tolist() == [1.0, 0.0]


def test_stacking_of_classes_maximizes_the_likelihood() -> None:
    target, predictions = of_truth([0.8, 0.8, 0.2], [0.2, 0.2, 0.8])  # 2 log(0.2 + 0.6 w) + log(0.8 - 0.6 w)
    weights = chosen_weights("stack", target, predictions, is_number=False)
    assert weights.tolist() == pytest.approx([7 / 9, 2 / 9], abs=1e-6)


def test_several_classes_and_labels_are_weighted_by_what_is_true() -> None:
    good, bad = [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]], [[0.2, 0.4, 0.4], [0.4, 0.4, 0.2]]
    classes = chosen_weights("greedy", np.array([0, 2]), np.array([good, bad]), is_number=False)
    assert classes.tolist() == [1.0, 0.0]
    labels = np.array([[1, 0, 0], [0, 0, 1]])
    assert chosen_weights("greedy", labels, np.array([bad, good]), is_number=False).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("weighting", ["greedy", "stack"])
@pytest.mark.parametrize("is_number", [True, False])
def test_a_row_is_not_scored_with_weights_that_it_chose(weighting: str, is_number: bool) -> None:
    rng = np.random.default_rng(3)
    target = rng.normal(size=30) if is_number else rng.integers(0, 2, 30)
    predictions = rng.normal(size=(4, 30, 1)) if is_number else rng.random((4, 30, 1))
    before = cross_combined(weighting, target, predictions, is_number=is_number)
    other = target.copy()
    other[7] = 50.0 if is_number else 1 - other[7]
    after = cross_combined(weighting, other, predictions, is_number=is_number)
    assert after[7].tolist() == before[7].tolist()
    assert (after != before).any()


def test_an_ensemble_of_noise_is_not_better_than_chance() -> None:
    rng = np.random.default_rng(5)
    chosen, crosswise = [], []
    for _ in range(20):
        target = rng.choice([-1.0, 1.0], 60)
        predictions = rng.choice([-1.0, 1.0], (20, 60, 1))
        weights = chosen_weights("greedy", target, predictions, is_number=True)
        chosen.append(((combined(predictions, weights)[:, 0] > 0) == (target > 0)).mean())
        fair = cross_combined("greedy", target, predictions, is_number=True)
        crosswise.append(((fair[:, 0] > 0) == (target > 0)).mean())
    assert np.mean(chosen) > 0.6  # what would be reported if the rows that choose the weights scored them
    assert abs(np.mean(crosswise) - 0.5) < 0.045  # three standard errors of 1,200 rows


def test_diversity_is_the_mean_over_pairs() -> None:
    target, predictions = of_truth([0.9, 0.9, 0.9, 0.9], [0.9, 0.9, 0.9, 0.1], [0.9, 0.9, 0.1, 0.1])
    assert diversity(target, predictions, is_number=False) == {"disagreement": pytest.approx((0.25 + 0.5 + 0.25) / 3)}
    target, predictions = numbers([1, -1, 1, -1], [2, -2, 2, -2], [-3, 3, -3, 3])
    assert diversity(target, predictions, is_number=True) == {"error_correlation": pytest.approx((1 - 1 - 1) / 3)}


def test_diversity_of_labels_counts_labels() -> None:
    labels = np.array([[1, 0], [0, 1]])
    predictions = np.array([[[0.9, 0.1], [0.2, 0.8]], [[0.9, 0.1], [0.2, 0.3]]])
    assert diversity(labels, predictions, is_number=False) == {"disagreement": 0.25}
