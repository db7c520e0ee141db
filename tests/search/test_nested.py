"""Nested cross-validation of a search, and searches over noise; classic models, which need no Keras."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from dlpy.cli.main import main
from dlpy.runs.directory import Run
from dlpy.search import nested, worth

pytestmark = pytest.mark.slow

MODEL = {"name": "linear", "penalty": {"search": [0.01, 100.0], "scale": "log"}}


def searched(bench, search: dict, **blocks: object) -> Run:
    known = {"data": {"name": "blobs", "rows": 90, "noise": 1.0, "validation": {"fraction": 0.3}}, "training": {}}
    path = bench.experiment(**{**known, "model": MODEL, "search": search, **blocks})

    def run() -> None:
        status, _, err = bench.run("search", path, "--quiet")
        assert (status, err) == (0, "")

    return bench.once("search", run)


def of_outer(run: Run) -> dict:
    return run.read("summary.json")["nested"]


def test_each_outer_fold_is_scored_on_rows_that_its_search_never_saw(bench) -> None:
    run = searched(bench, {"trials": 2, "nested": 3, "monitor": "val_accuracy"})
    found, seen = of_outer(run), []
    assert (found["score"], [fold["rows"] for fold in found["folds"]]) == ("accuracy", [30, 30, 30])
    for number in (1, 2, 3):
        inner = run.path / "outer" / f"{number:02d}"
        with np.load(inner / "outer.npz") as rows, np.load(inner / "trials/0001/predictions.npz") as trial:
            held_out, used = rows["held_out"], rows["train"]
            assert len({*held_out, *used}) == 90
            assert not {*held_out} & {*trial["rows"]}  # nor are trials compared on them
        with np.load(inner / "refit/splits.npz") as splits:
            assert (sorted(splits["train"]), sorted(splits["test"])) == (sorted(used), sorted(held_out))
        seen += held_out.tolist()
    assert sorted(seen) == list(range(90))
    scores = [fold["scores"]["accuracy"] for fold in found["folds"]]
    assert found["mean"]["accuracy"] == pytest.approx(np.mean(scores))
    assert found["standard_error"]["accuracy"] == pytest.approx(np.std(scores, ddof=1) / 3**0.5)
    (line,) = nested.lines(found)
    assert line.startswith(f"nested cross-validation: accuracy {np.mean(scores):.4g} +- ")


def test_a_search_stopped_in_an_outer_fold_ends_with_the_same_scores(bench) -> None:
    run = searched(bench, {"trials": 2, "nested": 2})
    expected, first = of_outer(run), (run.path / "outer/01/summary.json").read_bytes()
    inner = run.path / "outer/02"
    log = (inner / "trials.jsonl").read_text().splitlines(keepends=True)
    (inner / "trials.jsonl").write_text(log[0])
    shutil.rmtree(inner / "refit")
    for path in (run.path / "summary.json", inner / "summary.json"):
        path.unlink()
    run.update(status="interrupted")
    assert main(["resume", str(run.path), "--quiet"]) == 0
    assert of_outer(run) == expected
    assert (run.path / "outer/01/summary.json").read_bytes() == first


def test_folds_for_more_rows_than_there_are_end_before_the_search(bench) -> None:
    path = bench.experiment(data={"name": "blobs", "rows": 12}, model=MODEL, training={}, search={"nested": 50})
    status, _, err = bench.run("search", path, "--quiet")
    assert status == 3
    assert "50 folds need at least 50 rows; there are 12" in err
    assert not [*Path("runs").glob("*")]


@pytest.mark.parametrize("search", [{}, {"folds": True}, {"seeds": 2}])
def test_a_search_over_noise_finds_nothing(bench, search: dict) -> None:
    rng = np.random.default_rng(0)
    np.savez(bench.folder / "noise.npz", x=rng.normal(size=(160, 6)).astype("f4"), y=rng.integers(0, 2, 160))
    data = {"name": "npz", "path": "noise.npz", "validation": {"fraction": 0.5}}
    run = searched(bench, {"trials": 6, "monitor": "val_accuracy", **search}, data=data)
    found = run.read("summary.json")["worth"]
    assert found["found"] is False
    assert found["rows"] == (160 if "folds" in search else 80)
    assert found["expected"] == pytest.approx(0.5, abs=0.1)
    assert ("optimism_by_folds" in found) == ("folds" in search)
    assert "nothing was found" in worth.lines(found)[-1]


def test_what_is_learnt_is_found(bench) -> None:
    run = searched(bench, {"trials": 3})
    found = run.read("summary.json")["worth"]
    assert (found["score"], found["found"]) == ("val_loss", True)
