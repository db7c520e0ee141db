"""Trials that are trained in one graph, beside the same trials trained alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlpy.runs.directory import Run
from dlpy.runs.trials import Trial, read_trials
from dlpy.search import group_files
from dlpy.search.search import load_search
from dlpy.search.together import trials_together
from dlpy.training.pipeline import obtain, split, transform

pytestmark = pytest.mark.slow

BLOCKS = {
    "data": {"name": "blobs", "rows": 60, "noise": 1.0, "validation": {"fraction": 0.3}},
    "model": {"name": "dense", "units": {"search": {"choices": [[4], [6]]}}, "dropout": {"search": [0.1, 0.5]}},
    "training": {"epochs": 3, "optimizer": {"name": "adam", "learning_rate": {"search": [1e-3, 0.1], "scale": "log"}}},
    "callbacks": [{"name": "early_stopping", "patience": 1}],
}
FILES = ("config.yaml", "metrics.csv")


def searched(bench, together: int, folder: str, **blocks: object) -> tuple[Run, list[Trial]]:
    path = bench.experiment(**{**BLOCKS, "search": {"trials": 7, "together": together}, **blocks})
    status, _, err = bench.run("search", path, "--runs", folder, "--quiet")
    assert (status, err) == (0, "")
    (run,) = map(Run, Path(folder).iterdir())
    return run, read_trials(run)


def test_trials_in_one_graph_have_the_scores_of_trials_alone(bench) -> None:
    run, trials = searched(bench, 4, "together")
    _, alone = searched(bench, 1, "alone")
    assert [trial.point for trial in trials] == [trial.point for trial in alone]
    assert [trial.epochs for trial in trials] == [trial.epochs for trial in alone]
    for one, other in zip(trials, alone, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-4)
        assert one.curve == pytest.approx(other.curve, abs=1e-4)
    assert run.record().search.together == 4  # type: ignore
    for number in range(1, 8):
        paths = [Path(f"{folder}/{Path(folder).iterdir().__next__().name}") for folder in ("together", "alone")]
        own, other = (np.load(path / f"trials/{number:04d}/predictions.npz") for path in paths)
        assert np.array_equal(own["rows"], other["rows"])
        assert own["prediction"] == pytest.approx(other["prediction"], abs=1e-3)
        texts = [[(path / f"trials/{number:04d}" / name).read_text() for path in paths] for name in FILES]
        assert texts[0][0] == texts[0][1]
        assert texts[1][0].splitlines()[0] == texts[1][1].splitlines()[0]


def test_a_group_that_was_stopped_is_trained_again_to_the_same_bits(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    _, alone = searched(bench, 4, "alone")
    path, calls, write = bench.folder / "experiment.yaml", iter(range(3)), group_files.write_result

    def stopping(*arguments: object) -> None:
        if next(calls) == 2:
            raise KeyboardInterrupt
        write(*arguments)  # type: ignore

    with monkeypatch.context() as patch:
        patch.setattr(group_files, "write_result", stopping)
        assert bench.run("search", path, "--runs", "stopped", "--quiet")[0] == 130
    (run,) = map(Run, Path("stopped").iterdir())
    assert bench.run("resume", run.path, "--quiet")[0] == 0
    found = [{**vars(trial), "seconds": 0} for trial in read_trials(run)]
    assert found == [{**vars(trial), "seconds": 0} for trial in alone]


def test_a_trial_of_a_group_that_diverges_fails_alone(bench) -> None:
    rates = {"search": {"choices": [0.01, 1e30, 0.02]}}
    _, trials = searched(
        bench,
        3,
        "runs",
        data={"name": "blobs", "rows": 60, "task": "regression"},
        model={"name": "dense", "units": [4]},
        training={"epochs": 2, "optimizer": {"name": "sgd", "learning_rate": rates}},
        search={"sampler": "grid", "together": 3},
    )
    assert [trial.status for trial in trials] == ["completed", "failed", "completed"]
    assert trials[1].reason is not None


def test_folds_of_trials_share_a_graph(bench) -> None:
    search = {"trials": 2, "together": 2, "folds": True}
    blocks = {"search": search, "kfold": {"folds": 2}, "model": {"name": "dense", "units": [4]}}
    _, trials = searched(bench, 2, "together", **blocks)
    _, alone = searched(bench, 1, "alone", **{**blocks, "search": {**search, "together": 1}})
    assert [trial.score for trial in trials] == pytest.approx([trial.score for trial in alone], abs=1e-4)


def test_networks_that_cannot_share_a_graph_are_refused_if_that_is_asked_for(bench) -> None:
    path = bench.experiment(**{**BLOCKS, "search": {"trials": 2, "together": 2}})
    status, _, err = bench.run("search", path, "training.execution=steps", "--quiet")
    assert status == 2
    assert "search.together: its trials cannot be trained in one graph" in err


def test_pruned_members_leave_their_group(bench) -> None:
    blocks = {"model": {"name": "dense", "units": [4]}, "training": {**BLOCKS["training"], "epochs": 9}}
    search = {"trials": 12, "together": 4, "pruner": "halving"}
    _, trials = searched(bench, 4, "runs", **blocks, callbacks=[], search=search)
    assert {(trial.status, trial.epochs) for trial in trials} >= {("completed", 9), ("pruned", 1)}
    assert all(trial.status == "completed" for trial in trials[:5])  # fewer than two earlier ones to compare with
    assert all(len(trial.curve) == trial.epochs for trial in trials)


AUTO = {**BLOCKS, "training": {**BLOCKS["training"], "epochs": 500}}


@pytest.mark.parametrize(
    ("blocks", "number"),
    [
        ({"search": {"trials": 60}}, 32),
        ({"search": {"trials": 60}, "training": {"epochs": 3}}, 1),  # too few steps for a graph of its own
        ({"search": {"trials": 60, "together": 5}, "training": {"epochs": 3}}, 5),
        ({"search": {"trials": 60, "sampler": "tpe"}}, 6),  # a tenth
        ({"search": {"trials": 400, "pruner": "median"}}, 16),
        ({"search": {"trials": 60, "folds": True, "seeds": 2}, "kfold": {"folds": 4}}, 4),  # of 8 trainings each
        ({"search": {"trials": 60}, "model": {"name": "dense", "units": [1000, 1000]}}, 1),  # fills the cache alone
        ({"search": {"trials": 60}, "training": {"epochs": 500, "execution": "steps"}}, 1),
    ],
)
def test_auto_is_decided_by_sizes(blocks: dict[str, Any], number: int, bench) -> None:
    _, experiment = load_search(bench.experiment(**{**AUTO, **blocks}))
    loaded = obtain(experiment.data, 0)
    data, _ = transform(experiment, split(experiment.data, loaded), loaded.task)
    assert trials_together(experiment, data, experiment.search.trials) == number
