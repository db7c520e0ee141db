"""k-fold validation: what each fold learns from, what is averaged, and what is left in the run directory."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from dlpy.cli.score_lines import summary_lines
from dlpy.experiment.experiment import load
from dlpy.runs.directory import Run
from dlpy.runs.how import How
from dlpy.training.compile import compiled_model
from dlpy.training.folds import divided, fold_data
from dlpy.training.kfold import kfold
from dlpy.training.prepare import prepare
from dlpy.training.record import Options
from dlpy.training.reporter import Reporter
from dlpy.training.spread import spread

pytestmark = pytest.mark.slow

BLOCKS = {
    "data": {"name": "blobs", "rows": 61, "noise": 3.0, "transforms": ["standardize"]},
    "model": {"name": "dense", "units": [4]},
    "training": {"epochs": 2, "optimizer": {"name": "adam", "learning_rate": 0.05}, "batch_size": 16},
    "kfold": {"folds": 3},
}


def validate(path: Path, *overrides: str, refit: bool = False) -> Run:
    """Validate without the command around it, which draws plots as well."""
    experiment, document = load(path, list(overrides))
    return kfold(experiment, document, Options(Path("runs"), folds=How(refit=refit)), Reporter())


def out_of_fold(run: Run) -> dict[str, np.ndarray]:
    with np.load(run.predictions) as stored:
        return {name.removeprefix("out_of_fold."): stored[name] for name in stored.files}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run of BLOCKS, which the tests only read."""
    folder = tmp_path_factory.mktemp("kfold")
    (folder / "experiment.yaml").write_text(yaml.safe_dump(BLOCKS))
    experiment, document = load(folder / "experiment.yaml")
    return kfold(experiment, document, Options(folder / "runs"), Reporter())


def test_the_mean_its_standard_error_and_the_std_are_those_of_the_folds(run: Run) -> None:
    summary = run.read("summary.json")
    assert [fold["fold"] for fold in summary["folds"]] == [1, 2, 3]
    assert sorted(fold["rows"] for fold in summary["folds"]) == [20, 20, 21]
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        one, two, three = (fold[name] for fold in summary["folds"])
        mean = (one + two + three) / 3
        assert summary["mean"][name] == pytest.approx(mean)
        std = (((one - mean) ** 2 + (two - mean) ** 2 + (three - mean) ** 2) / 2) ** 0.5
        assert summary["std"][name] == pytest.approx(std)
        assert summary["standard_error"][name] == pytest.approx(std / 3**0.5)
        assert summary["counted"][name] == 3


def test_folds_are_told_by_mean_std_and_standard_error(run: Run) -> None:
    mean, std, error = summary_lines(run.read("summary.json"))[:3]
    assert mean.startswith("mean:      loss ")
    assert mean.endswith("(over 3 folds of 20 to 21 rows, each counting the same; last epoch)")
    assert std.endswith("(between the folds, divided by n - 1)")
    assert error.endswith("(of the mean: std / sqrt(n))")


def test_a_score_that_some_folds_lack_is_the_mean_of_the_others() -> None:
    found = spread(np.array([[1.0, np.nan], [2.0, 4.0], [6.0, np.nan]]))
    assert found["mean"].tolist() == [3.0, 4.0]
    assert found["std"][0] == pytest.approx(7**0.5)  # (4 + 1 + 9) / 2
    assert found["standard_error"][0] == pytest.approx((7 / 3) ** 0.5)
    assert np.isnan(found["std"][1])
    assert found["counted"].tolist() == [3, 1]


def test_a_run_of_an_older_version_tells_the_deviation_that_it_has() -> None:
    summary = {"folds": [{"fold": 1}, {"fold": 2}], "mean": {"val_mae": 2.0}, "deviation": {"val_mae": 0.5}}
    summary |= {"best": {"epoch": 3, "monitor": "val_mae"}, "baseline": {"on": "validation", "guess": "constant"}}
    mean, deviation, *_ = summary_lines(summary)
    assert mean == "mean:      val_mae 2.0000  (over 2 folds; last epoch)"
    assert deviation == "deviation: val_mae 0.5000  (of the folds, divided by n)"


def test_a_folds_scores_are_those_of_its_last_epoch(run: Run) -> None:
    for fold in run.read("summary.json")["folds"]:
        header, *rows = (run.path / "folds" / f"{fold['fold']:02d}" / "metrics.csv").read_text().splitlines()
        last = dict(zip(header.split(","), rows[-1].split(","), strict=True))
        assert last["epoch"] == "2"
        assert np.float32(fold["val_loss"]) == np.float32(last["val_loss"])


def test_the_best_epoch_is_where_the_mean_curve_is_lowest(bench) -> None:
    data = BLOCKS["data"] | {"noise": 30.0}
    run = validate(
        bench.experiment(**(BLOCKS | {"data": data})), "training.epochs=9", "training.optimizer.learning_rate=0.3"
    )
    curves = []
    for fold in ("01", "02", "03"):
        header, *rows = (run.path / "folds" / fold / "metrics.csv").read_text().splitlines()
        column = header.split(",").index("val_loss")
        curves.append([float(row.split(",")[column]) for row in rows])
    mean = [sum(values) / 3 for values in zip(*curves, strict=True)]
    best = run.read("summary.json")["best"]
    assert best["monitor"] == "val_loss"
    assert best["epoch"] == mean.index(min(mean)) + 1
    assert best["val_loss"] == pytest.approx(min(mean))


def test_every_row_but_the_test_rows_is_predicted_once_by_a_model_that_never_saw_it(run: Run) -> None:
    found = out_of_fold(run)
    assert found["index"].tolist() == list(range(61))
    assert found["target"].tolist() == [row % 3 for row in range(61)]
    assert found["prediction"].shape == (61, 3)
    np.testing.assert_allclose(found["prediction"].sum(axis=1), 1, rtol=1e-5)
    # each row counts once in the folds' accuracies, and so they make up the accuracy over all rows
    folds = run.read("summary.json")["folds"]
    right = sum(fold["val_accuracy"] * fold["rows"] for fold in folds)
    assert (found["prediction"].argmax(axis=1) == found["target"]).sum() == pytest.approx(right, abs=1e-3)


def test_transforms_are_fitted_on_the_training_rows_of_each_fold_alone(bench) -> None:
    experiment, document = load(bench.experiment(**BLOCKS))
    prepared = prepare(experiment, document, Options(Path("runs")))
    x = prepared.loaded.train.array
    states = []
    for train, held_out in divided(prepared):
        data, pipeline = fold_data(prepared, train, held_out)
        assert sorted([*train, *held_out]) == list(range(61))
        np.testing.assert_allclose(pipeline.states[0]["mean"], x[train].mean(axis=0, dtype=np.float64))
        np.testing.assert_allclose(pipeline.states[0]["deviation"], x[train].std(axis=0, dtype=np.float64))
        wanted = (x[held_out] - x[train].mean(axis=0, dtype=np.float64)) / x[train].std(axis=0, dtype=np.float64)
        assert data.validation is not None
        np.testing.assert_allclose(data.validation.array, wanted, rtol=1e-5)
        states.append(pipeline.states[0]["mean"])
    assert len(states) == 3
    assert not np.array_equal(states[0], states[1])


def test_another_seed_gives_other_numbers_and_what_is_said_on_the_screen_is_only_about_folds(run: Run, bench) -> None:
    status, out, err = bench.run("kfold", bench.experiment(**BLOCKS), "seed=1")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert [line[:8] for line in lines[1:4]] == ["fold 1/3", "fold 2/3", "fold 3/3"]
    assert lines[4].startswith("mean: ")
    (folder,) = bench.folder.glob("runs/2*")
    assert Run(folder).read("summary.json")["mean"] != run.read("summary.json")["mean"]


def test_every_fold_begins_with_a_fresh_model_of_its_own_seed(bench) -> None:
    # steps too small to change a weight: predictions are those of the weights that the fold's seed draws
    how = {"epochs": 1, "optimizer": {"name": "sgd", "learning_rate": 1e-30}}
    data = {"name": "blobs", "rows": 60}
    path = bench.experiment(**(BLOCKS | {"data": data, "training": how, "kfold": {"folds": 3, "shuffle": False}}))
    found = out_of_fold(validate(path))["prediction"]
    experiment, _ = load(path)
    loaded = experiment.data.load()
    for fold, rows in enumerate((slice(0, 20), slice(20, 40), slice(40, 60))):
        untrained = compiled_model(experiment, loaded.task, fold)
        np.testing.assert_allclose(found[rows], untrained.predict(loaded.train.array[rows], verbose=0), rtol=1e-5)


def test_repeats_shuffle_anew_and_average_each_rows_predictions(bench) -> None:
    run = validate(bench.experiment(**BLOCKS), "kfold.repeats=2", "training.epochs=1")
    folds = run.read("summary.json")["folds"]
    assert [fold["fold"] for fold in folds] == [1, 2, 3, 4, 5, 6]
    assert out_of_fold(run)["index"].tolist() == list(range(61))
    assert len({fold["val_loss"] for fold in folds}) == 6
    np.testing.assert_allclose(out_of_fold(run)["prediction"].sum(axis=1), 1, rtol=1e-5)


def test_regression_has_its_own_scores_and_baseline(bench) -> None:
    data = {"name": "blobs", "task": "regression", "rows": 60}
    run = validate(bench.experiment(**(BLOCKS | {"data": data})))
    summary = run.read("summary.json")
    assert set(summary["mean"]) == {"loss", "mae", "val_loss", "val_mae"}
    y = load(bench.experiment(data=data))[0].data.load().train.y
    assert summary["baseline"]["mae"] == pytest.approx(np.abs(y - np.median(y)).mean(), rel=0.1)


def test_the_same_seed_gives_the_same_numbers_and_a_refitted_model_is_scored_on_the_test_rows(run: Run, bench) -> None:
    path = bench.experiment(**BLOCKS)
    status, out, err = bench.run("kfold", path, "--refit")
    assert (status, err) == (0, "")
    (folder,) = bench.folder.glob("runs/2*")
    again = Run(folder)
    summary = again.read("summary.json")
    assert {key: value for key, value in summary.items() if key != "refit"} == run.read("summary.json")
    np.testing.assert_array_equal(out_of_fold(run)["prediction"], out_of_fold(again)["prediction"])
    assert summary["refit"]["rows"] == {"train": 61, "test": 60}
    assert summary["refit"]["last"]["epoch"] == summary["best"]["epoch"]
    assert len(summary["folds"]) == 3
    with np.load(again.splits) as splits:
        assert splits["train"].tolist() == list(range(61))
    assert f"refit: all 61 rows, {summary['best']['epoch']} epoch" in out
    status, out, err = bench.run("evaluate", "latest", "--json")
    assert (status, err) == (0, "")
    result = json.loads(out)
    assert list(result) == ["test"]
    assert result["test"]["rows"] == 60


def test_without_a_refit_there_is_no_model_to_evaluate(run: Run, bench) -> None:
    status, _, err = bench.run("evaluate", run.path)
    assert status == 7
    assert err.count("\n") == 1
    assert "has no final model: `dlpy kfold --refit` trains one." in err


def test_a_refit_drops_callbacks_that_watch_validation_rows(bench) -> None:
    callbacks = [{"name": "early_stopping", "patience": 1}, {"name": "checkpoint", "monitor": "val_accuracy"}]
    run = validate(bench.experiment(**BLOCKS, callbacks=callbacks), refit=True)
    assert run.read("summary.json")["best"]["monitor"] == "val_accuracy"
    assert run.read("run.json")["status"] == "completed"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("kfold.folds=22", "class b has 20 rows, fewer than 22 folds"),
        ("kfold.folds=99", "99 folds need at least 99 rows; there are 61."),
    ],
)
def test_more_folds_than_members_of_a_class_are_refused(bench, override: str, message: str) -> None:
    status, _, err = bench.run("kfold", bench.experiment(**BLOCKS), override)
    assert status == 3
    assert err.startswith(f"error: {message}")
    assert err.count("\n") == 1
    assert list(bench.folder.glob("runs/*")) == []


def test_a_fold_that_diverges_ends_the_run_with_its_own_status(bench) -> None:
    data = {"name": "blobs", "task": "regression"}
    huge = {"optimizer": {"name": "sgd", "learning_rate": 1e30}}
    path = bench.experiment(**(BLOCKS | {"data": data, "training": huge}))
    status, _, err = bench.run("kfold", path)
    assert status == 5
    assert err.count("\n") == 1
    (folder,) = bench.folder.glob("runs/2*")
    assert Run(folder).read("run.json")["status"] == "diverged"
    assert "last finite state" not in err


def test_a_fold_that_diverges_names_its_last_finite_state(bench) -> None:
    data = {"name": "blobs", "task": "regression"}
    jump = {"name": "learning_rate_schedule", "rates": {1: 0.001, 3: 1e30}}
    often = {"name": "checkpoint", "every_seconds": 0}
    path = bench.experiment(**(BLOCKS | {"data": data, "training": {"epochs": 4}, "callbacks": [jump, often]}))
    status, _, err = bench.run("kfold", path)
    assert (status, err.count("\n")) == (5, 1)
    (folder,) = bench.folder.glob("runs/2*")
    kept = "folds/01/checkpoints/epoch-0002"
    assert f"; last finite state: {kept}. The run so far" in err
    assert (folder / kept / "weights.npz").is_file()


def test_folds_in_processes_of_their_own_give_the_same_numbers(bench) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(60, 3))
    np.savez("rows.npz", x=x, y=x @ [1.0, 2.0, 3.0])
    data = {"name": "npz", "path": "rows.npz", "transforms": ["standardize"]}
    model = {"name": "dense", "units": [4], "dropout": 0.3, "batch_normalization": True}
    path = bench.experiment(**(BLOCKS | {"data": data, "model": model, "kfold": {"folds": 2}}))
    status, _, err = bench.run("kfold", path, "--jobs", "2", "--quiet")
    assert (status, err) == (0, "")
    (folder,) = bench.folder.glob("runs/2*")
    alone = validate(path)
    assert Run(folder).read("summary.json") == alone.read("summary.json")
    np.testing.assert_array_equal(out_of_fold(Run(folder))["prediction"], out_of_fold(alone)["prediction"])
