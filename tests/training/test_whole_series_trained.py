"""One class for a whole series: train, evaluate, predict, k-fold, explain, and the model for others."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

MODEL = {"name": "conv1d", "filters": [8], "kernel": 5, "padding": "same", "pooling": 1}
TRAINING = {"epochs": 25, "batch_size": 8, "optimizer": {"name": "adam", "learning_rate": 0.02}}


def text(seed: int, count: int, *, labelled: bool = True) -> str:
    """Return a long table of series of 6 to 12 steps: a step up or a step down in noise, from 4 persons."""
    random, lines = np.random.default_rng(seed), ["id,time,x,y" + ",label,person" * labelled]
    for series in range(count):
        length, way = int(random.integers(6, 13)), series % 2
        x = 0.2 * random.normal(size=length) + (1 if way else -1) * (np.arange(length) >= length // 2) + 50
        own = f",{'down' if way == 0 else 'up'},p{series // 2 % 4}" if labelled else ""
        lines += [f"s{series},{time},{value:.3f},{random.normal():.3f}{own}" for time, value in enumerate(x)]
    return "\n".join(lines) + "\n"


def experiment(bench: Any, **blocks: Any) -> Path:
    Path("series.csv").write_text(text(1, 64))
    data = {
        "name": "whole_series", "path": "series.csv", "id": "id", "time": "time", "columns": ["x", "y"],
        "transforms": ["standardize"], "test": 0.25, **blocks.pop("data", {}),
    }  # fmt: skip
    return bench.experiment(**{"data": data, "model": MODEL, "training": TRAINING, **blocks})


def test_series_are_split_scored_and_predicted_one_by_one(bench: Any) -> None:
    run = bench.trained(experiment(bench))
    status, out, err = bench.run("evaluate", run.path, "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert (told["validation"]["rows"], told["test"]["rows"]) == (10, 16)  # of 64 series
    assert told["test"]["scores"]["accuracy"] > 0.9
    assert sorted(entry["rows"] for entry in told["test"]["classes"]) == [8, 8]  # stratified
    Path("new.csv").write_text(text(2, 6, labelled=False))
    status, out, _ = bench.run("predict", run.path, "new.csv")
    assert status == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["id"] for row in rows] == [f"s{number}" for number in range(6)]
    assert [row["prediction"] for row in rows] == ["down", "up"] * 3


def test_what_other_series_are_predicted_with_changes_nothing(bench: Any) -> None:
    run = bench.trained(experiment(bench))
    Path("new.csv").write_text(text(2, 6, labelled=False))
    lines = text(2, 6, labelled=False).splitlines()
    Path("one.csv").write_text("\n".join([lines[0], *(line for line in lines if line.startswith("s3,"))]) + "\n")
    together = list(csv.DictReader(io.StringIO(bench.run("predict", run.path, "new.csv")[1])))
    alone = list(csv.DictReader(io.StringIO(bench.run("predict", run.path, "one.csv")[1])))
    assert float(alone[0]["probability_up"]) == pytest.approx(float(together[3]["probability_up"]), abs=1e-5)


def test_the_model_for_others_takes_series_as_they_are(bench: Any) -> None:
    import keras

    run = bench.trained(experiment(bench))
    Path("new.csv").write_text(text(2, 2, labelled=False))
    rows = list(csv.DictReader(io.StringIO(bench.run("predict", run.path, "new.csv")[1])))
    table = np.loadtxt("new.csv", delimiter=",", skiprows=1, usecols=(2, 3))
    length = sum(line.startswith("s0,") for line in Path("new.csv").read_text().splitlines())
    x = np.full((1, 12, 2), np.nan, np.float32)
    x[0, :length] = table[:length]
    model = keras.models.load_model(run.path / "model.keras")
    assert float(np.asarray(model(x))[0, 0]) == pytest.approx(float(rows[0]["probability_up"]), abs=1e-5)


def test_persons_stay_together_in_folds(bench: Any) -> None:
    path = experiment(bench, data={"group": "person", "test": None}, kfold={"folds": 4}, training={"epochs": 1})
    status, _, err = bench.run("kfold", path, "--quiet")
    assert (status, err) == (0, "")
    (run,) = Path("runs").iterdir()
    with np.load(next(run.rglob("splits.npz"))) as splits:
        folds = {name: splits[name] for name in splits.files}
    held = [index for name, index in folds.items() if "validation" in name]
    assert held
    for index in held:
        assert len({int(series) // 2 % 4 for series in index}) == 1  # one person in each fold


def test_the_steps_that_decide_are_explained_for_series_of_different_lengths(bench: Any) -> None:
    run = bench.trained(experiment(bench))
    status, out, err = bench.run("explain", run.path, "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)["scores"][0]["importances"]
    columns = {one["name"]: one["importance"] for one in found if one["kind"] == "column"}
    assert columns["x"] > 10 * abs(columns["y"])


def test_a_family_that_reads_past_the_end_is_refused_when_the_lengths_are_known(bench: Any) -> None:
    status, _, err = bench.run("train", experiment(bench, model={"name": "convnet"}))
    assert status == 2
    status, _, err = bench.run("train", experiment(bench, model={"name": "conv1d"}))
    assert (status, "set 'padding: same'" in err) == (2, True)


@pytest.mark.parametrize("name", ["rnn", "transformer", "dense"])
def test_other_families_learn_too(bench: Any, name: str) -> None:
    run = bench.trained(experiment(bench, model={"name": name}))
    assert run.read("summary.json")["best"]["val_accuracy"] >= 0.8


def test_the_stand_in_has_the_channels_and_classes_of_the_file(bench: Any) -> None:
    data = {"path": "missing.csv", "fallback": "stand_in", "columns": ["a", "b", "c"], "classes": ["no", "yes"]}
    status, out, err = bench.run("train", experiment(bench, data=data, training={"epochs": 1}))
    assert status == 0, err
    assert "STAND-IN" in out
