"""`dlpy runs` shows the folds of a k-fold run, and the runs of several seeds, if that run is named."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.slow

BLOCKS = {"data": {"name": "blobs", "rows": 60}, "kfold": {"folds": 3}, "training": {"epochs": 2}}


def test_a_named_k_fold_run_lists_its_folds(bench) -> None:
    path = bench.experiment(**BLOCKS)
    run = bench.once("folds", lambda: bench.run("kfold", path, "--quiet"))
    status, out, err = bench.run("runs", run.path)
    assert (status, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["fold", "status", "epochs", "seconds", "loss", "accuracy", "val_loss", "val_accuracy"]
    assert [line[:3] for line in lines[1:]] == [[f"{number}", "completed", "2"] for number in (1, 2, 3)]
    folds = run.read("summary.json")["folds"]
    rows = json.loads(bench.run("runs", run.path, "--json", "--sort", "val_accuracy")[1])
    assert [row["val_accuracy"] for row in rows] == sorted((fold["val_accuracy"] for fold in folds), reverse=True)
    assert "Did you mean 'val_loss'?" in bench.run("runs", run.path, "--sort", "val_los")[2]
    (run.path / "folds" / "02" / "fold.json").unlink()
    (run.path / "folds" / "03" / "fold.json").write_text("{")
    rows = json.loads(bench.run("runs", run.path, "--json")[1])
    assert [row["status"] for row in rows] == ["completed", "unfinished", "damaged"]
    assert len(bench.run("runs", run.path, "latest")[1].splitlines()) == 3  # of several runs, each is one line


def test_a_named_run_of_several_seeds_lists_the_run_of_each(bench) -> None:
    path = bench.experiment(**BLOCKS)
    run = bench.once("seeds", lambda: bench.run("train", path, "--seeds", "2", "--quiet"))
    rows = json.loads(bench.run("runs", run.path, "--json")[1])
    assert [row["id"] for row in rows] == [f"{run.id}/seeds/1", f"{run.id}/seeds/2"]
    best = [seed["best"]["val_loss"] for seed in run.read("summary.json")["seeds"]]
    assert [row["val_loss"] for row in rows] == best
