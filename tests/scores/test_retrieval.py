"""Scores of retrieval, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpy.scores.retrieval import (
    chance_of_classes,
    chance_of_partners,
    mean_reciprocal_rank,
    nearest_have_same_class,
    ranks_of_partners,
    recall_at,
)

EAST, NORTH, WEST = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]
SLANTED = [0.6, 0.8]


def test_the_rank_of_a_partner_counts_what_is_more_similar() -> None:
    left = np.array([EAST, NORTH, SLANTED])
    right = np.array([EAST, WEST, NORTH])
    # east: 1, -1, 0 -> first. north: 0, 0, 1 -> its partner, west, ties with east behind north: ranks 2 and 3.
    # slanted: 0.6, -0.6, 0.8 -> first.
    np.testing.assert_array_equal(ranks_of_partners(left, right), [1, 2.5, 1])


def test_scores_of_ranks() -> None:
    ranks = np.array([1.0, 2.0, 4.0, 10.0])
    assert recall_at(ranks, 1) == 0.25
    assert recall_at(ranks, 5) == 0.75
    assert mean_reciprocal_rank(ranks) == pytest.approx((1 + 1 / 2 + 1 / 4 + 1 / 10) / 4)


def test_scores_without_rows_are_undefined() -> None:
    assert np.isnan(recall_at(np.empty(0), 1))
    assert np.isnan(mean_reciprocal_rank(np.empty(0)))


def test_equal_codes_are_found_no_better_than_by_chance() -> None:
    codes = np.tile(EAST, (9, 1))
    np.testing.assert_array_equal(ranks_of_partners(codes, codes), np.full(9, 5.0))


def test_the_nearest_other_row_decides() -> None:
    codes = np.array([EAST, [0.8, 0.6], NORTH, WEST])
    found = nearest_have_same_class(codes, np.array([0, 0, 1, 1]))
    # east and (0.8, 0.6) are nearest to each other; north is nearer to (0.8, 0.6) than to west; west's is north
    np.testing.assert_array_equal(found, [True, True, False, True])


def test_chance_is_what_a_random_order_scores() -> None:
    found = chance_of_partners(4)
    assert (found["recall_at_1"], found["recall_at_5"]) == (0.25, 1.0)
    assert found["mrr"] == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert chance_of_classes(np.array([0, 0, 0, 1])) == {"precision_at_1": pytest.approx(0.5)}  # 6 of 12 ordered pairs


@settings(max_examples=20)
@given(st.integers(1, 1300), st.integers(0, 10**6))
def test_ranks_are_those_of_a_sort(rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    left, right = rng.normal(size=(2, rows, 3))
    chosen = rng.integers(rows)
    similarity = right @ left[chosen]
    assert ranks_of_partners(left, right)[chosen] == 1 + list(np.argsort(-similarity)).index(chosen)
