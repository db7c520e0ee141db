"""Ensembles and comparisons that end while their files are written leave nothing that is taken for a result."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from dlpy.ensembles import combine
from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(4)
X = RNG.normal(size=(200, 2)).round(4)


class Killed(BaseException):
    """Ends a command as a signal does."""


def members(bench) -> list[Path]:
    answers = np.where(X[:, 0] > 0, "yes", "no")
    lines = [f"{x},{y},{value}" for (x, y), value in zip(X, answers, strict=True)]
    bench.write("\n".join(["x,y,answer", *lines]) + "\n", "table.csv")
    data = {"name": "csv", "path": "table.csv", "target": "answer", "test": 0.3, "validation": 0.4}
    names = ("linear", "naive_bayes")
    return [bench.trained(bench.experiment(f"{name}.yaml", data=data, model=name, training={})).path for name in names]


@pytest.mark.parametrize("stage", ["write_config", "_summary", "save_shown", "_how", "environment"])
@pytest.mark.parametrize("kept", [False, True], ids=["ended", "killed"])
def test_an_ensemble_that_is_not_whole_is_no_run(bench, stage: str, kept: bool) -> None:
    paths = members(bench)
    before = bench.run("runs")

    def killed(*arguments: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(combine, stage, killed)
        if kept:  # as kill -9 leaves it: nobody removes what is there
            patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(Killed):
            bench.run("ensemble", *paths, "--name", "both")
    assert len(list(Path("runs").glob("*-both"))) == kept
    assert bench.run("runs") == before
    status, out, _ = bench.run("runs", "--verify")
    assert (status, "run.json is missing" in out) == (7 * kept, kept)
    status, _, err = bench.run("evaluate", "both")
    assert (status, len(err.splitlines())) == (7, 1)
    status, out, err = bench.run("ensemble", *paths, "--name", "both", "--json")
    assert (status, err) == (0, "")
    assert bench.run("runs", "--verify", json.loads(out)["run"])[0] == 0


def test_scores_that_were_not_written_leave_those_before(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    status, out, _ = bench.run("ensemble", *members(bench), "--json")
    run = Run(Path(json.loads(out)["run"]))
    assert (status, bench.run("evaluate", run.path, "--split", "validation")[0]) == (0, 0)
    before = run.read("evaluation.json")

    def killed(*_: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "change", killed)
        with pytest.raises(Killed):
            bench.run("evaluate", run.path, "--split", "validation")
    assert run.read("evaluation.json") == before
    assert bench.run("runs", "--verify", run.path)[0] == 0
    assert bench.run("evaluate", run.path, "--split", "validation")[0] == 0
    assert run.read("evaluation.json") == before


def test_a_comparison_that_is_not_whole_leaves_the_picture_before(bench) -> None:
    from PIL import Image

    paths = members(bench)
    picture = Path("compared.png")
    picture.write_bytes(b"before")

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image.Image, "save", killed)
        with pytest.raises(Killed):
            bench.run("compare", *paths, "--plot", picture)
    assert picture.read_bytes() == b"before"
    assert bench.run("compare", *paths, "--plot", picture)[0] == 0
    assert picture.read_bytes()[1:4] == b"PNG"
    assert sorted(Path().glob("*.png")) == [Path("compared-curves.png"), picture]
