"""How far runs have come, read from directories that the tests write."""

import json
import os
import time
from pathlib import Path

import pytest

from dlpy.runs.directory import Run
from dlpy.runs.lock import locked
from dlpy.runs.machine import trained_here
from dlpy.runs.progress import progress_of

CONFIG = "training: {epochs: 10, metrics: [mae]}\n"
HEADER = "epoch,seconds,learning_rate,loss,val_loss,val_mae\n"


def rows(*losses: float, seconds: float = 2.0) -> str:
    """Return a metrics.csv with these validation losses, an epoch every two seconds."""
    return HEADER + "".join(f"{at},{at * seconds},0.1,1.0,{loss},{loss / 2}\n" for at, loss in enumerate(losses, 1))


def made(path: Path, metrics: str | None, config: str = CONFIG, **record: object) -> Run:
    path.mkdir(parents=True)
    data = {"source": "file", "description": "a table", "sha256": "0"}
    whole = {"kind": "train", "status": "running", "smoke": False, "data": data} | record
    (path / "run.json").write_text(json.dumps(whole))
    (path / "config.yaml").write_text(config)
    if metrics is not None:
        (path / "metrics.csv").write_text(metrics)
    return Run(path)


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "runs"


def test_a_training_shows_its_epochs_scores_and_what_is_left(folder) -> None:
    run = made(folder / "20260101-000000-a", rows(5.0, 3.0, 4.0))
    with locked(run):
        found = progress_of(run)
    assert (found.status, found.done, found.total, found.unit) == ("running", 3, 10, "epochs")
    assert found.last == {"val_loss": 4.0, "val_mae": 2.0}
    assert (found.monitor, found.best, found.seconds) == ("val_loss", 3.0, 6.0)
    assert found.left is not None
    assert 12 <= found.left <= 14  # seven epochs of two seconds, less what the current one has taken


def test_the_pace_is_that_of_the_last_epochs(folder) -> None:
    text = HEADER + "".join(f"{at},{100 + at},0.1,1,1,1\n" for at in range(1, 7))  # 101 seconds, then one for each
    run = made(folder / "20260101-000000-a", text)
    os.utime(run.metrics, (time.time(),) * 2)
    with locked(run):
        left = progress_of(run).left
    assert left is not None
    assert 3 <= left <= 4


def test_before_its_first_epoch_a_run_has_no_scores_and_no_time_left(folder) -> None:
    run = made(folder / "20260101-000000-a", "")
    with locked(run):
        found = progress_of(run)
    assert (found.done, found.total, found.last, found.best, found.left) == (0, 10, {}, None, None)


def test_the_best_of_a_score_where_more_is_better_is_the_largest(folder) -> None:
    config = "training: {epochs: 3}\ncallbacks: [{name: checkpoint, monitor: val_accuracy}]\n"
    text = rows(0.5, 0.9, 0.7).replace("val_loss", "val_accuracy")
    found = progress_of(made(folder / "20260101-000000-a", text, config))
    assert (found.monitor, found.best) == ("val_accuracy", 0.9)
    assert list(found.last) == ["val_accuracy", "val_mae"]


def test_an_undefined_score_is_neither_the_best_nor_zero(folder) -> None:
    found = progress_of(made(folder / "20260101-000000-a", HEADER + "1,2,0.1,1,,\n"))
    assert found.best is None
    assert found.last["val_loss"] != found.last["val_loss"]


def test_a_run_without_validation_rows_shows_its_training_scores_and_no_best(folder) -> None:
    found = progress_of(made(folder / "20260101-000000-a", "epoch,seconds,learning_rate,loss\n1,2,0.1,0.5\n"))
    assert (found.last, found.best) == ({"loss": 0.5}, None)


@pytest.mark.parametrize(("record", "status"), [({}, "killed"), ({"status": "completed", "seconds": 9.0}, "completed")])
def test_a_run_that_nobody_trains_has_no_time_left(folder, record, status: str) -> None:
    found = progress_of(made(folder / "20260101-000000-a", rows(1.0), **record))
    assert (found.status, found.left) == (status, None)
    assert found.seconds == record.get("seconds", 2.0)


def test_epochs_of_phases_are_added(folder) -> None:
    config = "training: {phases: [{epochs: 2}, {epochs: 5}]}\n"
    assert progress_of(made(folder / "20260101-000000-a", rows(1.0), config)).total == 7


def test_folds_count_and_what_is_left_follows_from_their_epochs(folder) -> None:
    config = "training: {epochs: 4}\nkfold: {folds: 4, repeats: 1}\n"
    run = made(folder / "20260101-000000-a", None, config, kind="kfold", folds={"jobs": 1})
    for number, losses in ((1, (3.0, 2.0, 1.0, 1.5)), (2, (5.0, 4.0))):
        part = made(run.path / "folds" / f"{number:02}", rows(*losses), config)
        (part.path / "run.json").unlink()
    (run.path / "folds" / "01" / "fold.json").write_text("{}")
    with locked(run):
        found = progress_of(run)
    assert (found.done, found.total, found.unit, found.seconds) == (1, 4, "folds", 12.0)
    assert found.last["val_loss"] == 4.0
    assert found.left == pytest.approx(12 * (4 - 1.5) / 1.5)  # one and a half of four folds took 12 seconds


def test_a_damaged_run_is_named_so(folder) -> None:
    run = made(folder / "20260101-000000-a", "not,a table\n")
    assert progress_of(run).status == "damaged"
    (run.path / "run.json").write_text("{")
    assert progress_of(run).status == "damaged"


@pytest.mark.parametrize(
    "config", ["[1]", "training: 3\ncallbacks: 4\n", "callbacks: [checkpoint]\ntraining: {phases: [1]}\n"]
)
def test_a_strange_config_leaves_the_number_of_epochs_unknown(folder, config: str) -> None:
    found = progress_of(made(folder / "20260101-000000-a", rows(1.0), config))
    assert found.total is None


def test_runs_of_this_machine_are_found_by_their_locks(folder) -> None:
    run = made(folder / "20260101-000000-a", rows(1.0))
    assert run.path not in [found.path for found in trained_here()]
    with locked(run):
        assert run.path in [found.path for found in trained_here()]


def test_watch_prints_once_into_a_pipe(bench, folder) -> None:
    assert bench.run("watch") == (0, "No run is being trained, and none has ended in the last 10 minutes.\n", "")
    run = made(folder / "20260101-000000-a", rows(5.0, 3.0))
    with locked(run):
        status, out, _ = bench.run("watch", "--once")
    header, line = out.splitlines()
    assert status == 0
    assert header.split() == ["run", "status", "progress", "last", "scores", "best", "took", "left"]
    assert line.startswith(
        "20260101-000000-a  running  ##.......... 2/10 epochs  val_loss 3  val_mae 1.5  val_loss 3  0:04  0:1"
    )


def test_watch_leaves_out_runs_that_ended_long_ago(bench, folder) -> None:
    run = made(folder / "20260101-000000-a", rows(5.0), status="completed", seconds=3700.0)
    assert "completed" in bench.run("watch")[1]
    assert json.loads(bench.run("watch", "--json")[1])[0]["seconds"] == 3700.0
    for name in ("run.json", "metrics.csv"):
        os.utime(run.path / name, (time.time() - 700,) * 2)
    assert "completed" not in bench.run("watch")[1]
    assert "1:01:40" in bench.run("watch", "--minutes", "20")[1]
