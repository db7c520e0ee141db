"""Searches within this process: what is logged, what is found, and how trials fail."""

import json
from pathlib import Path

import numpy as np
import pytest

from dlpy.core.errors import RunError
from dlpy.runs.directory import Run
from dlpy.runs.lookup import find_run
from dlpy.runs.trials import Trial, read_trials

pytestmark = pytest.mark.slow

BLOCKS = {
    "data": {"name": "blobs", "rows": 60, "noise": 1.0, "validation": {"fraction": 0.3}},
    "model": {"name": "dense", "units": {"search": {"choices": [[4], [8]]}}},
    "training": {"epochs": 3, "optimizer": {"name": "adam", "learning_rate": {"search": [0.001, 0.1], "scale": "log"}}},
}


def experiment(bench, **blocks: object) -> Path:
    return bench.experiment(**{**BLOCKS, "search": {"trials": 4}, **blocks})


def searched(bench, *options: object, **blocks: object) -> Run:
    """Return a search that was run to its end, or a copy of it."""
    path = experiment(bench, **blocks)

    def search() -> None:
        status, _, err = bench.run("search", path, *options, "--quiet")
        assert (status, err) == (0, "")

    return bench.once(("search", options), search)


def scores(trials: list[Trial]) -> list[float | None]:
    return [trial.score for trial in trials]


def test_every_trial_is_logged_and_the_best_is_in_the_summary(bench) -> None:
    run = searched(bench)
    trials = read_trials(run)
    assert [(trial.number, trial.status, trial.epochs) for trial in trials] == [
        (n, "completed", 3) for n in range(1, 5)
    ]
    assert all(trial.score == min(trial.curve) == trial.scores["val_loss"] for trial in trials)
    assert len(set(map(str, (trial.point for trial in trials)))) == 4
    found = run.read("summary.json")
    best = min(trials, key=lambda trial: trial.score or 9)
    assert (found["search"]["trial"], found["search"]["score"]) == (best.number, best.score)
    assert (found["best"]["epoch"], found["best"]["val_loss"]) == (best.epoch, best.score)
    assert (found["search"]["counts"], found["search"]["point"]) == ({"completed": 4}, best.point)
    assert found["baseline"]["accuracy"] == pytest.approx(1 / 3, abs=0.06)


def test_the_best_experiment_trains_to_the_bits_of_its_trial(bench) -> None:
    run = searched(bench)
    best = run.read("summary.json")["search"]
    (trial,) = (trial for trial in read_trials(run) if trial.number == best["trial"])
    assert bench.run("train", run.path / "best.yaml", "--runs", "again", "--quiet")[0] == 0
    (again,) = Path("again").iterdir()
    trained = Run(again).read("summary.json")["best"]
    assert {name: trained[name] for name in trial.scores} == trial.scores
    with (
        np.load(again / "predictions.npz") as own,
        np.load(run.path / f"trials/{trial.number:04d}/predictions.npz") as kept,
    ):
        assert np.array_equal(own["validation.prediction"], kept["prediction"])
        assert np.array_equal(own["validation.index"], kept["rows"])
    assert again.name.endswith("-experiment")


def test_trials_that_share_a_graph_are_those_that_were_trained_alone(bench) -> None:
    # trials of the same units share one: each is also trained by itself, by its config.yaml
    run = searched(bench)
    for trial in read_trials(run):
        config = run.path / f"trials/{trial.number:04d}/config.yaml"
        assert bench.run("train", config, "--runs", f"alone-{trial.number}", "--quiet")[0] == 0
        (alone,) = Path(f"alone-{trial.number}").iterdir()
        assert Run(alone).read("summary.json")["best"]["val_loss"] == trial.score


def test_a_trial_that_diverges_fails_and_the_search_goes_on(bench) -> None:
    rates = {"search": {"choices": [0.01, 1e30]}}
    run = searched(
        bench,
        data={"name": "blobs", "rows": 60, "task": "regression"},
        model={"name": "dense", "units": [4]},
        training={"epochs": 2, "optimizer": {"name": "sgd", "learning_rate": rates}},
        search={"sampler": "grid"},
    )
    first, second = read_trials(run)
    assert (first.status, second.status, second.score) == ("completed", "failed", None)
    assert second.reason is not None
    assert "loss became" in second.reason
    assert run.read("summary.json")["search"]["counts"] == {"completed": 1, "failed": 1}
    assert not list(run.path.rglob("checkpoints"))


def test_if_all_trials_fail_the_commonest_reason_is_said(bench) -> None:
    path = experiment(
        bench,
        data={"name": "blobs", "rows": 60, "task": "regression"},
        model={"name": "dense", "units": [4]},
        training={"epochs": 1, "optimizer": {"name": "sgd", "learning_rate": {"search": [1e29, 1e30]}}},
        search={"trials": 2},
    )
    status, _, err = bench.run("search", path, "--quiet")
    assert status == 5
    assert err.startswith("error: all 2 trials failed: ")
    assert len(err.splitlines()) == 1
    (run,) = Path("runs").iterdir()
    assert Run(run).read("run.json")["status"] == "diverged"
    status, _, err = bench.run("resume", run)
    assert status == 7
    assert "--retry-failed" in err


def test_failed_trials_are_trained_again_on_request(bench) -> None:
    run = searched(bench)
    path = run.path / "trials.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    failed = {**lines[1], "status": "failed", "score": None, "epoch": None, "scores": {}, "reason": "no memory"}
    path.write_text("".join(json.dumps(line) + "\n" for line in [lines[0], failed, *lines[2:]]))
    status, out, err = bench.run("resume", run.path, "--retry-failed")
    assert (status, err) == (0, "")
    assert "3 of 4 trials are done" in out
    trials = read_trials(run)
    assert (trials[1].status, trials[1].score) == ("completed", lines[1]["score"])
    assert len(path.read_text().splitlines()) == 5


def test_a_complete_search_is_left_as_it_is(bench) -> None:
    run = searched(bench)
    assert bench.run("resume", run.path) == (0, f"runs/{run.id} is complete: there is nothing to do.\n", "")
    status, _, err = bench.run("resume", run.path, "--retry-failed")
    assert (status, err) == (7, f"error: search {run.id} is complete: there is nothing to resume.\n")


def test_folds_and_seeds_have_folders_of_their_own(bench) -> None:
    run = searched(bench, search={"trials": 1, "folds": True, "seeds": 2}, kfold={"folds": 2})
    (trial,) = read_trials(run)
    folder = run.path / "trials/0001"
    results = [json.loads(path.read_text()) for path in sorted(folder.rglob("result.json"))]
    assert [str(path.parent.relative_to(folder)) for path in sorted(folder.rglob("predictions.npz"))] == [
        f"seeds/{seed}/folds/0{fold}" for seed in (1, 2) for fold in (1, 2)
    ]
    assert trial.score == pytest.approx(np.mean([result["scores"]["val_loss"] for result in results]), abs=1e-12)
    assert len({result["scores"]["val_loss"] for result in results}) == 4
    rows = [np.load(path)["rows"] for path in sorted(folder.rglob("predictions.npz"))]
    assert sorted([*rows[0], *rows[1]]) == list(range(60))


def test_pruned_trials_do_not_count_as_the_best(bench) -> None:
    rates = {"search": {"choices": [0.1, 0.09, 0.08, 1e-6]}}
    run = searched(
        bench,
        model={"name": "dense", "units": [4]},
        training={"epochs": 6, "optimizer": {"name": "adam", "learning_rate": rates}},
        search={"sampler": "grid", "pruner": "halving"},
    )
    trials = read_trials(run)
    assert trials[3].status == "pruned"
    assert (trials[3].epochs, len(trials[3].curve)) == (1, 1)
    assert trials[0].status == "completed"
    assert run.read("summary.json")["search"]["trial"] != 4


def test_the_final_model_is_trained_on_all_rows_that_are_no_test_rows(bench) -> None:
    run = searched(bench, "--refit")
    final = Run(run.path / "refit")
    assert final.id == f"{run.id}/refit"
    assert find_run(final.id, run.path.parent).path == final.path
    with pytest.raises(RunError, match="has no final model in refit/"):
        find_run(f"{final.id}/refit", run.path.parent)
    assert final.read("summary.json")["rows"] == {"train": 60, "test": 60}
    epochs = run.read("summary.json")["search"]["epoch"]
    assert final.read("summary.json")["last"]["epoch"] == epochs
    status, out, _ = bench.run("evaluate", run.path, "--json")
    assert status == 0
    assert json.loads(out)["test"]["rows"] == 60


def test_a_search_without_a_final_model_says_how_to_get_one(bench) -> None:
    run = searched(bench)
    status, _, err = bench.run("evaluate", run.path)
    assert status == 7
    assert f"dlpy train {run.path / 'best.yaml'}" in err
    assert "--refit" in err


def test_data_options_can_be_searched(bench) -> None:
    data = {**BLOCKS["data"], "transforms": {"search": {"choices": [[], ["standardize"]]}}}
    run = searched(
        bench, data=data, model={"name": "dense", "units": [4]}, training={"epochs": 1}, search={"sampler": "grid"}
    )
    first, second = read_trials(run)
    assert first.score != second.score
    assert (first.shown, second.shown) == ({"data.transforms": "[]"}, {"data.transforms": "[standardize]"})


def test_no_trial_starts_after_the_time_is_over(bench) -> None:
    status, _, err = bench.run("search", experiment(bench, search={"minutes": 1e-9}), "--quiet")
    assert (status, err.partition(": ")[2][:27]) == (5, "no trial was completed: all")


def test_progress_is_one_line_per_trial_and_a_table_of_the_best(bench) -> None:
    status, out, _ = bench.run("search", experiment(bench, search={"trials": 2}))
    assert status == 0
    lines = out.splitlines()
    assert [line.partition("  ")[0] for line in lines if line.startswith("trial ")] == ["trial 1/2", "trial 2/2"]
    assert [line.split()[:4] for line in lines if line.startswith("rank")] == [["rank", "trial", "val_loss", "epoch"]]
    assert any(line.startswith("best experiment: runs/") for line in lines)


def test_json_has_the_summary_and_all_trials(bench) -> None:
    status, out, _ = bench.run("search", experiment(bench, search={"trials": 2}), "--json")
    assert status == 0
    found = json.loads(out)
    assert [trial["number"] for trial in found["trials"]] == [1, 2]
    assert found["search"]["score"] == min(trial["score"] for trial in found["trials"])


def test_a_monitor_that_no_trial_logs_is_refused_before_training(bench) -> None:
    status, _, err = bench.run("search", experiment(bench, search={"monitor": "val_acuracy"}), "--quiet")
    assert status == 2
    assert "search.monitor: no score is" in err
    assert "Did you mean 'val_accuracy'?" in err
    assert not Path("runs").exists()


def test_the_monitor_of_a_search_decides_the_best_epoch_of_each_trial(bench) -> None:
    run = searched(bench, search={"trials": 2, "monitor": "val_accuracy"})
    trials = read_trials(run)
    assert all(trial.score == max(trial.curve) == trial.scores["val_accuracy"] for trial in trials)
    assert "monitor: val_accuracy" in (run.path / "best.yaml").read_text()


def test_damaged_trials_are_found(bench) -> None:
    run = searched(bench)
    assert bench.run("runs", "--verify", run.path) == (0, f"{run.id}  completed: intact\n", "")
    (run.path / "trials/0002/predictions.npz").write_bytes(b"no")
    (run.path / "trials/0003/result.json").unlink()
    status, out, _ = bench.run("runs", "--verify", run.path)
    assert status == 7
    assert "trials/0002/predictions.npz is damaged" in out
    assert "trials/0003/result.json is missing" in out
