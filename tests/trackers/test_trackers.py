"""Runs are sent to trackers by a process of its own; the client here is a fake that writes down its calls."""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from dlpy.runs.directory import Run
from dlpy.runs.history import read_history
from dlpy.trackers import process
from tests.machine import wait_until

pytestmark = pytest.mark.slow

FAKE = Path(__file__).parent / "fake"


@pytest.fixture(autouse=True)
def fake(monkeypatch) -> None:
    """Let dlpy find the fake client, here and in the processes that it starts."""
    monkeypatch.syspath_prepend(str(FAKE))
    for name in [name for name in sys.modules if name.partition(".")[0] == "mlflow"]:
        monkeypatch.delitem(sys.modules, name)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "mlflow"]:
        del sys.modules[name]


def tracked(bench, uri: str = "calls.jsonl", **options: object) -> Path:
    return bench.experiment(callbacks=[{"name": "mlflow", "uri": uri, **options}])


def calls(name: str = "calls.jsonl") -> list[dict]:
    return [json.loads(line) for line in Path(name).read_text().splitlines()]


def logged(found: list[dict], name: str) -> list[tuple[int, float]]:
    items = [item for call in found if call["call"] == "log" for item in call["metrics"] if item["key"] == name]
    return [(item["step"], item["value"]) for item in items]


def weights(run: Run) -> dict[str, bytes]:
    with np.load(run.checkpoints / "best" / "weights.npz") as arrays:
        return {name: arrays[name].tobytes() for name in arrays.files}


def newest() -> Run:
    return Run(max(Path("runs").iterdir()).resolve())


def test_a_tracker_receives_options_scores_files_and_the_model_of_a_training(bench) -> None:
    path = tracked(bench)
    status, out, err = bench.run("train", path)
    assert (status, err) == (0, "")
    assert "mlflow run abc in calls.jsonl" in out
    found, run = calls(), newest()
    history = read_history(run.metrics)
    assert history is not None
    assert logged(found, "val_loss") == list(enumerate(history.curves["val_loss"].tolist(), 1))
    parameters = {key: value for call in found if call["call"] == "log" for key, value in call["params"].items()}
    assert parameters["training.optimizer.learning_rate"] == "0.02"
    assert parameters["model.units"] == "[8]"
    assert parameters["run.data"] == "file"
    files = {call["name"] for call in found if call["call"] == "file"}
    assert {"config.yaml", "metrics.csv", "run.json", "report.html"} <= files
    assert found[-1] == {"call": "end", "light": True, "status": "FINISHED"}
    assert all(call["light"] for call in found)  # the process imports no TensorFlow
    assert logged(found, "best.val_loss") == [(0, run.read("summary.json")["best"]["val_loss"])]


def test_the_model_carries_the_signature_of_its_inputs(bench) -> None:
    assert bench.run("train", tracked(bench), "-q")[0] == 0
    received = Path("received/model")
    assert json.loads((received / "MLmodel").read_text())["signature"] == "float32 (-1, 4) None"
    assert (received / "data" / "model.keras").read_bytes() == newest().model.read_bytes()


@pytest.mark.parametrize("uri", ["calls.jsonl", "broken:calls.jsonl"])
def test_a_tracker_does_not_change_a_bit_of_training(bench, uri: str) -> None:
    plain = weights(bench.trained())
    assert bench.run("train", tracked(bench, uri), "-q")[0] == 0
    assert weights(newest()) == plain


def test_a_tracker_that_fails_is_one_line_and_can_be_completed_later(bench) -> None:
    status, out, err = bench.run("train", tracked(bench, "broken:calls.jsonl"))
    run = newest()
    assert status == 0
    lines = [line for line in (out + err).splitlines() if line.startswith("mlflow: ConnectionError: nobody")]
    assert len(lines) == 1
    assert f"dlpy track runs/{run.id} --to mlflow --uri broken:calls.jsonl" in lines[0]
    assert run.record().status == "completed"
    status, out, err = bench.run("track", run.path, "--to", "mlflow", "--uri", "calls.jsonl")
    assert (status, out, err) == (0, f"what a library prints\n{run.id}: mlflow run abc in calls.jsonl\n", "")
    assert [step for step, _ in logged(calls(), "loss")] == [1, 2, 3]


def test_a_tracker_that_never_answers_does_not_hold_up_a_command(bench, monkeypatch) -> None:
    monkeypatch.setattr(process, "_PATIENCE_SECONDS", 0.5)
    status, _, err = bench.run("train", tracked(bench, "hangs:calls.jsonl"), "-q")
    assert status == 0
    line, left = err.strip(), "is still sending, and continues in the background"
    assert line.endswith(left)
    number = int(line.split()[2])
    os.kill(number, signal.SIGKILL)
    os.waitpid(number, 0)


def test_a_run_is_sent_once_and_continued_after_a_resume(bench) -> None:
    run = bench.trained()
    whole = run.metrics.read_text()
    run.metrics.write_text("".join(whole.splitlines(keepends=True)[:3]))
    options = ("--to", "mlflow", "--uri", "calls.jsonl", "--no-files")
    assert bench.run("track", run.path, *options)[0] == 0
    run.metrics.write_text(whole)
    assert bench.run("track", run.path, *options)[0] == 0
    assert bench.run("track", run.path, *options)[0] == 0
    found = calls()
    assert [step for step, _ in logged(found, "loss")] == [1, 2, 3]
    assert [call["call"] for call in found].count("create") == 1
    assert [call["id"] for call in found if call["call"] == "update"] == ["abc", "abc"]
    assert not [call for call in found if call["call"] in ("file", "model")]


def test_another_place_receives_the_whole_run(bench) -> None:
    run = bench.trained()
    for name in ("one.jsonl", "two.jsonl"):
        assert bench.run("track", run.path, "--to", "mlflow", "--uri", name)[0] == 0
        assert [step for step, _ in logged(calls(name), "loss")] == [1, 2, 3]


def test_a_smoke_test_is_not_sent_and_neither_are_folds(bench) -> None:
    path = tracked(bench)
    status, out, _ = bench.run("train", path, "--smoke")
    assert status == 0
    assert "mlflow: a smoke test is not sent" in out
    status, out, _ = bench.run("kfold", path, "kfold.folds=2")
    assert status == 0
    assert out.count("mlflow: folds and trials are not followed; dlpy track sends the whole run when it is over") == 2
    assert not Path("calls.jsonl").exists()
    assert bench.run("track", "latest", "--to", "mlflow", "--uri", "calls.jsonl")[0] == 0
    assert [step for step, _ in logged(calls(), "loss")] == [1, 2, 3]  # means over the folds


def test_each_of_several_seeds_is_a_run_of_the_tracker(bench) -> None:
    status, _, err = bench.run("train", tracked(bench), "--seeds", "2", "-q")
    assert (status, err) == (0, "")
    wait_until(lambda: [call["call"] for call in calls()].count("end") == 2)
    names = [call["name"] for call in calls() if call["call"] == "create"]
    assert sorted(names) == [f"{newest().id}/seeds/1", f"{newest().id}/seeds/2"]


def test_the_process_ends_with_a_training_that_fails(bench) -> None:
    path = bench.experiment(
        callbacks=[{"name": "mlflow", "uri": "calls.jsonl"}],
        training={"epochs": 50, "optimizer": {"name": "sgd", "learning_rate": 1e30}},
    )
    assert bench.run("train", path, "-q")[0] == 5
    wait_until(lambda: Path("calls.jsonl").exists() and calls()[-1]["call"] == "end")
    assert calls()[-1]["status"] == "FAILED"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--to", "wandb", "--uri", "x"), "--uri: wandb has no such option; leave it out."),
        (("--to", "mlflow", "--offline"), "--offline: mlflow has no such option; leave it out."),
        (
            ("--to", "mlflow", "--uri", "http://elsewhere.org"),
            "uri http://elsewhere.org: DLPY_OFFLINE forbids the network",
        ),
    ],
)
def test_options_of_another_tracker_and_a_forbidden_network_are_errors(bench, arguments, line: str) -> None:
    status, _, err = bench.run("track", "latest", *arguments)
    assert status == 2
    assert err.startswith(f"error: {line}")


def test_a_tracker_that_is_not_installed_is_found_before_training(bench, monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.delitem(sys.modules, "wandb", raising=False)
    status, _, err = bench.run("train", bench.experiment(callbacks=["wandb"]))
    assert status == 2
    assert "wandb is not installed: pip install 'dlpy[wandb]'." in err


def test_a_tracker_that_fails_after_training_is_an_error_of_the_command(bench) -> None:
    run = bench.trained()
    status, _, err = bench.run("track", run.path, "--to", "mlflow", "--uri", "broken:x")
    assert (status, err) == (
        4,
        f"error: mlflow failed for run {run.id}: ConnectionError: nobody answers at this address\n",
    )
