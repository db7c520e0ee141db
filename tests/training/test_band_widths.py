"""Bands whose widths are fitted on validation rows: kept with the run, predicted, scored, drawn and exported."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from walks import LOSS, distances_of, followed, quantiles_of, series

from dlpy.export.job import job_of
from dlpy.runs.bands import with_widths
from dlpy.runs.directory import Run
from dlpy.runs.results import stored_predictions

pytestmark = pytest.mark.slow


def test_the_factor_is_that_after_the_validation_rows_and_is_told(bench) -> None:
    status, out, _ = bench.run("train", series(bench))
    assert status == 0
    (path,) = Path("runs").glob("*-*")
    run = Run(path)
    record, distances = run.read("bands.json"), distances_of(run, "validation")
    rows = len(distances)
    assert record["factors"] == [pytest.approx(followed(distances, 1.0)[-1])]
    assert record["factors"][0] > 1.5  # the steps are larger than those of the training rows
    assert (record["on"], record["asked"], record["rows"]) == (["validation"], [0.8], rows)
    assert record["windows"] == -(-rows // 2)
    last = np.datetime64("2020-01-01", "us") + np.timedelta64(238, "D")  # two targets: 238 and 239
    assert record["until"] == {"": int(last.astype(np.int64))}
    assert f"widths of bands: 80% x {record['factors'][0]:.2f}; fitted on {rows} validation rows" in out
    assert "which also chose the epoch; later forecasts follow the errors of those before" in out


def test_another_checkpoint_shows_bands_as_it_learned_them(bench) -> None:
    run = bench.trained(series(bench))
    run.write("bands.json", run.read("bands.json") | {"epoch": 99})
    status, _, err = bench.run("evaluate", run.id, "--split", "test")
    assert status == 0
    assert "bands.json is that of epoch 99: bands are shown as they were learned by epoch" in err
    assert "learned" not in run.read("evaluation.json")["test"]["bands"][0]


def test_few_validation_rows_change_little_and_without_any_bands_stay_as_learned(bench) -> None:
    path = series(bench)
    status, out, _ = bench.run("train", path, "data.validation=4", "data.windows=across_parts")
    assert status == 0
    assert "fitted on 3 validation rows (2 that share no target)" in out  # 0.1 at most for each known row
    (path_of_run,) = Path("runs").glob("*-*")
    assert 1 <= Run(path_of_run).read("bands.json")["factors"][0] <= np.exp(0.3)
    status, out, _ = bench.run("train", path, "data.validation=null")
    assert status == 0
    assert "bands stay as learned: there are no validation rows" in out


def test_bands_change_no_more_where_the_model_learnt_from_later_rows(bench) -> None:
    path = series(bench)
    status, out, _ = bench.run("train", path, "data.validation={count: 30, take: first}")
    assert status == 0
    (path_of_run,) = Path("runs").glob("*-*")
    assert Run(path_of_run).read("bands.json")["until"] is None
    assert "later forecasts follow" not in out
    status, out, _ = bench.run("evaluate", Run(path_of_run).id, "--split", "test")
    assert status == 0
    assert Run(path_of_run).read("evaluation.json")["test"]["bands"][0].get("adapted") is not True


def table(bench: Any) -> Path:
    """Write a table whose target is the logarithm's line with noise of heavy tails."""
    random = np.random.default_rng(5)
    x = random.uniform(0, 2, 400)
    y = np.exp(1 + x + 0.2 * random.standard_t(3, 400))
    bench.write("\n".join(["x,y", *(f"{a:.4f},{b:.4f}" for a, b in zip(x, y, strict=True))]) + "\n", "table.csv")
    data = {
        "name": "csv", "path": "table.csv", "target": "y", "target_transforms": ["log", "standardize"],
        "transforms": ["standardize"], "validation": 100, "test": 100,
    }  # fmt: skip
    training = {"epochs": 3, "batch_size": 32, "loss": LOSS}
    return bench.experiment(data=data, model={"name": "dense", "units": [8]}, training=training)


def test_tables_have_the_factor_of_the_guarantee_in_logarithms_where_training_sees_these(bench) -> None:
    run = bench.trained(table(bench))
    record = run.read("bands.json")
    assert record["windows"] is None
    target, quantiles = (np.log(numbers) for numbers in quantiles_of(run, "validation"))
    beyond = target.reshape(-1) - quantiles[:, 0, 1]
    ends = np.where(beyond < 0, quantiles[:, 0, 1] - quantiles[:, 0, 0], quantiles[:, 0, 2] - quantiles[:, 0, 1])
    assert record["factors"] == [pytest.approx(np.sort(np.abs(beyond) / ends)[80], rel=1e-3)]  # ceil(101 * 0.8) = 81st
    status, out, _ = bench.run("predict", run.id, "table.csv")
    assert status == 0
    for line in out.split("\n")[1:-1]:
        middle, low, high = map(float, line.split(","))
        assert 0 < low <= middle <= high


def test_an_exported_network_answers_with_the_fitted_widths(bench) -> None:
    job = job_of(bench.trained(series(bench)), "best", lambda line: None)
    (factor,) = job.trained.bands.factors
    assert factor > 1.5
    network = job.portable(strings=True).network
    (given,) = network.input
    answers = {name: np.asarray(own) for name, own in network({given: job.raw.array}).items()}
    assert job.checked.agrees(answers)


def test_the_model_file_answers_with_the_fitted_widths(bench) -> None:
    import keras

    run = bench.trained(series(bench))
    (stored,) = (one for one in stored_predictions(run) if one.part == "validation")
    wanted = with_widths(stored, run.read("bands.json")["factors"]).quantiles
    assert wanted is not None
    walk = np.loadtxt("walk.csv", delimiter=",", skiprows=1, usecols=1)
    windows = walk[stored.index[:, None] + np.arange(-6, 0)][:, :, None].astype(np.float32)
    answers = np.asarray(keras.saving.load_model(run.model).predict(windows, verbose=0))
    np.testing.assert_allclose(answers.reshape(wanted.shape), wanted, rtol=1e-4, atol=1e-3)


def test_folds_store_their_quantiles_and_widths_of_the_final_model_are_fitted_out_of_fold(bench) -> None:
    path = series(bench, epochs=1)
    status, out, _ = bench.run("kfold", path, "kfold.folds=3", "--refit")
    assert status == 0
    (folder,) = Path("runs").glob("*-*")
    run = Run(folder)
    target, quantiles = quantiles_of(run, "out_of_fold")
    inside = (quantiles[:, :, 0] <= target) & (target <= quantiles[:, :, 2])
    assert f"bands as learned hold the out-of-fold rows, 80%: {inside.mean():.1%}" in out
    record = run.read("bands.json")
    assert (record["on"], record["rows"], record["epoch"]) == (["out_of_fold"], len(target), 1)
    status, out, _ = bench.run("predict", run.id, "--ahead", 1)
    assert status == 0
    folds = [np.load(fold / "predictions.npz") for fold in sorted((folder / "folds").iterdir())]
    assert sum(len(fold["quantiles"]) for fold in folds) == len(target)
    np.testing.assert_array_equal(quantiles.reshape(len(target), -1)[-1], folds[-1]["quantiles"][-1])


def test_damaged_widths_are_told_in_one_line(bench) -> None:
    run = bench.trained(series(bench))
    for factors in ([], [0.0], [1.0, 2.0]):
        run.write("bands.json", run.read("bands.json") | {"factors": factors})
        status, _, err = bench.run("predict", run.id, "--ahead", 2)
        assert (status, err.count("\n")) == (7, 1)
        assert "bands.json is damaged" in err


def test_repeated_folds_leave_bands_as_learned_and_a_line_says_why(bench) -> None:
    repeated = ("training.epochs=1", "data.validation=null", "kfold.folds=2", "kfold.repeats=2")
    status, out, err = bench.run("kfold", table(bench), *repeated, "--refit")
    assert (status, "bands stay as learned: run" in out) == (0, True), err
    assert "has repeated folds" in out


@pytest.mark.parametrize("quantiles", [[0.5], [0.5, 0.9]])
def test_quantiles_that_are_the_ends_of_no_band_are_trained_without_widths(bench, quantiles) -> None:
    status, _, err = bench.run("train", series(bench, loss={"name": "pinball", "quantiles": quantiles}))
    assert status == 0, err
    assert not [*Path("runs").glob("*/bands.json")]
    assert bench.run("evaluate", "latest")[0] == 0


def test_folds_that_predict_the_median_alone_tell_nothing_of_bands(bench) -> None:
    few = ("training.epochs=1", "data.validation=null", "kfold.folds=2")
    status, out, err = bench.run("kfold", table(bench), *few, "training.loss={name: pinball, quantiles: [0.5]}")
    assert (status, "bands" in out) == (0, False), err
