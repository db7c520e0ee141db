"""Signals to real processes: what they say, what they leave, and that nothing goes on behind them."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from commands import started
from machine import seconds, wait_until

from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow

FIRST_STEP = """
from pathlib import Path
from typing import Literal
from dlpy.components.hooks import Hooks
from dlpy.components.callback import Callback

class FirstStep(Callback):
    name: Literal["first_step"] = "first_step"

    def build(self, run, directions):
        return FirstStepHooks()

class FirstStepHooks(Hooks):
    def on_train_batch_end(self, batch, logs=None):
        Path("first-step").touch()
"""


@pytest.fixture
def endless(workplace: Path) -> Path:
    """An experiment that is not done before it is stopped."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(3000, 20)).astype(np.float32)
    np.savez("rows.npz", x=x, y=(x[:, 0] > 0).astype(np.int64))
    path = workplace / "endless.yaml"
    path.write_text(
        "data: {name: npz, path: rows.npz}\nmodel: dense\ntraining: {epochs: 1000000, jit_compile: false}\nkfold: {folds: 2}\n"
    )
    return path


def lines(pattern: str) -> int:
    """Return how many lines the files of the only run have that match the pattern."""
    return sum(len(path.read_text().splitlines()) for path in Path("runs").glob(f"*/{pattern}"))


def group_is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_no_fold_goes_on_when_its_kfold_is_stopped(endless: Path, number: int, status: int) -> None:
    process = started("kfold", endless, "--jobs", 2)
    try:
        wait_until(lambda: lines("folds/*/metrics.csv") > 4)
        process.send_signal(number)
        _, err = process.communicate(timeout=seconds(20))
        assert process.returncode == status
        assert "Traceback" not in err
        wait_until(lambda: group_is_gone(process.pid))
    finally:
        if not group_is_gone(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
    (run,) = map(Run, Path("runs").iterdir())
    assert json.loads((run.path / "run.json").read_text())["status"] == ("running" if status == -9 else "interrupted")


def test_ctrl_c_pressed_twice_leaves_a_run_that_can_be_evaluated(endless: Path, bench) -> None:
    process = started("train", endless, "data.validation=null", "data.test=0.2")
    wait_until(lambda: lines("metrics.csv") > 3)
    for _ in range(3):
        process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=seconds(20))
    (run,) = map(Run, Path("runs").iterdir())
    assert process.returncode == 130
    left = f"The run so far: runs/{run.id}; to resume: dlpy resume runs/{run.id}"
    assert err == f"stopped by Ctrl-C. {left}\n"
    assert run.read("run.json")["status"] == "interrupted"
    assert bench.run("evaluate", run.id)[0] == 0


def test_sigterm_ends_training_after_its_step_and_records_no_half_epoch(endless: Path) -> None:
    often = "callbacks=[{name: checkpoint, every_steps: 2000}]"
    process = started("train", endless, "training.steps_per_epoch=1000000", "training.batch_size=4", often)
    wait_until(lambda: any(Path("runs").glob("*/checkpoints/unfinished")))
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=seconds(20))
    (run,) = map(Run, Path("runs").iterdir())
    assert process.returncode == 143
    left = f"The run so far: runs/{run.id}; to resume: dlpy resume runs/{run.id}"
    assert err == f"stopped by SIGTERM. {left}\n"
    assert run.read("run.json")["status"] == "interrupted"
    assert run.metrics.read_text() == ""
    assert sorted(path.name.partition("-step-")[0] for path in run.checkpoints.iterdir()) == [
        "epoch-0000",
        "unfinished",
    ]
    state = json.loads((run.checkpoints / "unfinished" / "state.json").read_text())
    assert (state["epoch"], 0 < state["step"] < 1000000) == (0, True)


def test_folds_in_processes_of_their_own_keep_the_step_that_they_were_in(endless: Path, bench) -> None:
    often = "callbacks=[{name: checkpoint, every_steps: 2000}]"
    long = ("training.steps_per_epoch=1000000", "training.batch_size=4")
    process = started("kfold", endless, "--jobs", 2, *long, often)
    wait_until(lambda: len(list(Path("runs").glob("*/folds/*/checkpoints/unfinished"))) == 2)
    os.killpg(process.pid, signal.SIGTERM)  # as a job queue sends it: to all
    _, err = process.communicate(timeout=seconds(30))
    (run,) = map(Run, Path("runs").iterdir())
    assert process.returncode == 143
    assert err.count("\n") == 1
    assert err.endswith(f"to resume: dlpy resume runs/{run.id}\n")
    kept = [path.name for path in run.path.glob("folds/*/checkpoints/*")]
    assert kept.count("unfinished") == 2
    assert not [name for name in kept if name.startswith(".")]


def test_a_signal_that_two_senders_pass_on_counts_once(endless: Path) -> None:
    Path("first_step.py").write_text(FIRST_STEP)
    never = "callbacks=[{name: checkpoint, every_minutes: null}, first_step]"
    long = ("training.steps_per_epoch=1000000", "training.batch_size=4")
    process = started("train", endless, *long, never, "plugins=[first_step.py]")
    wait_until(Path("first-step").exists)
    for _ in range(2):
        process.send_signal(signal.SIGTERM)
    process.communicate(timeout=seconds(30))
    assert process.returncode == 143
    (run,) = map(Run, Path("runs").iterdir())
    assert (run.checkpoints / "unfinished").is_symlink()


def test_training_whose_output_nobody_reads_stops_without_a_traceback(endless: Path) -> None:
    process = started("train", endless)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    process.wait(timeout=seconds(60))
    assert process.returncode == 128 + signal.SIGPIPE
    assert process.stderr.read() == ""
    process.stderr.close()
    (run,) = map(Run, Path("runs").iterdir())
    assert run.read("run.json")["status"] == "interrupted"
    assert run.read("run.json")["exit_reason"] == "standard output was closed"
