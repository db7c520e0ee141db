"""Trainings on a cluster end with the files of those on this machine."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from dlpy.runs.directory import Run
from tests.chaos.__main__ import outcome
from tests.pretend_cluster import pretend

__all__ = ["pretend"]
pytestmark = pytest.mark.slow
ON = ("--on", "pretend://here")


@pytest.fixture
def path(bench) -> Path:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(60, 3))
    np.savez("rows.npz", x=x, y=x @ [1.0, 2.0, 3.0])
    blocks = {
        "data": {"name": "npz", "path": "rows.npz", "transforms": ["standardize"]},
        "model": {"name": "dense", "units": [4], "dropout": 0.3},
        "training": {"epochs": 2, "together": False},
        "kfold": {"folds": 2},
    }
    return bench.write(yaml.safe_dump(blocks))


def made(bench, *arguments: object) -> Run:
    status, _, err = bench.run(*arguments, "--quiet")
    assert (status, err) == (0, "")
    return Run(max(bench.folder.glob("runs/2*"), key=lambda run: run.stat().st_mtime))


def test_folds_on_a_cluster_give_the_bits_of_folds_in_processes(bench, path: Path, pretend) -> None:
    here, there = made(bench, "kfold", path), made(bench, "kfold", path, *ON, "--jobs", "1")
    assert here.id != there.id
    assert outcome(there) == outcome(here)
    record = there.read("run.json")
    assert (record["place"]["on"], record["tasks"][0]["differences"]) == ("pretend://here", [])


def test_an_interrupted_search_is_resumed_on_a_cluster(bench, path: Path, pretend, monkeypatch) -> None:
    values = yaml.safe_load(path.read_text())
    values["model"]["units"] = {"search": {"choices": [[2], [3]]}}
    values["search"] = {"trials": 4, "workers": 1, "together": 1, "sampler": "random"}
    file = bench.write(yaml.safe_dump(values), "search.yaml")
    here = made(bench, "search", file, *ON)
    alone = outcome(here)
    log = here.path / "trials.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:2]))
    here.update(status="interrupted")
    again = made(bench, "resume", here.id, *ON)
    assert again == here
    assert outcome(here) == alone


def test_a_run_of_one_training_is_not_moved_to_a_cluster(bench, path: Path, pretend) -> None:
    run = made(bench, "train", path)
    run.update(status="interrupted")
    status, _, err = bench.run("resume", run.id, *ON)
    assert (status, err.count("\n")) == (7, 1)
    assert err.endswith("has no folds, seeds or trials; leave this option out.\n")


def test_classic_models_are_fitted_on_a_cluster_to_the_same_scores(bench, path: Path, pretend) -> None:
    run = made(bench, "train", path)
    names = ("--with", "linear,svm", "--json")
    (_, here, _), (_, there, err) = bench.run("rivals", run.id, *names), bench.run("rivals", run.id, *names, *ON)
    assert err == ""
    found = [json.loads(text)["rivals"] for text in (here, there)]
    scores = [{name: told["scores"] for name, told in rivals.items()} for rivals in found]
    assert scores[0].keys() == {"linear", "svm"}
    assert scores[1] == scores[0]
