"""Several seeds in one run: what differs between them, what is averaged, and what can be asked of the run."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from dlpy.experiment.experiment import load
from dlpy.runs.directory import Run
from dlpy.runs.how import Seeds
from dlpy.runs.lookup import find_run, seed_runs
from dlpy.training.record import Options
from dlpy.training.reporter import Reporter
from dlpy.training.resume import resume
from dlpy.training.seeds import train_seeds
from dlpy.training.train import train

pytestmark = pytest.mark.slow

CHECKPOINT = {"name": "checkpoint", "every_seconds": 0}
BLOCKS = {
    "seed": 7,
    "data": {"name": "blobs", "rows": 60, "noise": 3.0, "transforms": ["standardize"], "validation": 20},
    "model": {"name": "dense", "units": [5], "dropout": 0.3},
    "training": {"epochs": 3, "optimizer": {"name": "adam", "learning_rate": 0.05}, "batch_size": 16},
    "callbacks": [CHECKPOINT],
}


class Stopping(Reporter):
    """Raises what Ctrl-C would at the end of an epoch (from 1) of a seed."""

    def __init__(self, seed: int, epoch: int) -> None:
        self._stop, self._present = (seed, epoch), 0
        self.said: list[str] = []

    def part_begins(self, what: str, number: int, total: int) -> None:
        self._present = number

    def notice(self, text: str) -> None:
        self.said.append(text)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if (self._present, epoch + 1) == self._stop:
            raise KeyboardInterrupt


def trained(folder: Path, reporter: Reporter | None = None, **overrides: object) -> Run:
    folder.mkdir(exist_ok=True)
    (folder / "experiment.yaml").write_text(yaml.safe_dump(BLOCKS | overrides))
    options = Options(folder / "runs", kind="seeds", seeds=Seeds(3))
    try:
        return train_seeds(*load(folder / "experiment.yaml"), options, reporter or Reporter())
    except KeyboardInterrupt:
        (path,) = (folder / "runs").iterdir()
        return Run(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run of BLOCKS with three seeds, which the tests only read."""
    return trained(tmp_path_factory.mktemp("seeds"))


@pytest.fixture
def own(run: Run, bench) -> Run:
    """A copy of that run, which the test may change."""
    return bench.once("three seeds", lambda: trained(Path(), **{}))


def arrays(path: Path) -> dict[str, bytes]:
    with np.load(path) as stored:
        return {name: stored[name].tobytes() for name in stored.files}


def bits(run: Run) -> dict[str, object]:
    """Return all that must not depend on when a run was stopped."""
    found: dict[str, object] = {"summary": run.read("summary.json")}
    for seed in seed_runs(run):
        name = seed.path.name
        found[f"{name} scores"] = [line.split(",")[2:] for line in seed.metrics.read_text().splitlines()]
        for file in ("checkpoints/best/weights.npz", "checkpoints/last/optimizer.npz", "predictions.npz"):
            found[f"{name} {file}"] = arrays(seed.path / file)
    return found


def test_the_mean_and_the_spread_are_those_of_the_seeds_best_epochs(run: Run) -> None:
    summary = run.read("summary.json")
    assert [of["seed"] for of in summary["seeds"]] == [7, 8, 9]
    one, two, three = (of["best"]["val_loss"] for of in summary["seeds"])
    mean = (one + two + three) / 3
    std = (((one - mean) ** 2 + (two - mean) ** 2 + (three - mean) ** 2) / 2) ** 0.5
    assert summary["mean"]["val_loss"] == pytest.approx(mean)
    assert summary["std"]["val_loss"] == pytest.approx(std)
    assert summary["standard_error"]["val_loss"] == pytest.approx(std / 3**0.5)
    last = [of["last"]["val_loss"] for of in summary["seeds"]]
    assert summary["last_mean"]["val_loss"] == pytest.approx(sum(last) / 3)
    assert summary["baseline"]["on"] == "validation"


def test_the_rows_are_the_same_and_the_trainings_are_not(run: Run) -> None:
    seeds = seed_runs(run)
    assert [seed.path.name for seed in seeds] == ["1", "2", "3"]
    parts = [arrays(seed.splits) for seed in seeds]
    assert parts[0] == parts[1] == parts[2] == arrays(run.splits)
    assert len({arrays(seed.path / "checkpoints/best/weights.npz").popitem()[1] for seed in seeds}) == 3
    assert [seed.read("run.json")["seed"] for seed in seeds] == [7, 8, 9]
    assert {seed.read("run.json")["status"] for seed in seeds} == {"completed"}


def test_each_seed_trains_to_the_bits_of_a_training_with_that_seed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "experiment.yaml").write_text(yaml.safe_dump(BLOCKS))
    single = train(*load(tmp_path / "experiment.yaml", ["seed=8"]), Options(tmp_path / "runs"), Reporter())
    second = seed_runs(run)[1]
    for file in ("checkpoints/best/weights.npz", "checkpoints/last/optimizer.npz", "predictions.npz"):
        assert arrays(single.path / file) == arrays(second.path / file)
    assert single.read("summary.json") == second.read("summary.json")


def test_a_run_that_was_stopped_twice_ends_with_the_same_bits(run: Run, tmp_path: Path) -> None:
    stopped = trained(tmp_path / "stopped", Stopping(1, 2))
    assert stopped.read("run.json")["status"] == "interrupted"
    again = Stopping(3, 3)
    with pytest.raises(KeyboardInterrupt):
        resume(stopped, "", again, allow_inexact=False)
    assert "seed 1: resumed after epoch 1 of 3" in again.said
    last = Stopping(0, 0)
    resume(stopped, "", last, allow_inexact=False)
    assert {"2 of 3 seeds are done", "seed 3: resumed after epoch 2 of 3"} <= {*last.said}
    assert bits(stopped) == bits(run)
    assert [entry["after_seeds"] for entry in stopped.read("run.json")["resumes"]] == [0, 2]


def test_evaluate_gives_means_and_counts_one_look(own: Run, bench) -> None:
    status, out, _ = bench.run("evaluate", own.path, "--split", "test", "--json")
    told = json.loads(out)["test"]
    assert status == 0
    assert [of["seed"] for of in told["seeds"]] == [7, 8, 9]
    losses = [of["scores"]["loss"] for of in told["seeds"]]
    assert told["scores"]["loss"] == pytest.approx(sum(losses) / 3)
    assert told["std"]["loss"] == pytest.approx(float(np.std(losses, ddof=1)))
    assert own.read("run.json")["test_looks"] == 1
    status, out, _ = bench.run("evaluate", f"{own.path}/seeds/2", "--split", "test", "--json")
    assert json.loads(out)["test"]["scores"]["loss"] == losses[1]
    assert own.read("run.json")["test_looks"] == 2


def test_what_needs_one_model_names_the_seeds(own: Run, bench) -> None:
    np.savez("rows.npz", x=np.zeros((2, 2)))
    for words in (["predict", own.path, "rows.npz"], ["rivals", own.path], ["calibrate", own.path]):
        status, _, err = bench.run(*words)
        assert status == 7
        assert f"{own.id}/seeds/1" in err
    status, _, err = bench.run("resume", f"{own.path}/seeds/1")
    assert (status, err) == (0, "")
    seed_runs(own)[0].update(status="interrupted")
    status, _, err = bench.run("resume", f"{own.path}/seeds/1")
    assert status == 7
    assert f"dlpy resume {own.id}" in err


def test_a_seed_is_found_by_the_name_of_its_run(own: Run) -> None:
    assert find_run(f"{own.id}/seeds/2", own.path.parent).path == own.path / "seeds" / "2"
    assert find_run("latest/seeds/3", own.path.parent).id == f"{own.id}/seeds/3"


def test_verify_reads_every_seed(own: Run, bench) -> None:
    assert "completed: intact" in bench.run("runs", "--verify", own.path)[1]
    weights = own.path / "seeds/2/checkpoints/best/weights.npz"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    status, out, _ = bench.run("runs", "--verify", own.path)
    assert status == 7
    assert "seeds/2/checkpoints/" in out


def test_wrong_uses_of_seeds_are_refused(bench) -> None:
    path = bench.experiment("experiment.yaml", **BLOCKS)
    assert bench.run("train", path, "--jobs", "2")[0] == 2
    assert bench.run("train", path, "--seeds", "1")[0] == 2
