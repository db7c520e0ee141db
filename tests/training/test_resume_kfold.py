"""A k-fold run that was stopped, in whatever fold, ends with the same bits as one that was left alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dlpy.experiment.experiment import load
from dlpy.runs.directory import Run
from dlpy.runs.how import How
from dlpy.training.kfold import kfold
from dlpy.training.record import Options
from dlpy.training.reporter import Reporter
from dlpy.training.resume import resume

pytestmark = pytest.mark.slow

OFTEN, SELDOM = {"name": "checkpoint", "every_seconds": 0}, {"name": "checkpoint", "every_seconds": 3600}
DROPOUT = {"name": "dense", "units": [6], "dropout": 0.3, "batch_normalization": True}
STOPPING = {"name": "early_stopping", "patience": 2, "min_delta": 0.3}
PHASES = [{"freeze": "all", "epochs": 2}, {"freeze": "none", "learning_rate": 0.003, "epochs": 3}]
CASES: dict[str, dict[str, Any]] = {
    "compiled by XLA, rmsprop": {"training": {"epochs": 5, "jit_compile": True, "optimizer": "rmsprop"}},
    "in steps, stopped early": {"training": {"epochs": 5, "execution": "steps"}, "callbacks": [STOPPING]},
    "phases": {"model": {"name": "dense", "units": [6, 5], "dropout": 0.3}, "training": {"phases": PHASES}},
    "averages": {"training": {"epochs": 5, "optimizer": {"name": "adam", "use_ema": True}}},
}
ADAM = {"epochs": 5, "optimizer": {"name": "adam", "learning_rate": 0.02}}


class Stopping(Reporter):
    """Raises what Ctrl-C would, at the end of an epoch (from 1) of a fold, or of the final model where it is None."""

    def __init__(self, fold: int | None, epoch: int) -> None:
        self._fold, self._epoch = fold, epoch
        self._present: int | None = None
        self.begun: list[int] = []
        self.said: list[str] = []

    def part_begins(self, what: str, number: int, total: int) -> None:
        self._present = number
        self.begun.append(number)

    def part_ended(self, what: str, number: int, total: int, scores: dict[str, float]) -> None:
        self._present = None

    def notice(self, text: str) -> None:
        self.said.append(text)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if (self._present, epoch + 1) == (self._fold, self._epoch):
            raise KeyboardInterrupt


def experiment(case: dict[str, Any], checkpoint: dict[str, Any]) -> Path:
    content = {"data": {"name": "blobs", "rows": 61, "transforms": ["standardize"]}, "kfold": {"folds": 3}}
    content |= {"model": {"name": "dense", "units": [4]}, "training": ADAM, **case}
    content["callbacks"] = [checkpoint, *case.get("callbacks", [])]
    path = Path("experiment.yaml")
    path.write_text(yaml.safe_dump(content))
    return path


def validated(case: dict[str, Any], folder: str, reporter: Reporter, checkpoint: dict[str, Any], how: How) -> Run:
    try:
        return kfold(*load(experiment(case, checkpoint)), Options(Path(folder), folds=how), reporter)
    except KeyboardInterrupt:
        (path,) = Path(folder).iterdir()
        return Run(path)


@pytest.fixture
def copied(bench) -> Callable[..., Run]:
    """A function that returns a run as `validated` does, made once for the same stop and options."""

    def found(case: dict[str, Any], stop: tuple[int | None, int] | None, checkpoint: dict[str, Any], how: How) -> Run:
        def make() -> None:
            validated(case, "runs", Stopping(*stop) if stop else Reporter(), checkpoint, how)

        return bench.once((case, stop, checkpoint, how), make)

    return found


def end(run: Run) -> dict[str, Any]:
    """Return all of a run that must not depend on whether it was interrupted, by its path in the run."""
    found: dict[str, Any] = {}
    for path in sorted(run.path.rglob("*")):
        name = str(path.relative_to(run.path))
        if path.name == "metrics.csv":
            rows = [line.split(",") for line in path.read_text().splitlines()]
            found[name] = [row[:1] + row[2:] for row in rows]
        elif path.name == "config.yaml":
            found[name] = path.read_text().replace("every_seconds: 3600.0", "every_seconds: 0.0")
        elif path.name in ("run.json", "log.txt", ".lock", ".changes.lock", "model.keras"):  # these tell of times
            found[name] = "there"
        elif path.parent.name == "plots":  # their titles are the run's name
            found[name] = "drawn"
        else:
            found[name] = path.read_bytes() if path.is_file() else sorted(child.name for child in path.iterdir())
    return found


def stop_again(run: Run, fold: int | None, epoch: int) -> Stopping:
    """Resume a run and stop it again; return what it told."""
    stopping = Stopping(fold, epoch)
    with pytest.raises(KeyboardInterrupt):
        resume(run, "", stopping, allow_inexact=False)
    return stopping


def differences(one: Run, other: Run) -> list[str]:
    want, got = end(one), end(other)
    return [name for name in want.keys() | got.keys() if want.get(name) != got.get(name)]


def stopped_in_two_folds(case: dict[str, Any], how: How) -> Run:
    """Return a run that was stopped in its second and, resumed, in its third fold."""
    run = validated(case, "stopped", Stopping(2, 3), OFTEN, how)
    assert run.read("run.json")["status"] == "interrupted"
    second = stop_again(run, 3, 1)
    assert second.begun == [2, 3]
    assert [line for line in second.said if "fold" in line][:2] == [
        "1 of 3 folds are done", "fold 2: resumed after epoch 2 of 5",
    ]  # fmt: skip
    return run


@pytest.mark.parametrize("case", CASES)
def test_resumed_folds_end_as_those_that_were_left_alone(case: str, copied) -> None:
    run = stopped_in_two_folds(CASES[case], How())
    third = Stopping(None, 0)
    resume(run, "", third, allow_inexact=False)
    assert third.begun == [3]
    assert differences(copied(CASES[case], None, SELDOM, How()), run) == []
    assert [entry["after_folds"] for entry in run.read("run.json")["resumes"]] == [1, 2]


REFITTED: tuple[Any, ...] = ({"model": DROPOUT}, None, SELDOM, How(refit=True))


def test_folds_and_a_refit_that_were_stopped_end_as_those_that_were_left_alone(copied) -> None:
    run = stopped_in_two_folds({"model": DROPOUT}, How(refit=True))
    assert stop_again(run, None, 4).begun == [3]
    stopped = stop_again(run, None, 5)
    assert stopped.begun == []
    assert "resumed after epoch 3 of the final model" in stopped.said
    resume(run, "", Reporter(), allow_inexact=False)
    assert differences(copied(*REFITTED), run) == []
    assert run.read("summary.json")["refit"]["last"]["epoch"] == 5
    resumes = run.read("run.json")["resumes"]
    assert [entry["after_folds"] for entry in resumes[:2]] == [1, 2]
    assert [entry["after_epoch"] for entry in resumes[2:]] == [3, 4]


def test_the_config_of_a_run_with_a_refit_gives_folds_and_refit_again(copied) -> None:
    run = copied(*REFITTED)
    again = kfold(*load(run.config), Options(Path("again"), folds=How(refit=True)), Reporter())
    assert differences(run, again) == []


def test_a_fold_that_is_done_leaves_no_checkpoint(copied) -> None:
    run = copied({}, (3, 3), OFTEN, How())
    assert (run.path / "folds/03/checkpoints/last").is_symlink()
    assert sorted(path.name for path in (run.path / "folds/01").iterdir()) == [
        ".lock", "fold.json", "metrics.csv", "predictions.npz", "splits.npz",
    ]  # fmt: skip
    told = json.loads((run.path / "folds/01/fold.json").read_text())
    assert set(told["scores"]) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    with np.load(run.path / "folds/01/predictions.npz") as given:
        assert given["prediction"].shape == (len(given["rows"]), 3)


def test_short_folds_write_no_checkpoint(bench) -> None:
    run = validated({}, "runs", Stopping(2, 3), SELDOM, How())
    run.update(status="running")
    assert sorted(path.name for path in (run.path / "folds/02/checkpoints").iterdir()) == ["best", "epoch-0001", "last"]


def test_a_damaged_fold_is_told_with_the_way_out(bench, copied) -> None:
    run = copied({}, (3, 3), OFTEN, How())
    (run.path / "folds/01/predictions.npz").write_bytes(b"")
    rows = (run.path / "folds/03/metrics.csv").read_text()
    status, _, err = bench.run("resume", run.path)
    assert (status, err.count("\n")) == (7, 1)
    assert (run.path / "folds/03/metrics.csv").read_text() == rows, "it was found too late"
    assert f"remove {run.path.resolve() / 'folds/01'}, and `dlpy resume` trains that fold again" in err


def test_other_data_and_options_are_refused_for_folds_too(bench) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 4))
    np.savez("rows.npz", x=x, y=np.arange(60) % 3)
    run = validated({"data": {"name": "npz", "path": "rows.npz"}}, "runs", Stopping(2, 3), OFTEN, How())
    run.config.write_text(run.config.read_text().replace("epochs: 5", "epochs: 6"))
    status, _, err = bench.run("resume", run.path)
    assert (status, f"{run.config} was edited" in err) == (7, True)
    run.config.write_text(run.config.read_text().replace("epochs: 6", "epochs: 5"))
    np.savez("rows.npz", x=x + 1, y=np.arange(60) % 3)
    status, _, err = bench.run("resume", run.path)
    assert (status, "its sha256 differs" in err) == (7, True)
    status, out, err = bench.run("resume", run.path, "--allow-inexact")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1].startswith("run: ")
    assert len(run.read("run.json")["resumes"][0]["inexact"]) == 1


def test_a_k_fold_run_that_is_complete_stays_as_it_is(bench, copied) -> None:
    run = copied(CASES["averages"], None, SELDOM, How())
    before = {file: file.stat().st_mtime_ns for file in run.path.rglob("*")}
    status, out, _ = bench.run("resume", run.path)
    assert (status, out.endswith("is complete: there is nothing to do.\n")) == (0, True)
    assert {file: file.stat().st_mtime_ns for file in run.path.rglob("*")} == before
