"""Searches over files and over several outputs, within this process."""

from pathlib import Path

import pytest
from named_outputs import three_outputs

from dlpy.runs.directory import Run
from dlpy.runs.trials import read_trials

pytestmark = pytest.mark.slow


def test_a_file_that_is_missing_is_the_reason_of_its_trial(bench) -> None:
    lines = [f"{x},{y}" for x, y in zip(range(40), "ab" * 20, strict=True)]
    bench.write("\n".join(["x,y", *lines]) + "\n", "rows.csv")
    path = bench.experiment(
        data={"name": "csv", "path": {"search": {"choices": ["rows.csv", "row.csv"]}}, "target": "y"},
        training={"epochs": 1},
        search={"sampler": "grid"},
    )
    assert bench.run("search", path, "--quiet")[0] == 0
    (run,) = Path("runs").iterdir()
    trials = read_trials(Run(run))
    assert [(trial.status, trial.reason) for trial in trials] == [
        ("completed", None),
        ("failed", "there is no file row.csv."),
    ]
    assert Run(run).read("summary.json")["search"]["counts"] == {"completed": 1, "failed": 1}


def test_trials_with_several_outputs_are_compared_by_the_score_of_one(bench) -> None:
    rates = {"name": "adam", "learning_rate": {"search": [0.001, 0.1]}}
    blocks = three_outputs(optimizer=rates, loss_weights={"size": 0.5})
    path = bench.experiment(**blocks, search={"trials": 3, "monitor": "val_size_mae"})
    assert bench.run("search", path, "--quiet")[0] == 0
    (run,) = Path("runs").iterdir()
    trials = read_trials(Run(run))
    assert [trial.score for trial in trials] == [trial.scores["val_size_mae"] for trial in trials]
    for trial in trials:
        size, side, signs = (trial.scores[f"val_{name}_loss"] for name in ("size", "side", "signs"))
        assert trial.scores["val_loss"] == pytest.approx(0.5 * size + side + signs, rel=1e-5)
    best = Run(run).read("summary.json")["search"]
    assert best["score"] == min(trial.score or 9e9 for trial in trials)
    assert bench.run("runs", "--verify", run)[0] == 0
    assert bench.run("train", run / "best.yaml", "--runs", "again", "--quiet")[0] == 0
    (again,) = Path("again").iterdir()
    assert Run(again).read("summary.json")["best"]["val_size_mae"] == best["score"]
