"""What is left, said and returned when training cannot begin or cannot go on."""

import errno
import json
import re
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import pytest

from dlpy.components.callback import Callback
from dlpy.components.hooks import Hooks
from dlpy.core.signals import Stopped
from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow

HUGE = {"name": "sgd", "learning_rate": 1e30}
NUMBERS = {"name": "blobs", "task": "regression"}


class Raising(Callback):
    """Ends training in the middle, as Ctrl-C, a signal or a bug would."""

    name: Literal["raising"] = "raising"
    what: Literal["ctrl_c", "signal", "bug"] = "ctrl_c"
    """What happens at the end of the second epoch."""

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        return RaisingHooks({"ctrl_c": KeyboardInterrupt(), "signal": Stopped(15), "bug": ValueError("oh")}[self.what])


class RaisingHooks(Hooks):
    def __init__(self, error: BaseException) -> None:
        self._error = error

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if epoch == 1:
            raise self._error


def only_run(bench) -> Run:
    (path,) = bench.folder.glob("runs/2*")
    return Run(path)


def one_line(err: str) -> str:
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    return err.strip()


def weights(run: Run) -> list[np.ndarray]:
    """Return every array of every checkpoint of a run."""
    found = []
    for path in run.checkpoints.rglob("weights.npz"):
        with np.load(path) as arrays:
            found += [arrays[name] for name in arrays.files]
    return found


def test_a_loss_that_is_not_finite_ends_training(bench) -> None:
    path = bench.experiment(data=NUMBERS, training={"epochs": 9, "optimizer": HUGE})
    status, _, err = bench.run("train", path)
    assert status == 5
    assert re.match(
        r"error: loss became (inf|nan) in epoch 1, steps? \d+( to \d+)?, at a learning rate of 1e\+\d+\. Try a smaller",
        one_line(err),
    )
    record = only_run(bench).read("run.json")
    assert record["status"] == "diverged"
    assert "became" in record["exit_reason"]
    assert weights(only_run(bench)) == []
    status, _, err = bench.run("evaluate", "latest")
    assert status == 7
    assert "has no checkpoint 'best'" in one_line(err)


def test_what_was_best_before_training_diverged_is_kept(bench) -> None:
    jump = {"name": "learning_rate_schedule", "rates": {1: 0.001, 3: 1e30}}
    path = bench.experiment(data=NUMBERS, training={"epochs": 9, "optimizer": "sgd"}, callbacks=[jump])
    assert bench.run("train", path)[0] == 5
    run = only_run(bench)
    assert json.loads((run.checkpoints / "best" / "state.json").read_text())["epoch"] == 2
    assert len(weights(run)) == 4
    assert all(np.isfinite(array).all() for array in weights(run))
    assert bench.run("evaluate", "latest", "--split", "test")[0] == 0


def test_a_last_step_that_spoils_the_weights_is_noticed_without_validation_rows(bench) -> None:
    x = np.random.default_rng(1).normal(scale=100.0, size=(20, 3))
    np.savez("rows.npz", x=x, y=x[:, 0] * 100)
    how = {"epochs": 1, "batch_size": 20, "optimizer": {"name": "sgd", "learning_rate": 1e38}}
    path = bench.experiment(data={"name": "npz", "path": "rows.npz", "validation": None}, training=how)
    status, _, err = bench.run("train", path)
    assert status == 5
    assert one_line(err).startswith("error: a weight became NaN or infinite in epoch 1, at a learning rate of ")
    assert only_run(bench).read("run.json")["status"] == "diverged"
    assert weights(only_run(bench)) == []


@pytest.mark.parametrize(("what", "status"), [("ctrl_c", 130), ("signal", 143)])
def test_stopped_training_leaves_its_best_epoch_and_names_the_command_that_goes_on(
    bench, what: str, status: int
) -> None:
    path = bench.experiment(callbacks=[{"name": "raising", "what": what}], training={"epochs": 5})
    ended, _, err = bench.run("train", path)
    run = only_run(bench)
    assert (ended, run.read("run.json")["status"]) == (status, "interrupted")
    assert err.rstrip().endswith(f"to resume: dlpy resume runs/{run.id}")
    assert len(run.metrics.read_text().splitlines()) == 3
    assert bench.run("evaluate", "latest", "--split", "validation")[0] == 0


@pytest.mark.parametrize(("stop", "status"), [(KeyboardInterrupt(), 130), (Stopped(15), 143)])
def test_a_stop_that_python_wraps_is_a_stop_all_the_same(bench, monkeypatch, stop, status) -> None:
    def wrapped(*_: object, **__: object) -> None:
        raise RuntimeError("Error calling __set_name__") from stop

    monkeypatch.setattr("dlpy.cli.main.parser", lambda: wrapped)
    assert bench.run("train", bench.experiment())[0] == status
    monkeypatch.undo()
    monkeypatch.chdir(bench.folder)
    monkeypatch.setattr("dlpy.training.train.draw_all", wrapped)
    given, _, err = bench.run("train", bench.experiment())
    assert (given, err.count("\n"), "to resume: dlpy resume" in err) == (status, 1, True)
    assert only_run(bench).read("run.json")["status"] == "interrupted"


def test_a_bug_is_told_with_its_traceback(bench) -> None:
    path = bench.experiment(callbacks=[{"name": "raising", "what": "bug"}])
    status, _, err = bench.run("train", path)
    assert status == 1
    assert "Traceback" in err
    assert "ValueError: oh" in err
    assert "ValueError: oh" in only_run(bench).log.read_text().split("Traceback")[1]
    assert only_run(bench).read("run.json")["status"] == "failed"


def test_no_run_directory_is_left_after_a_mistake_in_the_file(bench) -> None:
    assert bench.run("train", bench.experiment(), "training.epohcs=3")[0] == 2
    assert bench.run("train", bench.experiment(model={"name": "convnet"}))[0] == 2
    assert list(bench.folder.glob("runs/*")) == []


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.full((9, 2), np.nan), "y": np.arange(9.0)}, "is nan"),
        ({"x": np.zeros((9, 2)), "y": np.full(9, np.inf)}, "the target is inf"),
        ({"x": np.zeros((9, 2)), "y": np.arange(8.0)}, "'x' has 9 rows, 'y' has 8"),
        ({"x": np.zeros((30, 2)), "y": np.arange(30) // 29 + np.arange(30) % 2}, "class 2 has no training rows"),
    ],
)
def test_no_run_directory_is_left_after_a_problem_of_the_data(bench, arrays, message: str) -> None:
    np.savez("rows.npz", **arrays)
    data = {"name": "npz", "path": "rows.npz", "validation": {"count": 3, "take": "last"}}
    status, _, err = bench.run("train", bench.experiment(data=data))
    assert status == 3
    assert message in one_line(err)
    assert list(bench.folder.glob("runs/*")) == []


def test_data_that_is_not_there_is_an_error_unless_the_file_allows_a_stand_in(bench) -> None:
    data = {"name": "npz", "path": "missing.npz"}
    status, _, err = bench.run("train", bench.experiment(data=data))
    assert status == 3
    assert one_line(err) == "error: there is no file missing.npz."


def test_a_file_in_place_of_the_runs_folder_is_told_before_any_work(bench) -> None:
    Path("runs").write_text("")
    status, out, err = bench.run("train", bench.experiment())
    assert (status, out) == (6, "")
    assert one_line(err).startswith("error: cannot write runs")


@pytest.mark.parametrize(
    "victim",
    [
        "run.json", "config.yaml", "log.txt", "transforms.npz", "splits.npz", "metrics.csv", "weights.npz", "state.json",
        "summary.json", "predictions.npz",
    ],
)  # fmt: skip
def test_a_full_disk_is_told_in_one_line(bench, victim: str, monkeypatch) -> None:
    real = Path.open

    def full(self: Path, mode: str = "r", *arguments, **options):
        if self.name.endswith(victim) and mode != "r" and mode != "rb":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", full)
    status, _, err = bench.run("train", bench.experiment(training={"epochs": 1}))
    assert status == 6
    way_on = r"( The run so far: (\S+); to resume: dlpy resume \2)?"
    assert re.fullmatch(rf"error: cannot write \S+: No space left on device\.{way_on}", one_line(err))
    assert [path for path in bench.folder.rglob(".*") if path.name not in (".probe", ".lock", ".changes.lock")] == []


def test_a_disk_that_is_full_at_the_very_end_is_told_in_one_line(bench, monkeypatch) -> None:
    def full(self, *arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(keras.Model, "save", full)
    status, _, err = bench.run("train", bench.experiment(training={"epochs": 1}))
    assert status == 6
    assert "model.keras: No space left on device. The run so far: runs/" in one_line(err)
    assert only_run(bench).read("run.json")["status"] == "failed"


def table(rows: np.ndarray) -> dict[str, np.ndarray]:
    return {"x": rows, "y": rows @ np.array([1.0, 2.0]), "group": np.arange(len(rows)) // 3}


ROWS = np.random.default_rng(8).normal(size=(60, 2))
CHANGES = {
    "one number": table(ROWS + np.eye(60, 2) * 1e-6),
    "the order": table(ROWS[::-1].copy()),
    "the type": table(ROWS.astype(np.float32)),
    "the groups, and so which rows are held out": table(ROWS) | {"group": np.arange(60) // 4},
}


def test_data_that_changed_since_the_run_is_refused(bench) -> None:
    np.savez("rows.npz", **table(ROWS))  # type: ignore
    data = {"name": "npz", "path": "rows.npz", "group": "group"}
    bench.trained(bench.experiment(data=data))
    for what, arrays in CHANGES.items():
        np.savez("rows.npz", **arrays)  # type: ignore
        status, _, err = bench.run("evaluate", "latest")
        assert (what, status) == (what, 3)
        assert "has changed since run" in one_line(err)
    assert not (only_run(bench).path / "evaluation.json").exists()
    np.savez("rows.npz", **table(ROWS))  # type: ignore
    assert bench.run("evaluate", "latest")[0] == 0


def test_a_damaged_run_is_told_in_one_line(bench) -> None:
    data = {"name": "blobs", "transforms": ["standardize"]}
    bench.trained(bench.experiment(data=data, training={"epochs": 1}))
    for victim in ("transforms.npz", "checkpoints/best/weights.npz", "checkpoints/best/state.json", "run.json"):
        path = only_run(bench).path / victim
        content = path.read_bytes()
        for damage in (None, b"", content[: len(content) // 2], b"PK\x03\x04" + b"\xff" * 60):
            path.unlink(missing_ok=True)
            if damage is not None:
                path.write_bytes(damage)
            status, _, err = bench.run("evaluate", only_run(bench).id)
            assert (victim, damage, status) == (victim, damage, 7), err
            one_line(err)
        path.write_bytes(content)
    assert bench.run("evaluate", "latest")[0] == 0
