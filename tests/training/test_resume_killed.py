"""Real processes that are killed with no warning, and what `dlpy resume` makes of what they leave."""

import random
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from commands import started
from machine import wait_until

from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow

EXPERIMENT = """
data: {name: npz, path: rows.npz}
model: {name: dense, units: [16], dropout: 0.4}
training: {epochs: 150, optimizer: {name: adam, learning_rate: 0.0003}}
callbacks:
  - {name: checkpoint, every_seconds: 0}
  - {name: reduce_lr_on_plateau, patience: 9}
"""
SELDOM = "callbacks.0.every_seconds=3600"  # how often a run is written changes nothing else


def metrics() -> str:
    """Return metrics.csv of the only run in `killed`, and of its folds, as far as it is there."""
    found = [*Path("killed").glob("*/metrics.csv"), *Path("killed").glob("*/folds/*/metrics.csv")]
    return "".join(path.read_text() for path in found)


def killed(process: subprocess.Popen, epochs: int) -> None:
    """Kill a process when it has trained for so many epochs, all its folds together."""
    before = metrics().count("\n")

    def trained() -> bool:
        assert process.poll() is None, process.communicate()
        return metrics().count("\n") > before + epochs

    wait_until(trained)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -9, "it was done before it was killed"


def folds(folder: str) -> dict[str, object]:
    """Return what the folds of the only run in a folder gave."""
    (path,) = Path(folder).iterdir()
    rows = {
        file.parent.name: [line.split(",")[:1] + line.split(",")[2:] for line in file.read_text().splitlines()]
        for file in path.glob("folds/*/metrics.csv")
    }
    files = [path / "summary.json", *path.rglob("predictions.npz"), *path.rglob("fold.json")]
    return {**rows, **{str(file.relative_to(path)): file.read_bytes() for file in files}}


def end(folder: str) -> dict[str, bytes | list[list[str]]]:
    (path,) = Path(folder).iterdir()
    names = ("weights", "optimizer", "seeds")
    files = [Run(path).checkpoints / which / f"{name}.npz" for which in ("best", "last") for name in names]
    rows = [line.split(",") for line in Run(path).metrics.read_text().splitlines()]
    content = {f"{file.parent.name}/{file.name}": file.read_bytes() for file in files}
    return {**content, "metrics": [row[:1] + row[2:] for row in rows], "summary": (path / "summary.json").read_bytes()}


def test_a_run_that_is_killed_twice_ends_as_one_that_was_left_alone(bench) -> None:
    rng, moments = np.random.default_rng(5), random.Random(8)
    x = rng.normal(size=(2000, 20)).astype(np.float32)
    np.savez("rows.npz", x=x, y=(x[:, 0] + rng.normal(size=2000) > 0).astype(np.int64))
    path = bench.write(EXPERIMENT)
    killed(started("train", path, "--runs", "killed"), moments.randint(1, 30))
    (folder,) = Path("killed").iterdir()
    assert Run(folder).read("run.json")["status"] == "running"
    killed(started("resume", folder), moments.randint(1, 30))
    assert bench.run("resume", folder)[0] == 0
    assert bench.run("train", path, SELDOM, "--runs", "alone")[0] == 0
    want, got = end("alone"), end("killed")
    assert [name for name in want if want[name] != got[name]] == []


def test_folds_that_are_killed_in_two_processes_end_as_those_that_were_left_alone(bench) -> None:
    rng, moments = np.random.default_rng(6), random.Random(9)
    x = rng.normal(size=(2000, 20)).astype(np.float32)
    np.savez("rows.npz", x=x, y=(x[:, 0] + rng.normal(size=2000) > 0).astype(np.int64))
    path = bench.write(EXPERIMENT + "kfold: {folds: 3}\n")
    killed(started("kfold", path, "--jobs", "2", "--runs", "killed"), moments.randint(10, 60))
    (folder,) = Path("killed").iterdir()
    assert Run(folder).read("run.json")["status"] == "running"
    assert not (folder / "folds/03").exists()
    status, out, err = bench.run("resume", folder)
    assert status == 0, err
    assert "resumed after epoch" in out
    assert Run(folder).read("run.json")["folds"] == {"jobs": 2, "refit": False, "interval": False, "keep_models": False}
    assert bench.run("kfold", path, SELDOM, "--runs", "alone", "--quiet")[0] == 0
    want, got = folds("alone"), folds("killed")
    assert len(want) == 11
    assert [name for name in want.keys() | got.keys() if want.get(name) != got.get(name)] == []
