"""Which trials of a search are trained together, and how many."""

from itertools import count
from typing import Any

import pytest

from dlpy.experiment.experiment import load
from dlpy.search.grouping import grouped, kind_of

KINDS = {1: "a", 2: "b", 3: "a", 4: "a", 5: "b", 6: None, 7: "a", 8: "b"}


def test_a_group_is_complete_when_it_has_enough_trials_of_one_kind() -> None:
    assert list(grouped(range(1, 9), KINDS.get, 3)) == [[1, 3, 4], [6], [2, 5, 8], [7]]


def test_trials_that_are_left_are_groups_in_the_order_of_their_first_ones() -> None:
    assert list(grouped(range(1, 6), KINDS.get, 9)) == [[1, 3, 4], [2, 5]]


def test_no_more_trials_are_proposed_than_the_next_group_needs() -> None:
    asked = []

    def kind(number: int) -> str:
        asked.append(number)
        return "a"

    groups = grouped(count(1), kind, 2)
    assert (next(groups), asked) == ([1, 2], [1, 2])
    assert (next(groups), asked) == ([3, 4], [1, 2, 3, 4])


def test_where_no_kind_has_enough_trials_the_commonest_goes_ahead() -> None:
    asked = []

    def kind(number: int) -> str:
        asked.append(number)
        return "twice" if number in (4, 7) else f"once, {number}"

    groups = grouped(count(1), kind, 3)
    assert (next(groups), asked[-1]) == ([4, 7], 24)  # 8 groups of 3 would be complete
    assert (next(groups), asked[-1]) == ([1], 26)


def kind(bench, **blocks: Any) -> str | None:
    return kind_of(load(bench.experiment(**blocks))[0])


def dense(**options: object) -> dict[str, object]:
    return {"model": {"name": "dense", "units": [4], **options}}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (dense(dropout=0.1), dense(dropout=0.5)),
        (dense(regularizer={"l2": 0.1}), dense(regularizer={"l2": 0.001})),
        ({"training": {"optimizer": {"name": "sgd", "learning_rate": 0.1}}}, {"training": {"optimizer": "sgd"}}),
        ({"name": "one"}, {"name": "two"}),
    ],
)
def test_numbers_of_a_kind_may_differ(one: dict[str, Any], other: dict[str, Any], bench) -> None:
    assert kind(bench, **one) == kind(bench, **other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (dense(dropout=0.1), dense(dropout=0.0)),  # which has no layer for it
        (dense(regularizer={"l2": 0.1}), dense(regularizer={"l2": 0.0})),
        (dense(), {"model": {"name": "dense", "units": [5]}}),
        (dense(), dense(activation="tanh")),
        ({"training": {"batch_size": 8}}, {"training": {"batch_size": 16}}),
        ({"training": {"optimizer": {"name": "adam"}}}, {"training": {"optimizer": {"name": "adam", "beta_1": 0.8}}}),
        ({"data": {"name": "blobs"}}, {"data": {"name": "blobs", "noise": 2.0}}),
        ({"seed": 1}, {"seed": 2}),
    ],
)
def test_other_options_make_another_kind(one: dict[str, Any], other: dict[str, Any], bench) -> None:
    assert kind(bench, **one) != kind(bench, **other)


def test_classic_models_have_no_kind(bench) -> None:
    assert kind(bench, data={"name": "blobs"}, model={"name": "linear"}, training={}) is None
