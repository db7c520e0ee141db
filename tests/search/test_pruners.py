from dataclasses import replace

import pytest

from dlpy.experiment.search_options import Search
from dlpy.runs.trials import Trial
from dlpy.search.pruners import HalvingPruner, MedianPruner, pruner_of

TRIAL = Trial(1, {}, {}, "completed", 1.0, 1, 3, {}, [])


def trials(*curves: list[float], status: str = "completed") -> list[Trial]:
    return [replace(TRIAL, number=number, curve=curve, status=status) for number, curve in enumerate(curves, 1)]


def test_the_median_pruner_compares_at_tenths_of_the_epochs_but_not_at_the_end() -> None:
    assert MedianPruner().epochs(20) == {2, 4, 6, 8, 10, 12, 14, 16, 18}
    assert MedianPruner().epochs(3) == {1, 2}
    assert MedianPruner().epochs(1) == set()


@pytest.mark.parametrize(("last", "ends"), [(0.31, True), (0.3, False), (0.29, False)])
def test_the_median_pruner_ends_what_is_worse_than_the_median(last: float, ends: bool) -> None:
    # the best by epoch 2 are 0.1, 0.2, 0.3, 0.4 and 0.5, whose median is 0.3
    done = trials([0.9, 0.1], [0.2, 0.8], [0.3, 0.4, 0.0], [0.4], [0.6, 0.5])
    assert MedianPruner().is_hopeless([0.9, last], done, sign=1) is ends


def test_the_median_pruner_takes_larger_scores_for_better_where_they_are() -> None:
    done = trials(*[[score] for score in (0.1, 0.2, 0.3, 0.4, 0.5)])
    assert MedianPruner().is_hopeless([0.29], done, sign=-1)
    assert not MedianPruner().is_hopeless([0.31], done, sign=-1)


def test_the_median_pruner_needs_five_completed_trials() -> None:
    four = trials(*[[0.1]] * 4)
    assert not MedianPruner().is_hopeless([0.9], four + trials([0.1], status="pruned"), sign=1)
    assert MedianPruner().is_hopeless([0.9], [*four, *trials([0.1])], sign=1)


def test_the_rungs_of_halving_are_at_thirds_of_thirds() -> None:
    assert HalvingPruner().epochs(100) == {4, 12, 34}
    assert HalvingPruner().epochs(2) == {1}


@pytest.mark.parametrize(("own", "ends"), [(0.1, False), (0.2, False), (0.25, True), (0.9, True)])
def test_of_six_trials_at_a_rung_the_best_two_go_on(own: float, ends: bool) -> None:
    done = trials([0.15], [0.3], [0.4], status="pruned") + trials([0.5, 0.1], [0.22])
    assert HalvingPruner().is_hopeless([own], done, sign=1) is ends


def test_halving_does_not_count_trials_that_failed_or_were_pruned_before_the_rung() -> None:
    done = trials([0.1, 0.1], status="failed") + trials([0.1], [0.1], status="pruned")
    assert not HalvingPruner().is_hopeless([0.9, 0.9], done, sign=1)


def test_halving_counts_a_trial_that_its_own_early_stopping_ended_before_the_rung() -> None:
    assert HalvingPruner().is_hopeless([0.9, 0.9], trials([0.1], [0.2]), sign=1)


def test_the_pruner_is_that_of_the_options() -> None:
    assert pruner_of(Search()) is None
    assert isinstance(pruner_of(Search(pruner="median")), MedianPruner)
    assert isinstance(pruner_of(Search(pruner="halving")), HalvingPruner)
