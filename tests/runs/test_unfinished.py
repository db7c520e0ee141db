"""`dlpy train --resume` and `dlpy kfold --resume`: the same command, given again until it is done."""

import fcntl
from pathlib import Path
from typing import Any, Literal

import pytest

from dlpy.components.callback import Callback
from dlpy.components.hooks import Hooks
from dlpy.experiment.experiment import load
from dlpy.runs.directory import Run
from dlpy.training.record import fingerprint

pytestmark = pytest.mark.slow

OFTEN = {"name": "checkpoint", "every_seconds": 0}
NONE = "no unfinished run of this experiment: starting a new run\n"


class Breaking(Callback):
    """Fails once, at the end of the third epoch, as long as the file `break` is there."""

    name: Literal["breaking"] = "breaking"

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        return BreakingHooks()


class BreakingHooks(Hooks):
    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if epoch == 2 and Path("break").is_file():
            Path("break").unlink()
            raise KeyboardInterrupt

    def state(self) -> dict[str, Any]:
        return {}


def given(bench, **blocks: Any) -> Path:
    return bench.experiment(**{"callbacks": [OFTEN, {"name": "breaking"}], "training": {"epochs": 5}, **blocks})


def runs(bench) -> list[str]:
    return sorted(path.name for path in bench.folder.glob("runs/2*"))


def begins_anew(bench, *command: object) -> bool:
    """Return whether a command that is to resume starts a new run, which is stopped then."""
    Path("break").touch()
    status, out, _ = bench.run(*command, "--resume")
    return status == 130 and out.startswith(NONE)


def test_the_same_command_goes_on_until_it_is_done_and_then_begins_anew(bench) -> None:
    Path("break").touch()
    path = given(bench)
    status, out, err = bench.run("train", path, "--resume")
    assert (status, out[: len(NONE)]) == (130, NONE), err
    (run,) = runs(bench)
    status, out, err = bench.run("train", path, "--resume")
    assert (status, err) == (0, "")
    assert out.startswith(f"resuming runs/{run}\n")
    assert "resumed after epoch 2 of 5" in out
    assert runs(bench) == [run]
    status, out, _ = bench.run("train", path, "--resume")
    assert (status, out[: len(NONE)]) == (0, NONE)
    assert len(runs(bench)) == 2


def test_only_a_run_of_the_same_experiment_counts_and_the_newest_of_several(bench) -> None:
    for _ in range(2):
        Path("break").touch()
        assert bench.run("train", given(bench))[0] == 130
    _, newest = runs(bench)
    assert begins_anew(bench, "train", given(bench), "training.epochs=4")
    assert begins_anew(bench, "train", given(bench, seed=5))
    assert begins_anew(bench, "kfold", given(bench), "kfold.folds=2")
    assert bench.run("train", given(bench), "--resume", "--quiet")[:2] == (0, f"runs/{newest}\n")


def test_an_experiment_is_told_by_the_code_of_its_plug_ins_not_by_where_they_lie(bench) -> None:
    experiment, _ = load(given(bench))
    Path("elsewhere").mkdir()
    for name, code in (("own.py", "x = 1\n"), ("other.py", "x = 2\n"), ("elsewhere/own.py", "x = 1\n")):
        bench.write(code, name)
    names = ("own.py", "other.py", "elsewhere/own.py")
    one, other, same = (fingerprint(experiment.model_copy(update={"plugins": [name]})) for name in names)
    assert (one == other, one == same, one == fingerprint(experiment)) == (False, True, False)


def test_a_run_that_another_process_trains_is_left_to_it(bench) -> None:
    Path("break").touch()
    assert bench.run("train", given(bench))[0] == 130
    (run,) = runs(bench)
    with Path("runs", run, ".lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        status, _, err = bench.run("train", given(bench), "--resume")
    assert (status, err.count("\n")) == (7, 1)
    assert f"run {run} is already being trained" in err
    assert runs(bench) == [run]


def test_folds_go_on_too_where_the_same_is_asked_for(bench) -> None:
    Path("break").touch()
    command = ("kfold", given(bench), "kfold.folds=2", "--refit")
    assert bench.run(*command)[0] == 130
    (run,) = runs(bench)
    assert bench.run(*command[:-1], "--resume")[1].startswith(NONE)
    status, out, err = bench.run(*command, "--resume")
    assert (status, err) == (0, "")
    assert out.startswith(f"resuming runs/{run}\n")
    assert "fold 1: resumed after epoch 2 of 5\nfold 1/2" in out
    assert "refit" in Run(Path("runs", run)).read("summary.json")
