from dataclasses import replace
from pathlib import Path

import pytest

from dlpy.core.errors import RunError
from dlpy.runs.directory import Run
from dlpy.runs.trials import Trial, append_trial, best_trial, ranked, read_trials

TRIAL = Trial(
    1, {"rate": 0.1, "model": 1}, {"rate": 0.1, "model": [64]}, "completed", 0.5, 2, 3, {"loss": 0.25}, [0.75, 0.5]
)


def trial(number: int, score: float | None = 0.5, **changes: object) -> Trial:
    return replace(TRIAL, number=number, score=score, **changes)  # type: ignore


def test_trials_are_read_by_number(tmp_path: Path) -> None:
    run = Run(tmp_path)
    for number in (2, 3, 1):
        append_trial(run, trial(number, 0.1 * number))
    assert read_trials(run) == [trial(1, 0.1), trial(2, 0.2), trial(3, 0.1 * 3)]


def test_there_are_no_trials_before_the_first_has_ended(tmp_path: Path) -> None:
    assert read_trials(Run(tmp_path)) == []


def test_a_curve_may_be_undefined_in_some_epochs(tmp_path: Path) -> None:
    run = Run(tmp_path)
    append_trial(run, trial(1, curve=[float("nan"), 0.5]))
    assert read_trials(run)[0].curve == [None, 0.5]


def test_a_torn_last_line_is_ignored_and_then_removed(tmp_path: Path) -> None:
    run = Run(tmp_path)
    append_trial(run, trial(1))
    with (tmp_path / "trials.jsonl").open("a") as file:
        file.write('{"number": 2, "poi')
    assert read_trials(run) == [trial(1)]
    append_trial(run, trial(2))
    assert read_trials(run) == [trial(1), trial(2)]
    assert (tmp_path / "trials.jsonl").read_text().count("\n") == 2


def test_a_file_with_nothing_but_a_torn_line_has_no_trials(tmp_path: Path) -> None:
    (tmp_path / "trials.jsonl").write_text('{"num')
    assert read_trials(Run(tmp_path)) == []
    append_trial(Run(tmp_path), trial(1))
    assert read_trials(Run(tmp_path)) == [trial(1)]


def test_of_a_trial_that_was_tried_again_the_last_result_counts(tmp_path: Path) -> None:
    run = Run(tmp_path)
    append_trial(run, trial(1, None, status="failed", reason="no memory"))
    append_trial(run, trial(2))
    append_trial(run, trial(1, 0.25))
    assert read_trials(run) == [trial(1, 0.25), trial(2)]


@pytest.mark.parametrize("line", ["{}", "[1]", '{"number": 1', "\xff"])
def test_a_damaged_line_is_named(tmp_path: Path, line: str) -> None:
    run = Run(tmp_path)
    append_trial(run, trial(1))
    with (tmp_path / "trials.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(RunError, match=r"trials\.jsonl:2 is damaged: "):
        read_trials(run)


def test_undefined_scores_are_null(tmp_path: Path) -> None:
    append_trial(Run(tmp_path), trial(1, scores={"r2": float("nan")}))
    (read,) = read_trials(Run(tmp_path))
    assert read.scores == {"r2": None}


def test_the_best_trial_is_completed_and_the_earlier_of_equals() -> None:
    trials = [
        trial(1, 0.3),
        trial(2, 0.2),
        trial(3, 0.2),
        trial(4, 0.1, status="pruned"),
        trial(5, None, status="failed"),
    ]
    assert best_trial(trials, "min") == trials[1]
    assert best_trial(trials, "max") == trials[0]
    assert [found.number for found in ranked(trials[::-1], "min")] == [2, 3, 1]
    assert best_trial(trials[3:], "min") is None
