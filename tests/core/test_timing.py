"""Stages add up to the whole, each moment belongs to the innermost, and nothing is measured unless asked."""

import json

import pytest

from dlpy.core import timing
from dlpy.core.timing import Stages, stage, table
from tests.commands import started


def test_each_moment_belongs_to_the_innermost_stage():
    stages = Stages(began=0.0, now=1.0)
    stages.enter("epochs", 3.0)
    stages.enter("tracing", 4.0)
    stages.leave(4.5)
    stages.leave(7.0)
    assert stages.seconds(7.25) == {"interpreter": 1.0, "dlpy": 2.0, "tracing": 0.5, "epochs": 3.5, "other": 0.25}


def test_a_stage_that_fails_ends():
    stages = Stages(0.0, 0.0)
    timing._stages = stages
    try:
        with pytest.raises(ZeroDivisionError), stage("reading"):
            raise ZeroDivisionError
        assert stages._stack == ["other"]
    finally:
        timing._stages = None


def test_the_table_shows_shares():
    assert table({"epochs": 3.0, "plots": 1.0, "tracing": 0.001}) == [
        "epochs              3.00 s   75.0%",
        "plots               1.00 s   25.0%",
        "together            4.00 s",
    ]


def test_nothing_is_measured_unless_asked(monkeypatch):
    monkeypatch.delenv("DLPY_TIMING", raising=False)
    timing.begin()
    assert timing.seconds() is None


@pytest.mark.slow
def test_a_command_shows_its_stages_and_the_run_keeps_them(bench, monkeypatch):
    (bench.folder / "rows.csv").write_text("a,b\n" + "\n".join(f"{n},{2 * n}" for n in range(50)))
    path = bench.experiment(data={"name": "csv", "path": "rows.csv", "target": "b", "task": "regression"})
    monkeypatch.setenv("DLPY_TIMING", "1")
    process = started("train", path)
    _, err = process.communicate()
    assert process.returncode == 0
    shown = {line[:16].strip() for line in err.splitlines()}
    (record,) = (json.loads(file.read_text()) for file in bench.folder.glob("runs/*/run.json"))
    wanted = {"interpreter", "dlpy", "TensorFlow", "building", "tracing", "first steps", "epochs", "model.keras"}
    assert wanted <= set(record["stages"])
    assert {"interpreter", "TensorFlow", "plots", "together"} <= shown
    assert sum(record["stages"].values()) > record["seconds"]
