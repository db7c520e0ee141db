"""Folds and seeds that are trained in one graph: their scores, their files, and resuming them."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from dlpy.core.errors import ConfigError
from dlpy.experiment.experiment import load
from dlpy.runs.directory import Run
from dlpy.runs.how import How, Seeds
from dlpy.runs.lookup import seed_runs
from dlpy.runs.verify import verify
from dlpy.training.kfold import kfold
from dlpy.training.record import Options
from dlpy.training.reporter import Reporter
from dlpy.training.resume import resume
from dlpy.training.seeds import train_seeds

pytestmark = pytest.mark.slow

BLOCKS = {
    "seed": 7,
    "data": {"name": "blobs", "rows": 62, "noise": 3.0, "transforms": ["standardize"]},
    "model": {"name": "dense", "units": [5], "dropout": 0.3},
    "training": {"epochs": 4, "optimizer": {"name": "adam", "learning_rate": 0.05}, "batch_size": 16},
    "kfold": {"folds": 3},
    "callbacks": [{"name": "early_stopping", "patience": 1, "min_delta": 0.1}],
}


class StopsAfter(Reporter):
    """Raises what Ctrl-C would when an epoch (from 1) of all members ends."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch
        self.said: list[str] = []

    def notice(self, text: str) -> None:
        self.said.append(text)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if epoch + 1 == self._epoch:
            raise KeyboardInterrupt


def trained(folder: Path, kind: str, reporter: Reporter | None = None, **training: object) -> Run:
    folder.mkdir(exist_ok=True)
    blocks = BLOCKS | {"training": {"together": True, **BLOCKS["training"], **training}}
    if kind == "seeds":
        blocks["data"] = BLOCKS["data"] | {"validation": 20}
    (folder / "experiment.yaml").write_text(yaml.safe_dump(blocks))
    given = load(folder / "experiment.yaml")
    try:
        if kind == "kfold":
            return kfold(*given, Options(folder / "runs", folds=How()), reporter or Reporter())
        return train_seeds(*given, Options(folder / "runs", seeds=Seeds(3)), reporter or Reporter())
    except KeyboardInterrupt:
        (path,) = (folder / "runs").iterdir()
        return Run(path)


@pytest.fixture(scope="module", params=["kfold", "seeds"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def run(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(tmp_path_factory.mktemp(kind), kind)


def bits(run: Run) -> dict[str, object]:
    """Return all that must not depend on when a run was stopped."""
    found: dict[str, object] = {"summary": run.read("summary.json"), "config": run.config.read_text()}
    for path in sorted(run.path.rglob("metrics.csv")):
        name = str(path.relative_to(run.path))
        found[name] = [[*row[:1], *row[2:]] for row in (line.split(",") for line in path.read_text().splitlines())]
    for path in sorted(run.path.rglob("*.npz")):
        with np.load(path) as stored:
            found[str(path.relative_to(run.path))] = {key: stored[key].tobytes() for key in stored.files}
    return found


def test_a_run_that_was_stopped_ends_with_the_same_bits(run: Run, kind: str, tmp_path: Path) -> None:
    stopped = trained(tmp_path / "stopped", kind, StopsAfter(2))
    assert stopped.read("run.json")["status"] == "interrupted"
    assert len(list(stopped.path.glob("*/together.npz"))) == 1
    last = StopsAfter(0)
    resume(stopped, "", last, allow_inexact=False)
    assert "resumed after epoch 2 of 4" in last.said
    assert bits(stopped) == bits(run)
    assert list(stopped.path.glob("*/together.npz")) == []


def test_a_run_that_was_killed_before_its_state_was_saved_starts_again(run: Run, kind: str, tmp_path: Path) -> None:
    killed = trained(tmp_path / "killed", kind, StopsAfter(2))
    (state,) = killed.path.glob("*/together.npz")
    state.unlink()
    resume(killed, "", Reporter(), allow_inexact=False)
    assert bits(killed) == bits(run)


def test_the_scores_are_those_of_trainings_one_by_one(run: Run, kind: str, tmp_path: Path) -> None:
    apart = trained(tmp_path / "apart", kind, together=False)
    for what in ("mean", "std", "baseline"):
        one, other = (each.read("summary.json")[what] for each in (run, apart))
        known = [name for name, value in other.items() if isinstance(value, float)]
        assert [one[name] for name in known] == pytest.approx([other[name] for name in known], rel=1e-3)
    counts = [
        [len(path.read_text().splitlines()) for path in sorted(each.path.rglob("metrics.csv"))] for each in (run, apart)
    ]
    assert counts[0] == counts[1]  # each stopped early after its own epoch


def test_the_files_are_intact(run: Run) -> None:
    assert verify(run).damages == []
    assert "together: true" in run.config.read_text()


def test_a_seed_is_a_run_whose_best_and_last_weights_predict(kind: str, run: Run, bench) -> None:
    if kind == "seeds":
        for seed in seed_runs(run):
            for which in ("best", "last"):
                status, out, _ = bench.run(
                    "evaluate", seed.path, "--checkpoint", which, "--split", "validation", "--json"
                )
                assert status == 0
                loss = seed.read("summary.json")[which]["val_loss"]
                assert yaml.safe_load(out)["validation"]["scores"]["loss"] == pytest.approx(loss, rel=1e-4)


def test_a_network_that_cannot_be_trained_together_is_refused_where_that_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="clipnorm"):
        trained(tmp_path, "kfold", optimizer={"name": "adam", "clipnorm": 1.0})
