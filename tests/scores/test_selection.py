"""The optimism of the best of many scores."""

from __future__ import annotations

import numpy as np

from dlpy.scores.selection import drawn, fold_optimism, select


def test_the_estimate_is_far_nearer_to_the_truth_than_the_best_score() -> None:
    rng, naive, estimated, covered = np.random.default_rng(0), [], [], 0
    for _ in range(20):
        truth = rng.uniform(0.6, 0.75, 60)
        right = (rng.random((60, 200)) < truth[:, None]) * 1.0
        found = select(
            lambda c, r=right: c @ r.T / c.sum(axis=1, keepdims=True), 200, larger_is_better=True, samples=100
        )
        assert found is not None
        naive.append(found.score - truth[found.best])
        estimated.append(found.expected - truth[found.best])
        covered += found.interval[0] <= truth[found.best] <= found.interval[1]
    assert np.mean(naive) > 0.035
    assert abs(np.mean(estimated)) < 0.012
    assert covered >= 17


def test_smaller_scores_are_better_for_errors() -> None:
    errors = np.array([[1.0] * 20, [2.0] * 20, [1.0] * 20])
    found = select(lambda c: c @ errors.T / c.sum(axis=1, keepdims=True), 20, larger_is_better=False, samples=50)
    assert found is not None
    assert (found.best, found.score, found.expected, found.interval) == (0, 1.0, 1.0, (1.0, 1.0))
    assert found.alike.tolist() == [True, False, True]


def test_a_score_that_is_undefined_on_most_samples_has_no_estimate() -> None:
    def only_whole(counts: np.ndarray) -> np.ndarray:
        return np.where((counts == 1).all(axis=1, keepdims=True), 0.5, np.nan) * np.ones((1, 2))

    assert select(only_whole, 30, larger_is_better=True, samples=20) is None


def test_the_optimism_of_folds_is_the_mean_gap_to_their_own_best() -> None:
    errors = np.array([[1.0, 2.0, 3.0], [4.0, 2.0, 3.0], [3.0, 3.0, 3.0]])  # means 8/3, 7/3, 3: the second is best
    assert fold_optimism(errors, larger_is_better=False) == (1.0 + 0.0 + 0.0) / 3


def test_samples_are_the_same_each_time_and_have_as_many_rows() -> None:
    first, again = (np.concatenate(list(drawn(7, 5))) for _ in range(2))
    assert first.shape == (5, 7)
    assert (first.sum(axis=1) == 7).all()
    np.testing.assert_array_equal(first, again)
