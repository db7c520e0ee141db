"""`dlpy resume`: what it goes on with, what it refuses, and what it says."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import pytest

from dlpy.components.callback import Callback
from dlpy.components.hooks import Hooks
from dlpy.runs.directory import Run
from dlpy.storage.atomic import beside

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_graphs")]

OFTEN, TRIPPING = {"name": "checkpoint", "every_seconds": 0}, {"name": "tripping"}


class Tripping(Callback):
    """Fails at the end of an epoch while the file `trip` holds its number."""

    name: Literal["tripping"] = "tripping"

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        return TrippingHooks()


class TrippingHooks(Hooks):
    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if Path("trip").is_file() and Path("trip").read_text() == str(epoch + 1):
            raise KeyboardInterrupt

    def state(self) -> dict[str, Any]:
        return {}


class Counting(Callback):
    """Keeps a state that JSON cannot hold, or none."""

    name: Literal["counting"] = "counting"
    wrong: bool = False

    def build(self, run: Run, directions: dict[str, str]) -> Any:
        return WrongHooks() if self.wrong else keras.callbacks.Callback()


class WrongHooks(Hooks):
    def state(self) -> dict[str, Any]:
        return {"best": np.float32(1.0)}


@pytest.fixture
def stopped(bench) -> Callable[..., Run]:
    """A function that returns a run of 5 epochs that was stopped in one of them, trained once for the same options."""

    def found(at: int = 3, callbacks: tuple[dict[str, Any], ...] = (OFTEN,), **blocks: Any) -> Run:
        blocks = {"training": {"epochs": 5}, **blocks, "callbacks": [*callbacks, TRIPPING]}
        return bench.once((at, blocks), lambda: stop(at, bench.experiment(**blocks)))

    def stop(at: int, experiment: Path) -> None:
        Path("trip").write_text(str(at))
        status, _, err = bench.run("train", experiment)
        assert status == 130, err
        Path("trip").unlink()

    return found


def rows(run: Run) -> list[int]:
    return [int(line.split(",")[0]) for line in run.metrics.read_text().splitlines()[1:]]


@pytest.mark.plots
def test_the_latest_run_goes_on_after_its_last_checkpoint_and_leaves_nothing_of_an_earlier_state(
    bench, stopped
) -> None:
    run = stopped()
    assert bench.run("evaluate", run.id)[0] == 0
    assert (run.path / "evaluation.json").exists()
    assert list(run.plots.glob("*-test.png"))
    status, out, err = bench.run("resume", "latest")
    assert (status, err) == (0, "")
    assert "resumed after epoch 2 of 5\nepoch 3/5" in out
    assert out.endswith(f"run: runs/{run.id}\n")
    assert rows(run) == [1, 2, 3, 4, 5]
    record = run.read("run.json")
    assert (record["status"], record["resumes"][0]["after_epoch"], record["resumes"][0]["inexact"]) == (
        "completed",
        2,
        [],
    )
    seconds = [float(line.split(",")[1]) for line in run.metrics.read_text().splitlines()[1:]]
    assert seconds == sorted(seconds)
    assert record["seconds"] >= seconds[-1]
    assert {path.name for path in run.path.iterdir()} >= {"summary.json", "predictions.npz", "model.keras", "plots"}
    assert not (run.path / "evaluation.json").exists()
    with np.load(run.predictions) as arrays:
        assert not [name for name in arrays.files if name.startswith("test.")]
    assert not list(run.plots.glob("*-test.png"))


@pytest.fixture
def complete(bench) -> Run:
    """A run of 5 epochs that nothing stopped."""
    return bench.trained(bench.experiment(training={"epochs": 5}, callbacks=[OFTEN]))


def test_a_run_that_is_complete_stays_as_it_is(bench, complete: Run) -> None:
    path = complete.path
    before = {file: file.stat().st_mtime_ns for file in path.rglob("*")}
    status, out, _ = bench.run("resume", "latest")
    assert (status, out) == (0, f"runs/{path.name} is complete: there is nothing to do.\n")
    assert {file: file.stat().st_mtime_ns for file in path.rglob("*")} == before


def test_a_run_killed_between_training_and_its_last_files_is_finished(bench, complete: Run) -> None:
    run = complete
    weights, summary = (run.checkpoints / "best/weights.npz").read_bytes(), run.read("summary.json")
    run.update(status="running", exit_reason=None)
    for name in ("summary.json", "predictions.npz", "model.keras"):
        (run.path / name).unlink()
    status, out, _ = bench.run("resume", run.id)
    assert status == 0
    assert "epoch 1/5" not in out
    assert run.read("summary.json") == summary
    assert (run.checkpoints / "best/weights.npz").read_bytes() == weights
    assert (run.path / "predictions.npz").is_file()
    assert rows(run) == [1, 2, 3, 4, 5]


def test_a_run_killed_before_its_first_checkpoint_begins_again(bench, stopped) -> None:
    run = stopped(at=1)
    run.metrics.write_text("epoch,seconds,lea")  # as a crash of the whole machine may leave it
    status, out, _ = bench.run("resume", run.id)
    assert status == 0
    assert "resumed after epoch 0 of 5" in out
    assert rows(run) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("name", ["optimizer.npz", "manifest.json"])
def test_a_damaged_checkpoint_is_told_and_the_one_before_takes_its_place(bench, stopped, name: str) -> None:
    run = stopped(at=4)
    (run.checkpoints / "last" / name).write_bytes(b"")
    status, out, err = bench.run("resume", run.id)
    assert status == 0, err
    assert "damaged" in out
    assert "The checkpoint before it takes its place.\nresumed after epoch 2 of 5" in out
    assert rows(run) == [1, 2, 3, 4, 5]


def test_without_a_checkpoint_that_is_whole_nothing_is_touched(bench, stopped) -> None:
    run = stopped(at=4)
    for path in run.checkpoints.glob("epoch-*/weights.npz"):
        path.write_bytes(b"")
    before = run.metrics.read_text()
    status, _, err = bench.run("resume", run.id)
    assert status == 7
    assert f"run {run.id} cannot be resumed from any checkpoint: " in err
    assert run.metrics.read_text() == before
    assert len(list(run.checkpoints.glob("epoch-*/weights.npz"))) >= 2


def test_other_versions_threads_and_options_are_refused_and_shown(bench, stopped) -> None:
    run = stopped()
    record = run.read("run.json")
    run.update(threads=99, versions={**record["versions"], "keras": "3.0.1"})
    run.config.write_text(run.config.read_text().replace("epochs: 5", "epochs: 6"))
    status, _, err = bench.run("resume", run.id)
    assert status == 7
    assert f"keras: 3.0.1 then, {keras.__version__} now" in err
    assert f"threads: 99 then, {record['threads']} now" in err
    assert f"{run.config} was edited" in err
    assert "--allow-inexact" in err
    assert bench.run("resume", run.id, "--allow-inexact", "--quiet")[1:] == (f"runs/{run.id}\n", "")
    assert rows(run) == [1, 2, 3, 4, 5, 6]
    assert len(run.read("run.json")["resumes"][0]["inexact"]) == 3


def test_other_data_is_refused_and_shown(bench, stopped) -> None:
    def save(shift: float) -> None:
        x = np.random.default_rng(1).normal(size=(80, 4)).astype(np.float32) + np.float32(shift)
        np.savez("rows.npz", x=x, y=np.arange(80) % 2)

    save(0.0)
    run = stopped(data={"name": "npz", "path": "rows.npz"})
    save(0.5)
    status, _, err = bench.run("resume", run.id)
    assert status == 7
    assert "data: " in err
    assert "its sha256 differs" in err
    assert run.read("run.json")["status"] == "interrupted"
    assert bench.run("resume", run.id, "--allow-inexact")[0] == 0
    assert bench.run("evaluate", run.id)[0] == 0  # the scores are those of the rows that it was trained on last


def test_runs_tells_a_run_whose_process_is_gone(bench, stopped) -> None:
    run = stopped()
    run.update(status="running")
    assert json.loads(bench.run("runs", "--json")[1])[0]["status"] == "killed"
    with (run.path / ".lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert json.loads(bench.run("runs", "--json")[1])[0]["status"] == "running"


def test_diverged_runs_and_folds_of_an_older_dlpy_are_refused_in_one_line(bench, stopped) -> None:
    run = stopped()
    run.update(kind="kfold")
    status, _, err = bench.run("resume", "latest")
    assert (status, err.count("\n"), "k-fold run of an earlier dlpy, which kept no folds" in err) == (7, 1, True)
    run.update(kind="train", status="diverged", exit_reason="loss became nan in epoch 2.")
    status, _, err = bench.run("resume", "latest")
    assert (status, err.count("\n"), "diverged (loss became nan in epoch 2.)" in err) == (7, 1, True)


def test_a_second_process_is_told_who_trains_and_removes_only_what_a_killed_one_left(bench, stopped) -> None:
    run = stopped()
    with (run.path / ".lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("process 4711 on elsewhere\n")
        lock.flush()
        status, _, err = bench.run("resume", run.id)
    assert (status, err) == (7, f"error: run {run.id} is already being trained by process 4711 on elsewhere.\n")
    ended = subprocess.Popen(["true"])
    ended.wait()
    machine = beside(Path("x")).name.partition("@")[2].partition("-")[0]
    gone = f".{ended.pid}@{machine}-"
    left = [f"checkpoints/{gone}epoch-0009", f".{os.getpid()}@{machine}-model.keras", f"plots/{gone}loss.png"]
    for name in left:
        (run.path / name).parent.mkdir(exist_ok=True)
        (run.path / name).write_bytes(b"half")
    (run.path / left[0]).unlink()
    (run.path / left[0]).mkdir()
    (run.path / left[0] / "weights.npz").write_bytes(b"half")
    (run.checkpoints / f"{gone}last").symlink_to("epoch-0009")
    kept = {f".{os.getppid()}@{machine}-evaluation.json", f".{ended.pid}@0000000a-model.keras"}  # another machine's
    for name in kept:
        (run.path / name).write_text("")
    assert bench.run("resume", run.id)[0] == 0
    hidden = {str(path.relative_to(run.path)) for path in run.path.rglob(".*")}
    assert hidden == {".lock", ".changes.lock"} | kept


def test_a_run_goes_on_with_no_other_options_than_its_own(bench, stopped) -> None:
    run = stopped()
    status, _, err = bench.run("resume", run.id, "training.epochs=9")
    config = f"runs/{run.id}/config.yaml"
    assert (status, err.count("\n"), f"for a new run with it: dlpy train {config} training.epochs=9" in err) == (
        2,
        1,
        True,
    )


def test_only_folds_are_trained_in_several_processes(bench, stopped) -> None:
    run = stopped()
    status, _, err = bench.run("resume", "latest", "--jobs", "2")
    assert (status, err) == (2, f"error: --jobs: run {run.id} has no folds or seeds; leave this option out.\n")


def test_a_callback_that_keeps_no_state_is_announced(bench, stopped) -> None:
    run = stopped(callbacks=(OFTEN, {"name": "counting"}))
    _, out, _ = bench.run("resume", run.id)
    assert "callback counting restarts: it kept no state" in out
    assert "tripping restarts" not in out


def test_a_state_that_cannot_be_written_is_told(bench) -> None:
    status, _, err = bench.run("train", bench.experiment(callbacks=[{"name": "counting", "wrong": True}]))
    assert status == 2
    said = "error: callback 'counting': its state() cannot be stored as JSON: "
    (run,) = Path("runs").iterdir()
    assert err == f"{said}Object of type float32 is not JSON serializable. The run so far: {run}\n"


def test_a_damaged_best_checkpoint_is_named_as_what_is_in_the_way(bench, stopped) -> None:
    run = stopped(at=5)
    best = (run.checkpoints / "best").resolve()
    last = (run.checkpoints / "last").resolve()
    if best == last:  # the last epoch was the best
        pytest.skip("no checkpoint of its own for the best epoch")
    (best / "optimizer.npz").write_bytes(b"")
    status, _, err = bench.run("resume", run.id)
    assert status == 7
    assert f"{best / 'optimizer.npz'} is damaged" in err
    assert f"It was the best checkpoint when {last.name} was written." in err
    assert err.endswith(f"Start a new run: dlpy train {run.config}\n")


def test_checkpoints_that_somebody_removed_are_missed_at_the_next_write(bench, monkeypatch) -> None:
    experiment = bench.experiment(callbacks=[OFTEN, {"name": "tripping"}], training={"epochs": 5})
    with monkeypatch.context() as patch:
        patch.setattr(TrippingHooks, "on_epoch_end", lambda self, epoch, logs: _remove_after(2, epoch))
        status, _, err = bench.run("train", experiment)
    assert status == 6
    assert "checkpoints was removed during training." in err
    assert "to resume: dlpy resume" in err
    status, out, err = bench.run("resume", "latest")
    assert (status, "resumed after epoch 0 of 5" in out) == (0, True), err


def _remove_after(number: int, epoch: int) -> None:
    if epoch + 1 == number:
        (run,) = Path("runs").glob("2*")
        shutil.rmtree(run / "checkpoints")
