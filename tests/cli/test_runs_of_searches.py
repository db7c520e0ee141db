"""`dlpy runs` shows a search in one line, and its trials if it is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from searches import make_search, trial

from dlpy.runs.searches import short_names

RATE, UNITS = "training.optimizer.learning_rate", "model.units"


@pytest.fixture
def runs(workplace: Path) -> Path:
    shown = [{UNITS: "[8]", RATE: 0.1}, {UNITS: "[16, 16]", RATE: 0.001}, {UNITS: "[16]", RATE: 0.01}]
    trials = [
        trial(1, 0.5, shown=shown[0]),
        trial(2, 0.75, shown=shown[1]),
        trial(3, None, shown=shown[2], status="failed", reason="the loss is NaN\nin epoch 1", epoch=None),
        trial(4, 0.625, shown=shown[2]),
    ]
    make_search(workplace / "runs", trials)
    return workplace / "runs"


def test_a_search_is_one_line_with_its_best_scores(bench, runs: Path) -> None:
    status, out, err = bench.run("runs")
    assert (status, err) == (0, "")
    assert len(out.splitlines()) == 2
    _, out, _ = bench.run("runs", "--json")
    (row,) = json.loads(out)
    assert (row["trials"], row["failed"], row["epoch"], row["val_accuracy"]) == (4, 1, 2, 0.75)


def test_a_named_search_lists_its_trials(bench, runs: Path) -> None:
    status, out, err = bench.run("runs", "toy")
    assert (status, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == "trial status score epoch epochs seconds units learning_rate reason"
    assert lines[1] == "1 completed 0.5 2 3 0.5 [8] 0.1"
    assert lines[3] == "3 failed 3 0.5 [16] 0.01 the loss is NaN in epoch 1"


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (["--sort", "score"], [2, 4, 1, 3]),
        (["--sort", "score", "--reverse"], [1, 4, 2, 3]),
        (["--sort", "learning_rate"], [2, 3, 4, 1]),
        (["--sort", RATE], [2, 3, 4, 1]),
        (["--reverse"], [4, 3, 2, 1]),
    ],
)
def test_trials_are_sorted(bench, runs: Path, options: list[str], numbers: list[int]) -> None:
    _, out, _ = bench.run("runs", "toy", "--json", *options)
    assert [row["trial"] for row in json.loads(out)] == numbers


def test_an_unknown_column_suggests_the_closest(bench, runs: Path) -> None:
    status, _, err = bench.run("runs", "toy", "--sort", "learning_rat")
    assert status == 2
    assert "--sort learning_rat: trials have no such column. Did you mean 'learning_rate'?" in err


def test_names_are_shortened_as_far_as_they_differ() -> None:
    names = ["model.units", "training.optimizer", "training.optimizer[1].beta_1", "a.rate", "b.rate", "model.hidden.0"]
    assert list(short_names(names).values()) == ["units", "optimizer", "beta_1", "a.rate", "b.rate", "hidden.0"]


def test_a_log_that_lacks_trials_of_the_summary_is_noticed(bench, runs: Path) -> None:
    (search,) = runs.iterdir()
    (search / "summary.json").write_text('{"search": {"trials": 99}}')
    assert "of the 99 trials of summary.json" in bench.run("runs", "--verify")[1]
