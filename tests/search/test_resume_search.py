"""A search that was stopped, wherever it was, finds the same as one that was left alone."""

import json
import random
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from commands import started
from machine import wait_until

from dlpy.callbacks._trial_checkpoint import TrialCheckpointHooks
from dlpy.cluster import pool
from dlpy.runs.directory import Run
from dlpy.search import group_files, loop, trainer
from dlpy.search.member_hooks import MemberHooks
from dlpy.training.together import Saver

pytestmark = pytest.mark.slow

EXPERIMENT: dict[str, Any] = {
    "data": {"name": "blobs", "rows": 60, "noise": 1.0, "validation": {"fraction": 0.3}},
    "model": {"name": "dense", "units": [4], "dropout": 0.3},
    "training": {"epochs": 4, "optimizer": {"name": "adam", "learning_rate": {"search": [1e-3, 0.3], "scale": "log"}}},
    "callbacks": [{"name": "checkpoint", "every_seconds": 0}],
}
PLACES = [(TrialCheckpointHooks, "on_epoch_end"), (trainer, "write_predictions"), (trainer, "write_result")]
PLACES_TOGETHER = [
    (Saver, "after"),
    (MemberHooks, "on_epoch_end"),
    (group_files, "write_result"),
    (loop, "append_trial"),
]
CASES: dict[str, dict[str, Any]] = {
    "pruned": {"search": {"trials": 6, "pruner": "halving", "together": 1}},
    "folds": {"search": {"trials": 2, "folds": True, "together": 1}, "kfold": {"folds": 2}},
    "together": {"search": {"trials": 10, "together": 3, "pruner": "halving"}},
    "folds together": {"search": {"trials": 5, "together": 2, "folds": True}, "kfold": {"folds": 2}},
    "tpe": {
        "search": {"trials": 12, "sampler": "tpe", "together": 1},
        "training": {**EXPERIMENT["training"], "epochs": 1},
    },
}


def found(folder: Path) -> dict[str, Any]:
    """Return all of a search that must not depend on whether it was stopped."""
    log = [json.loads(line) for line in (folder / "trials.jsonl").read_text().splitlines()]
    trials = sorted(({**trial, "seconds": 0} for trial in log), key=lambda trial: trial["number"])
    rows = {
        str(path.relative_to(folder)): [line.split(",")[:1] + line.split(",")[2:] for line in path.open()]
        for path in folder.glob("trials/**/metrics.csv")
    }
    files = [folder / "summary.json", folder / "best.yaml", *folder.glob("trials/**/*.npz")]
    return {"trials": trials, **rows, **{str(path.relative_to(folder)): path.read_bytes() for path in files}}


def only(folder: str) -> Path:
    (path,) = Path(folder).iterdir()
    return path


def interrupting(at: int, method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that raises what Ctrl-C does when it is called the `at`-th time."""
    calls = iter(range(1, at + 1))

    def called(*arguments: Any, **options: Any) -> Any:
        if next(calls, 0) == at:
            raise KeyboardInterrupt
        return method(*arguments, **options)

    return called


@pytest.mark.parametrize("case", CASES)
def test_a_search_that_was_stopped_anywhere_finds_the_same(case: str, bench, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = random.Random(case)
    path = bench.experiment(**{**EXPERIMENT, **CASES[case]})
    assert bench.run("search", path, "--runs", "alone", "--quiet")[0] == 0
    places = PLACES_TOGETHER if "together" in case else PLACES
    arguments: tuple[Any, ...] = ("search", path, "--runs", "stopped", "--quiet")
    for kind, name in places:
        with monkeypatch.context() as patch:
            patch.setattr(kind, name, interrupting(moments.randint(1, 2), getattr(kind, name)))
            status, _, err = bench.run(*arguments)
        assert status == 130
        assert "to resume: dlpy resume " in err
        assert err.endswith(f"{only('stopped')}\n")
        arguments = ("resume", only("stopped"), "--quiet")
    with (only("stopped") / "trials.jsonl").open("a") as file:
        file.write('{"number": 9')  # what is left of a line by a process that is killed
    assert bench.run(*arguments)[0] == 0
    want, got = found(only("alone")), found(only("stopped"))
    assert [name for name in want.keys() | got.keys() if want.get(name) != got.get(name)] == []
    assert len(Run(only("stopped")).read("run.json")["resumes"]) == len(places)


def test_the_same_command_with_resume_goes_on(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bench.experiment(**{**EXPERIMENT, "search": {"trials": 2}})
    with monkeypatch.context() as patch:
        patch.setattr(trainer, "write_result", interrupting(2, trainer.write_result))
        assert bench.run("search", path, "--quiet")[0] == 130
    status, out, _ = bench.run("search", path, "--resume")
    assert status == 0
    assert "1 of 2 trials are done" in out
    assert len(list(Path("runs").iterdir())) == 1


def test_a_changed_search_file_and_the_log_of_another_search_are_refused(
    bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bench.experiment(**{**EXPERIMENT, "search": {"trials": 2}})
    with monkeypatch.context() as patch:
        patch.setattr(trainer, "write_result", interrupting(1, trainer.write_result))
        assert bench.run("search", path, "--quiet")[0] == 130
    line = {"number": 1, "point": {"of.another": 1}, "shown": {}, "status": "failed", "score": None, "epoch": None}
    log = only("runs") / "trials.jsonl"
    log.write_text(json.dumps(line | {"epochs": 0, "scores": {}, "curve": []}) + "\n")
    status, _, err = bench.run("resume", only("runs"))
    assert status == 7
    assert "trial 1 has the option 'of.another', which is no range in search.yaml" in err
    log.unlink()
    file = only("runs") / "search.yaml"
    file.write_text(file.read_text().replace("trials: 2", "trials: 3"))
    status, _, err = bench.run("resume", only("runs"))
    assert status == 7
    first, second, *_ = err.splitlines()
    assert first.startswith("error: resuming run ")
    assert second == f"  {file.resolve()} was edited or removed"


def killed(process: subprocess.Popen, trials: int) -> None:
    """Kill a search when so many trials more are logged."""

    def logged() -> int:
        return sum(path.read_text().count("\n") for path in Path("killed").glob("*/trials.jsonl"))

    before = logged()

    def went_on() -> bool:
        assert process.poll() is None, process.communicate()
        return logged() >= before + trials

    wait_until(went_on)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -9, "it was done before it was killed"


@contextmanager
def this_process(workers: int, option: str) -> Iterator[Callable[..., Future[Any]]]:
    """Do at once, in this process, what is submitted to several: starting those takes most of the time."""

    def submit(function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*arguments))
        return future

    yield submit


def test_a_search_in_processes_that_was_killed_finds_what_one_process_finds(
    bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(200, 5)).astype(np.float32)
    np.savez("rows.npz", x=x, y=(x[:, 0] > 0).astype(np.int64))
    search = {"trials": 9, "pruner": "median", "together": 1}
    content = {**EXPERIMENT, "data": {"name": "npz", "path": "rows.npz"}, "search": search}
    path = bench.write(yaml.safe_dump({**content, "training": {**EXPERIMENT["training"], "epochs": 20}}))
    killed(started("search", path, "--workers", 2, "--runs", "killed"), 3)
    monkeypatch.setattr(pool, "processes", this_process)
    assert bench.run("resume", only("killed"), "--quiet")[0] == 0
    assert Run(only("killed")).record().search.workers == 2  # type: ignore
    assert bench.run("search", path, "--workers", 2, "--runs", "alone", "--quiet")[0] == 0
    want, got = found(only("alone")), found(only("killed"))
    assert [name for name in want.keys() | got.keys() if want.get(name) != got.get(name)] == []
