"""Trainings in several processes, and on several parts of the CPU, which only a process of its own can divide."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from commands import started
from machine import seconds, wait_until

from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow

FAKE_TRACKER = Path(__file__).parents[1] / "trackers" / "fake"
EXPERIMENT = """
data: {name: npz, path: rows.npz, validation: 20}
model: {name: dense, units: [8], dropout: 0.3, regularizer: {l2: 0.01}}
training: {epochs: 40, batch_size: 8, optimizer: {name: adam, learning_rate: 0.0003}, jit_compile: false}
callbacks:
  - {name: checkpoint, every_seconds: 0}
  - {name: early_stopping, patience: 50}
  - {name: mlflow, uri: calls.jsonl}
"""


def written(folder: Path) -> Path:
    rng = np.random.default_rng(4)
    y = np.arange(173) % 3  # the last of the 20 batches has one row, and one worker none
    np.savez(folder / "rows.npz", x=rng.normal(y[:, None], 1.0, (173, 5)).astype(np.float32), y=y)
    (folder / "experiment.yaml").write_text(EXPERIMENT)
    return folder / "experiment.yaml"


def addresses() -> str:
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return ",".join(f"127.0.0.1:{probe.getsockname()[1]}" for probe in (one, other))


def both(*arguments: object) -> list[subprocess.Popen[str]]:
    at = addresses()
    return [started(*arguments, "--quiet", "--workers", at, "--rank", rank) for rank in (0, 1)]


def ended(processes: list[subprocess.Popen[str]]) -> list[tuple[int, str]]:
    found = []
    for process in processes:
        _, error = process.communicate(timeout=seconds(60))
        found.append((process.returncode, error))
    return found


def state(run: Run) -> dict[str, np.ndarray]:
    found = {}
    for name in ("weights", "optimizer", "seeds"):
        with np.load(run.checkpoints / "last" / f"{name}.npz") as arrays:
            found |= {f"{name} {key}": arrays[key] for key in arrays.files}
    return found


def only(folder: str) -> Run:
    (path,) = Path(folder).iterdir()
    return Run(path)


def test_a_killed_worker_ends_the_other_and_both_resume_to_the_same_bits(bench, monkeypatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(FAKE_TRACKER))
    monkeypatch.syspath_prepend(str(FAKE_TRACKER))
    path = written(bench.folder)
    assert ended(both("train", path, "--runs", "alone")) == [(0, ""), (0, "")]
    calls = [json.loads(line) for line in Path("calls.jsonl").read_text().splitlines()]
    assert [call["status"] for call in calls if call["call"] == "end"] == ["FINISHED"]  # the first process sends alone
    first, second = both("train", path, "--runs", "killed")
    wait_until(lambda: any(file.read_text().count("\n") > 3 for file in Path("killed").glob("*/metrics.csv")))
    second.send_signal(signal.SIGKILL)
    (status, error), _ = ended([first, second])
    assert status == 4
    assert error.startswith("error: worker 1 (127.0.0.1:")
    assert "is gone: " in error
    run = only("killed")
    assert run.read("run.json")["status"] == "failed"
    status, _, error = bench.run("resume", run.path)
    assert status == 7
    assert "replicas (workers x devices): 2 x 1 then, 1 x 1 now" in error
    assert ended(both("resume", run.path)) == [(0, ""), (0, "")]
    alone, resumed = state(only("alone")), state(run)
    for name, array in alone.items():
        np.testing.assert_array_equal(array, resumed[name], name)
    assert run.read("run.json")["resumes"][0]["inexact"] == []


def test_a_frozen_worker_ends_the_other_in_one_line(bench) -> None:
    path = written(bench.folder)
    path.write_text(EXPERIMENT[: EXPERIMENT.index("  - {name: early_stopping")])  # it would end too soon
    first, second = both("train", path, "--runs", "frozen", "training.epochs=100000")
    wait_until(lambda: any(file.read_text().count("\n") > 3 for file in Path("frozen").glob("*/metrics.csv")))
    second.send_signal(signal.SIGSTOP)
    ((status, error),) = ended([first])
    assert (status, error.count("\n")) == (4, 1)
    assert "does not answer for 8 s" in error
    second.send_signal(signal.SIGCONT)
    ((status, error),) = ended([second])
    assert (status, error.count("\n")) == (4, 1)
    assert error.startswith("error: worker 0 (127.0.0.1:")


PROGRAM = """
import json, sys
import numpy as np
from dlpy.engine import devices
names = devices.prepare("4 cpu")
import keras
from dlpy.components.model import Model
from dlpy.data.features import Padded
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.engine.engine import Engine
from dlpy.engine.plan import Execution, Plan
from dlpy.engine.replicas import Replicas
from dlpy.training.network import new_model

rng = np.random.default_rng(5)
x, lengths = rng.normal(size=(51, 5)).astype(np.float32), rng.integers(1, 10, 51)
splits, values = np.concatenate([[0], np.cumsum(lengths)]), rng.integers(1, 20, lengths.sum()).astype(np.int32)
words = Padded(values, splits, 9, front=False)
y = np.arange(51) % 2
cases = {
    "dense": ({"name": "dense", "units": [6], "regularizer": {"l2": 0.1}}, Input("array", (5,)), x),
    "convnet": ({"name": "convnet", "filters": [[3]]}, Input("array", (8, 8, 1)), rng.random((51, 8, 8, 1), np.float32)),
    "lstm": ({"name": "rnn", "units": [4]}, Input("sequence", (9,), 20, padding="back"), words),
    "dropout": ({"name": "dense", "units": [6], "dropout": 0.5, "batch_normalization": True}, Input("array", (5,)), x),
}


def trained(family, given, rows, execution):
    task = Task.single(given, Output("binary"))
    chosen = Model.registry.get(family["name"]).model_validate(family)
    model = new_model(chosen.resolved(task), task, 1)
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    engine = Engine(model, execution, masks_padding=chosen.masks_padding)
    weight = np.linspace(0.5, 1.5, 51).astype(np.float32)
    engine.fit(Rows.single(rows, y), None, Plan(8, 2, 1, weight), [])  # the last batch has 3 rows, and one replica none
    scores = {name: float(value) for name, value in model.get_metrics_result().items()}
    return [v.numpy() for v in model.weights], scores, [v.numpy().tolist() for v in model.variables if "seed" in v.path]


found = {}
for name, case in cases.items():
    several = Execution("epoch", replicas=Replicas(names))
    one, four, again = (trained(*case, how) for how in (Execution("epoch"), several, several))
    found[name] = {
        "weights": max(float(np.abs(a - b).max()) for a, b in zip(one[0], four[0])),
        "scores": max(abs(one[1][score] - four[1][score]) for score in one[1]),
        "again": all((a == b).all() for a, b in zip(four[0], again[0])),
        "seeds": one[2] == four[2],
        "finite": all(np.isfinite(a).all() for a in four[0]),
    }
print(json.dumps(found))
"""


def test_four_parts_of_the_cpu_train_as_one_device_does() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=environment(root), timeout=seconds(60)
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == ["dense", "convnet", "lstm", "dropout"]
    for name, case in found.items():
        assert case["again"], name
        assert case["seeds"], name
        assert case["finite"], name
        if name != "dropout":  # whose masks, means and variances differ by replica
            assert case["weights"] < 1e-5, name
            assert case["scores"] < 1e-5, name
    assert found["dropout"]["weights"] > 1e-3


def environment(root: Path) -> dict[str, str]:
    import os

    return os.environ | {"PYTHONPATH": str(root), "TF_CPP_MIN_LOG_LEVEL": "3"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": {"name": "vae"}}, "--workers: vae has training steps of its own that workers could share"),
        ({"model": {"name": "linear"}}, "--workers: linear has no batches that workers could share"),
        ({"training": {"jit_compile": True}}, "training.jit_compile: XLA compiles for one process: with --workers"),
        ({"training": {"batch_size": 1}}, "training.batch_size: 1 rows per step are fewer than the 2 replicas"),
    ],
)
def test_what_workers_cannot_share_is_refused_before_they_wait(bench, options: dict, message: str) -> None:
    data = {"name": "mnist", "fallback": "stand_in"} if "vae" in message else {"name": "blobs"}
    path = bench.experiment(**{"data": data, "training": {}, **options})
    status, _, error = bench.run("train", path, "--workers", "127.0.0.1:1,127.0.0.1:2", "--rank", 0)
    assert status == 2
    assert message in error
