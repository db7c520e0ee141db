import numpy as np
import pytest

from dlpy.scores.conformal import doubts, errors, limits, rank_of, rows_needed, sets_within
from dlpy.scores.cross_fitting import crosswise


@pytest.mark.parametrize(
    ("rows", "coverage", "rank"), [(9, 0.9, 9), (10, 0.9, 10), (19, 0.9, 18), (99, 0.95, 95), (100, 0.7, 71)]
)
def test_the_rank_is_exact(rows: int, coverage: float, rank: int) -> None:
    assert rank_of(rows, coverage) == rank


@pytest.mark.parametrize(("coverage", "rows"), [(0.9, 9), (0.95, 19), (0.99, 99), (0.5, 1), (0.8, 4)])
def test_the_rows_needed_are_enough_and_one_less_is_not(coverage: float, rows: int) -> None:
    assert rows_needed(coverage) == rows
    scores = np.arange(1.0, rows + 1)[:, None]
    assert limits(scores, coverage) == rows
    assert limits(scores[:-1], coverage) is None


def test_limits_are_ordered_scores_of_each_column() -> None:
    scores = np.array([[3.0, 30], [1, 10], [4, 20], [2, 40]])
    assert limits(scores, 0.6).tolist() == [3, 30]  # ceil(5 * 0.6) = 3


def test_errors_are_absolute() -> None:
    assert errors(np.array([1.0, 5]), np.array([[3.0], [4]])).tolist() == [[2], [1]]


def test_sets_hold_the_classes_that_are_probable_enough() -> None:
    three = np.array([[0.5, 0.3, 0.2], [0.9, 0.06, 0.04]])
    assert doubts(np.array([1, 0]), three) == pytest.approx(np.array([[0.7], [0.1]]))
    assert sets_within(three, 0.75).tolist() == [[True, True, False], [True, False, False]]
    assert sets_within(three, 0.05).tolist() == [[False] * 3] * 2
    two = np.array([[0.8], [0.4]])
    assert doubts(np.array([1, 0]), two) == pytest.approx(np.array([[0.2], [0.4]]))
    assert sets_within(two, 0.7).tolist() == [[False, True], [True, True]]


def test_coverage_holds_on_average_over_random_splits() -> None:
    rng = np.random.default_rng(5)
    covered = []
    for _ in range(400):
        scores = rng.exponential(size=(260, 1))
        covered.append(np.mean(scores[60:] <= limits(scores[:60], 0.9)))
    assert np.mean(covered) == pytest.approx(55 / 61, abs=0.01)


def test_each_row_is_scored_once_by_others() -> None:
    given = crosswise(23)
    assert sorted(np.concatenate([score for _, score in given]).tolist()) == list(range(23))
    assert all(len(np.intersect1d(fit, score)) == 0 and len(fit) + len(score) == 23 for fit, score in given)
