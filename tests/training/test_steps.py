"""A class for each step of a row: train, evaluate, predict, k-fold, resume, compare, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlpy.runs.lookup import find_model

pytestmark = pytest.mark.slow

WORDS = ["mr john sees paris", "paris sees mr mary", "john sees mr paris", "the mary sees john"]
TAGS = ["O B-PER O B-LOC", "B-LOC O O B-PER", "B-LOC O O B-PER", "O B-LOC O B-LOC"]  # a name behind mr is a person
TRANSFORMS = [{"name": "tokenize", "rules": "spaces"}, {"name": "pad", "length": 5, "fill": "back"}]
RNN = {"name": "rnn", "cell": "gru", "units": 8, "embedding": 8}
TRAINING = {"epochs": 12, "batch_size": 8, "optimizer": {"name": "adam", "learning_rate": 0.05}}


def tagged(bench: Any, **blocks: Any) -> Path:
    pairs = zip(WORDS * 12, TAGS * 12, strict=True)
    sentences = ("\n".join(map(" ".join, zip(words.split(), tags.split(), strict=True))) for words, tags in pairs)
    Path("words.txt").write_text("\n\n".join(sentences) + "\n")
    data = {"name": "tagged_words", "path": "words.txt", "transforms": TRANSFORMS, "test": 8, **blocks.pop("data", {})}
    return bench.experiment(**{"data": data, "model": RNN, "training": TRAINING, **blocks})


def series(bench: Any, **blocks: Any) -> Path:
    """Return an experiment whose class at a step is whether the number there is above 0; every tenth has no class."""
    rng = np.random.default_rng(1)
    lines = [f"{x:.3f},{'' if n % 10 == 0 else 'high' if x > 0 else 'low'}" for n, x in enumerate(rng.normal(size=205))]
    Path("series.csv").write_text("\n".join(["x,label", *lines]) + "\n")
    data = {"name": "labelled_series", "path": "series.csv", "length": 20, **blocks.pop("data", {})}
    model = {"name": "conv1d", "filters": [8], "kernel": 1, "padding": "same", "pooling": 1}
    return bench.experiment(**{"data": data, "model": model, "training": TRAINING, **blocks})


def test_the_f1_of_spans_can_be_watched(bench: Any) -> None:
    callbacks = [{"name": "checkpoint", "monitor": "val_span_f1"}]
    training = {**TRAINING, "metrics": ["accuracy", "entity_f1"]}
    run = bench.trained(tagged(bench, training=training, callbacks=callbacks))
    summary = run.read("summary.json")
    assert summary["best"]["val_span_f1"] == 1
    assert 0 < summary["baseline"]["span_f1"] < 1
    status, out, err = bench.run("evaluate", run.path, "--split", "test", "--interval", "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)["test"]
    assert told["scores"]["span_f1"] == told["spans"][-1]["f1"]
    assert told["baseline"]["span_f1"] == told["spans"][-1]["baseline_f1"]
    assert told["intervals"]["scores"]["span_f1"] == [None, None]  # all are right: resamples say nothing


def test_tags_are_learnt_scored_by_span_and_predicted_for_each_word(bench: Any) -> None:
    run = bench.trained(tagged(bench))
    status, out, err = bench.run("evaluate", run.path, "--split", "test", "--json")
    assert (status, err) == (0, "")
    scores = json.loads(out)["test"]
    assert scores["scores"]["accuracy"] == 1
    assert scores["baseline"]["guess"] == "the commonest class of each token"
    assert scores["spans"][-1] | {"baseline_f1": 0} == {
        **{"kind": "all", "spans": 16, "predicted": 16, "precision": 1, "recall": 1, "f1": 1, "baseline_f1": 0}
    }
    assert scores["spans"][-1]["baseline_f1"] < 1
    assert sum(entry["rows"] for entry in scores["classes"]) == 32  # words of 8 sentences; padding counts nowhere
    Path("new.txt").write_text("mr\nparis\nsees\n\nmary\nsees\nmr\njohn\nsees\nmary\nsees\n")
    status, out, err = bench.run("predict", run.path, "new.txt")
    assert status == 0
    assert "2 steps have no prediction" in err  # pad cuts the second sentence to its last 5 words
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["word"] for row in rows] == [
        "mr",
        "paris",
        "sees",
        "mary",
        "sees",
        "mr",
        "john",
        "sees",
        "mary",
        "sees",
    ]
    assert [(row["row"], row["step"]) for row in rows[2:5]] == [("0", "2"), ("1", "0"), ("1", "1")]
    assert [row["prediction"] for row in rows[:3]] == ["O", "B-PER", "O"]
    assert [row["prediction"] for row in rows[3:]] == ["", "", "O", "B-PER", "O", "B-LOC", "O"]
    assert rows[3]["probability_O"] == ""


def test_a_text_is_tagged_too(bench: Any) -> None:
    run = bench.trained(tagged(bench))
    status, out, _ = bench.run("predict", run.path, "--text", "mr paris", "--json")
    assert status == 0
    assert [(row["word"], row["prediction"]) for row in json.loads(out)["predictions"]] == [
        ("mr", "O"),
        ("paris", "B-PER"),
    ]


def test_time_steps_are_learnt_and_predicted_once_each(bench: Any) -> None:
    run = bench.trained(series(bench))
    status, out, _ = bench.run("evaluate", run.path, "--json")
    assert status == 0
    scores = json.loads(out)["validation"]
    assert scores["scores"]["accuracy"] > 0.95
    stored = np.load(run.predictions)
    # 205 rows: 10 windows, and one that reaches back, of which 5 steps are new; 2 windows are held out; 9 of 10 count
    assert len(stored["validation.target"]) == 22 or len(stored["validation.target"]) == 23
    status, out, _ = bench.run("predict", run.path, "series.csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["row"] for row in rows] == [str(number) for number in range(205)]
    x = [float(line.split(",")[0]) for line in Path("series.csv").read_text().splitlines()[1:]]
    right = [row["prediction"] == ("high" if value > 0 else "low") for row, value in zip(rows, x, strict=True)]
    assert np.mean(right) > 0.95


def test_arrays_with_targets_of_steps(bench: Any) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 6, 2)).astype(np.float32)
    y = np.where(rng.random((60, 6)) < 0.2, -1, x[..., 0] > x[..., 1])
    np.savez("rows.npz", x=x, y=y)
    data = {"name": "npz", "path": "rows.npz", "output": "per_step"}
    model = {"name": "graph", "layers": {"hidden": {"layer": "Dense", "units": 8, "activation": "relu"}}}
    run = bench.trained(bench.experiment(data=data, model=model, training=TRAINING))
    assert run.read("summary.json")["best"]["val_accuracy"] > 0.9
    stored = np.load(run.predictions)
    assert len(stored["validation.target"]) == (y[np.unique(stored["validation.index"] // 2**20)] >= 0).sum()
    np.savez("rows.npz", x=x, y=y[:, :4])
    status, _, err = bench.run("train", bench.experiment(data=data, model=model))
    assert status == 3
    assert "'x' has shape (60, 6, 2) and 'y' (60, 4)" in err


def test_folds_score_each_step_once(bench: Any) -> None:
    path = tagged(bench, kfold={"folds": 3}, training=TRAINING | {"epochs": 2})
    status, _, err = bench.run("kfold", path, "--quiet")
    assert (status, err) == (0, "")
    stored = np.load(find_model("latest", None).predictions)
    assert len(stored["out_of_fold.index"]) == 40 * 4  # 48 sentences without 8 test ones, of 4 words
    assert len(np.unique(stored["out_of_fold.index"])) == 160
    assert len(np.unique(stored["out_of_fold.group"])) == 40


def test_runs_are_compared_and_combined_step_by_step(bench: Any) -> None:
    paths = [tagged(bench, seed=seed, training=TRAINING | {"epochs": 3}) for seed in (1,)]
    first = bench.trained(paths[0])
    second = bench.trained(paths[0], "seed=2")
    status, out, err = bench.run("compare", first.path, second.path)
    assert status == 0, err
    status, out, err = bench.run("ensemble", first.path, second.path)
    assert status == 0, err
    ensemble = find_model("latest", None)
    status, out, err = bench.run("predict", ensemble.path, "--text", "mr paris", "--json")
    assert status == 0, err
    assert len(json.loads(out)["predictions"]) == 2


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ({"model": {"name": "dense"}}, "dense predicts one for the whole row: use conv1d, graph"),
        ({"model": {"name": "conv1d"}}, "set 'padding: same' and 'pooling: 1'"),
        ({"data": {"transforms": ["tokenize", "pad"]}}, "set 'rules: spaces'"),
        ({"data": {"transforms": [*TRANSFORMS, "reverse"]}}, "reverse would move the steps"),
        ({"data": {"transforms": [TRANSFORMS[0], "multi_hot"]}}, "each step of a row has a target"),
        ({"data": {"transforms": [*TRANSFORMS, "one_hot"]}}, "one_hot is for one class in a row"),
        ({"data": {"transforms": [TRANSFORMS[0]]}}, "add 'pad'"),
        ({"model": {"name": "graph", "layers": {"a": {"layer": "Embedding", "output_dim": 4}, "b": {"layer": "Flatten"}}}},
         "the last layer needs 5 vectors, one for each step"),
        ({"training": {"loss": "mse"}}, "mse"),
    ],
)  # fmt: skip
def test_what_does_not_fit_targets_of_steps_is_refused_in_a_line(bench: Any, blocks: Any, message: str) -> None:
    status, out, err = bench.run("check", tagged(bench, **blocks))
    err = out + err
    assert status == 2
    assert message in err
    assert "Traceback" not in err


def test_no_coverage_is_promised_for_steps(bench: Any) -> None:
    run = bench.trained(tagged(bench))
    status, _, err = bench.run("evaluate", run.path, "--coverage", "0.9")
    assert status == 2
    assert "the steps of a row depend on each other" in err
