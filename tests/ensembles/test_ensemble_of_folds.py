"""Ensembles of k-fold runs: their folds combined, and weights chosen on out-of-fold predictions."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from dlpy.runs.directory import Run
from dlpy.runs.results import stored_predictions
from dlpy.scores.ensembles import chosen_weights, cross_combined

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(5)
X = RNG.normal(size=(400, 2)).round(4)
ANSWERS = {
    "signal": np.where(X[:, 0] + RNG.normal(size=400) > 0, "yes", "no"),
    "noise": RNG.choice(["heads", "tails"], 400),
}


def validated(bench, model: object, *options: str, target: str = "signal", **blocks: object) -> Run:
    lines = [f"{x},{y},{value}" for (x, y), value in zip(X, ANSWERS[target], strict=True)]
    bench.write("\n".join(["x,y,answer", *lines]) + "\n", "table.csv")
    data = {"name": "csv", "path": "table.csv", "target": "answer", "test": 0.25}
    given = {"data": data, "model": model, "training": {}, "kfold": {"folds": 4}, **blocks}
    path = bench.experiment("folds.yaml", **given)

    def run() -> Path:
        status, out, err = bench.run("kfold", path, "--quiet", *options)
        assert (status, err) == (0, "")
        return Path(out.strip())

    return Run(bench.folder / run())


def combined(bench, *given: object) -> Run:
    status, out, err = bench.run("ensemble", *given, "--json")
    assert (status, err) == (0, "")
    return Run(Path(json.loads(out)["run"]))


def predicted(bench, name: object) -> np.ndarray:
    status, out, err = bench.run("predict", name, "table.csv")
    assert status == 0, err
    return np.array([float(row["probability_yes"]) for row in csv.DictReader(io.StringIO(out))])


def out_of_fold(run: Run) -> tuple[np.ndarray, np.ndarray]:
    (found,) = (stored for stored in stored_predictions(run) if stored.part == "out_of_fold")
    return found.target, found.prediction


def test_the_folds_of_a_run_are_combined_and_scored_out_of_fold(bench) -> None:
    run = validated(bench, "linear", "--keep-models")
    made = combined(bench, run.path)
    each = np.stack([predicted(bench, f"{run.id}/folds/{number}") for number in (1, 2, 3, 4)])
    assert predicted(bench, made.path) == pytest.approx(each.mean(axis=0), abs=1e-6)
    assert np.array_equal(out_of_fold(made)[1], out_of_fold(run)[1])
    target, prediction = out_of_fold(run)
    summary = made.read("summary.json")
    assert summary["best"]["val_accuracy"] == pytest.approx(((prediction[:, 0] > 0.5) == target).mean())
    folds = run.read("summary.json")["folds"]
    assert [one["val_accuracy"] for one in summary["members"]] == pytest.approx([one["val_accuracy"] for one in folds])
    status, out, err = bench.run("evaluate", made.path, "--json")
    assert (status, list(json.loads(out))) == (0, ["test"]), err
    assert json.loads(out)["test"]["rows"] == 100
    assert bench.run("runs", "--verify")[0] == 0
    assert "no validation rows" in bench.run("evaluate", made.path, "--split", "validation")[2]
    assert bench.run("calibrate", made.path)[0] == 0
    assert bench.run("compare", made.path, run.path)[0] == 0


def test_rows_that_trained_some_folds_are_not_explained_as_held_out(bench) -> None:
    folds, final = (validated(bench, "linear", option) for option in ("--keep-models", "--refit"))
    for made in (
        combined(bench, folds.path),
        combined(bench, final.path, validated(bench, "naive_bayes", "--refit").path),
    ):
        status, out, err = bench.run("explain", made.path)
        assert (status, out) == (3, "")
        assert err.endswith(f"has no validation rows: `dlpy explain {made.id} --split test` uses the test rows.\n")
        status, out, err = bench.run("explain", made.path, "--split", "test", "--json")
        assert (status, json.loads(out)["rows"]) == (0, 100), err


def test_weights_are_chosen_on_out_of_fold_predictions_of_all_rows(bench) -> None:
    one = validated(bench, "linear", "--refit")
    other = validated(bench, "naive_bayes", "--keep-models")
    made = combined(bench, one.path, other.path, "--weights", "stack")
    target, first = out_of_fold(one)
    each = np.stack([first, out_of_fold(other)[1]])
    weights = chosen_weights("stack", target, each, is_number=False)
    assert out_of_fold(made)[1] == pytest.approx(cross_combined("stack", target, each, is_number=False), abs=1e-6)
    record = made.read("run.json")["ensemble"]
    assert record["on"] == ["out_of_fold"]
    assert [member["weights"]["target"] for member in record["members"]] == pytest.approx(
        [weights[0], *[weights[1] / 4] * 4]
    )
    folds = np.mean([predicted(bench, f"{other.id}/folds/{number}") for number in (1, 2, 3, 4)], axis=0)
    wanted = weights[0] * predicted(bench, one.path) + weights[1] * folds
    assert predicted(bench, made.path) == pytest.approx(wanted, abs=1e-6)
    told = json.loads(bench.run("evaluate", made.path, "--json")[1])["test"]
    assert (told["cross_fitted"], len(told["members"])) == (False, 5)


def test_weights_chosen_for_noise_are_within_chance(bench) -> None:
    runs = [validated(bench, model, "--refit", target="noise") for model in ("linear", "naive_bayes")]
    summary = combined(bench, *(run.path for run in runs), "--weights", "stack").read("summary.json")
    assert abs(summary["best"]["val_accuracy"] - 0.5) < 3 * (0.25 / 300) ** 0.5


@pytest.mark.parametrize("together", [True, False])
def test_a_network_that_a_fold_keeps_gives_its_out_of_fold_predictions(bench, together: bool) -> None:
    training = {"epochs": 2, "batch_size": 50, "together": together}
    run = validated(bench, {"name": "dense", "units": [4], "dropout": 0.2}, "--keep-models", training=training)
    status, _, err = bench.run("evaluate", f"{run.id}/folds/3", "--split", "validation")
    assert status == 0, err
    fold = Run(run.path / "folds" / "03")
    (again,) = stored_predictions(fold)
    with np.load(run.path / "folds" / "03" / "predictions.npz") as stored:
        assert again.prediction == pytest.approx(stored["prediction"], abs=1e-5)
    assert sorted(path.name for path in fold.checkpoints.iterdir()) == ["best", "kept"]


def test_a_run_killed_before_a_fold_was_done_keeps_the_same_model(bench) -> None:
    run = validated(bench, {"name": "dense", "units": [4]}, "--keep-models", training={"epochs": 2, "together": False})
    fold = Run(run.path / "folds" / "04")
    weights = (fold.checkpoints / "best" / "weights.npz").read_bytes()
    (fold.path / "fold.json").unlink()
    run.update(status="interrupted")
    assert bench.run("resume", run.path)[0] == 0
    assert (fold.checkpoints / "best" / "weights.npz").read_bytes() == weights


def refused(bench, *given: object) -> str:
    status, out, err = bench.run("ensemble", *given)
    assert (status in (2, 7), out, len(err.splitlines())) == (True, "", 1)
    return err


def test_k_fold_runs_that_cannot_be_combined_are_refused(bench) -> None:
    kept, bare = validated(bench, "linear", "--keep-models"), validated(bench, "naive_bayes")
    assert "keeps no models" in refused(bench, bare.path)
    assert "keeps no models" in refused(bench, kept.path, bare.path)
    assert "no rows can weigh the folds" in refused(bench, kept.path, "--weights", "greedy")
    assert "is a fold: combine all folds" in refused(bench, f"{kept.id}/folds/1", f"{kept.id}/folds/2")
    other = validated(bench, "naive_bayes", "--refit", kfold={"folds": 3})
    assert "their folds hold other rows (kfold.folds differs)" in refused(bench, kept.path, other.path)
    assert "keeps a final model alone" in refused(bench, other.path)
    single = bench.run("train", "folds.yaml", "--quiet")[1].strip()
    assert "k-fold runs are combined with k-fold runs" in refused(bench, kept.path, single)
    assert "keeps no model" in bench.run("predict", f"{bare.id}/folds/1", "table.csv")[2]
    assert "has no fold 9" in bench.run("predict", f"{bare.id}/folds/9", "table.csv")[2]
    assert "combine its folds with `dlpy ensemble" in bench.run("predict", kept.path, "table.csv")[2]
