"""Searches over the folds of a series, which go forward in time."""

import json

import numpy as np
import pytest

from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow


def test_trials_are_scored_as_kfold_scores_a_series(bench) -> None:
    rng = np.random.default_rng(2)
    lines = [f"{np.sin(row / 4) + rng.normal(scale=0.1):.4f}" for row in range(200)]
    bench.write("\n".join(["sold", *lines]) + "\n", "s.csv")
    data = {"name": "timeseries_csv", "path": "s.csv", "target": "sold", "lookback": 6, "windows": "across_parts"}
    given = {"data": data, "model": {"name": "dense", "units": [4]}, "training": {"epochs": 2}, "kfold": {"folds": 3}}
    alone = bench.experiment("k.yaml", **given)
    status, _, err = bench.run("kfold", alone, "--quiet")
    assert status == 0, err
    known = Run(max((bench.folder / "runs").iterdir()))
    model = {"name": "dense", "units": [4], "dropout": {"search": {"choices": [0.0, 0.5]}}}
    search = {"sampler": "grid", "folds": True}
    path = bench.experiment("s.yaml", **given | {"model": model, "search": search})
    status, _, err = bench.run("search", path, "--quiet")
    assert status == 0, err
    run = Run(max((bench.folder / "runs").iterdir()))
    trials = [json.loads(line) for line in (run.path / "trials.jsonl").read_text().splitlines()]
    scores = [trial["score"] for trial in trials if "score" in trial]
    assert len(scores) == 2
    mean = known.read("summary.json")["mean"]
    assert min(abs(score - mean["val_loss"]) for score in scores) < 1e-6
