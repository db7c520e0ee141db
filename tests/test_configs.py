"""Every example trains: cut down to one epoch of a few generated rows."""

from pathlib import Path

import pytest

from dlpy.config import load
from dlpy.kfold import How, kfold
from dlpy.records import Options
from dlpy.training import Reporter, train

CONFIGS = sorted((Path(__file__).parents[1] / "configs").rglob("*.yaml"))


def test_there_are_configs() -> None:
    assert len(CONFIGS) >= 25


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_config_trains(bench, path: Path) -> None:
    experiment, document = load(path)
    run = train(experiment, document, Options(Path("runs"), smoke=True), Reporter())
    summary, record = run.read("summary.json"), run.read("run.json")
    assert record["status"] == "completed"
    assert record["smoke"] is True
    assert record["data"]["source"] == "stand-in"
    assert summary["best"]["epoch"] == 1
    assert summary["best"]["loss"] > 0
    assert 0 < summary["rows"]["train"] <= 256
    assert summary["baseline"]
    assert run.model.is_file()


@pytest.mark.parametrize("path", [path for path in CONFIGS if "kfold:" in path.read_text()], ids=lambda path: path.stem)
def test_the_config_is_validated_by_folds(bench, path: Path) -> None:
    experiment, document = load(path, ["kfold.repeats=1"])
    run = kfold(experiment, document, Options(Path("runs"), kind="kfold", smoke=True), Reporter(), How())
    assert len(run.read("summary.json")["folds"]) == experiment.kfold.folds


def test_smoke_on_the_command_line_is_one_epoch_of_generated_rows(bench) -> None:
    path = next(path for path in CONFIGS if path.stem == "mnist_dense")
    status, out, err = bench.run("train", path, "--smoke")
    assert (status, err) == (0, "")
    assert "*** STAND-IN DATA ***" in out
    assert "epoch 1/1" in out
    assert (bench.folder / "runs").is_dir()
