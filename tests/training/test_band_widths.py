"""Bands whose widths are fitted on validation rows: kept with the run, predicted, scored, drawn and exported."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlpy.export.job import job_of
from dlpy.runs.bands import shown_bands
from dlpy.runs.directory import Run
from dlpy.runs.results import stored_predictions

pytestmark = pytest.mark.slow

LOSS = {"name": "pinball", "quantiles": [0.1, 0.5, 0.9]}


def series(bench: Any, **changes: Any) -> Path:
    """Write a walk whose steps become three times as large where the validation rows begin, and its experiment."""
    random = np.random.default_rng(3)
    steps = random.normal(size=300) * np.where(np.arange(300) < 180, 1.0, 3.0)
    days = np.arange("2020-01-01", "2020-10-27", dtype="M8[D]")
    rows = [f"{day},{value:.4f}" for day, value in zip(days, np.cumsum(steps), strict=True)]
    bench.write("\n".join(["day,level", *rows]) + "\n", "walk.csv")
    data = {
        "name": "timeseries_csv", "path": "walk.csv", "time": "day", "target": "level", "lookback": 6, "horizon": 2,
        "difference": True, "transforms": ["standardize"], "validation": 60, "test": 60,
    }  # fmt: skip
    training = {"epochs": 3, "batch_size": 32, "loss": LOSS} | changes
    return bench.experiment(data=data, model={"name": "dlinear", "kernel": 3}, training=training)


def quantiles_of(run: Run, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the targets, (rows, steps), and the quantiles as predictions.npz holds them, (rows, steps, quantiles)."""
    (stored,) = (one for one in stored_predictions(run) if one.part == part)
    assert stored.quantiles is not None
    return stored.target, stored.quantiles


def test_the_factor_is_that_of_the_validation_rows_and_is_told(bench) -> None:
    status, out, _ = bench.run("train", series(bench))
    assert status == 0
    (path,) = Path("runs").glob("*-*")
    run = Run(path)
    record = run.read("bands.json")
    target, quantiles = quantiles_of(run, "validation")
    beyond = target - quantiles[:, :, 1]
    ends = np.where(beyond < 0, quantiles[:, :, 1] - quantiles[:, :, 0], quantiles[:, :, 2] - quantiles[:, :, 1])
    distances = np.sort((np.abs(beyond) / ends).reshape(-1))
    rows = len(target)
    windows = -(-rows // 2)
    limit = distances[int(np.ceil((2 * rows + 1) * 0.8)) - 1]
    assert record["factors"] == [pytest.approx(limit ** (windows / (windows + 4)))]
    assert record["factors"][0] > 1.5  # the steps are larger than those of the training rows
    assert (record["on"], record["asked"], record["rows"], record["windows"]) == (["validation"], [0.8], rows, windows)
    assert f"widths of bands: 80% x {record['factors'][0]:.2f}; fitted on {rows} validation rows" in out
    assert "which also chose the epoch" in out


def test_predictions_have_the_fitted_widths_around_the_same_median(bench) -> None:
    path = series(bench)
    run, plain = bench.trained(path), bench.trained(series(bench, loss=LOSS | {"conformal": False}))
    assert plain.read("bands.json") == {}
    (factor,) = run.read("bands.json")["factors"]
    found = []
    for one in (plain, run):
        status, out, _ = bench.run("predict", one.id, "--ahead", 2)
        assert status == 0
        found.append(np.array([[float(cell) for cell in line.split(",")[1:]] for line in out.split("\n")[1:-1]]))
    np.testing.assert_allclose(found[0][:, 0], found[1][:, 0], rtol=1e-6)
    before, after = (np.diff(one[:, [1, 0, 2]]) for one in found)
    np.testing.assert_allclose(after, factor * before, rtol=1e-4)
    status, out, _ = bench.run("predict", run.id, "walk.csv")
    names, *_, last = [line.split(",") for line in out.split("\n")[:-1]]
    assert float(last[names.index("prediction_2_quantile_0.9")]) == pytest.approx(found[1][1, 2], rel=1e-5)


def test_coverage_is_scored_before_and_after_and_that_of_validation_rows_crosswise(bench) -> None:
    run = bench.trained(series(bench))
    status, out, _ = bench.run("evaluate", run.id)
    assert status == 0
    assert "as learned" in out
    assert "* each fifth with the widths of the others" in out
    (factor,) = run.read("bands.json")["factors"]
    validation, test = (run.read("evaluation.json")[part]["bands"][0] for part in ("validation", "test"))
    assert (validation["cross_fitted"], test["cross_fitted"]) == (True, False)
    target, quantiles = quantiles_of(run, "test")
    low, high = (quantiles[:, :, 1] + factor * (quantiles[:, :, end] - quantiles[:, :, 1]) for end in (0, 2))
    assert test["covered"] == pytest.approx(((low <= target) & (target <= high)).mean(), abs=0.01)
    assert test["width"] == pytest.approx(np.mean(high - low), rel=1e-4)
    inside = (quantiles[:, :, 0] <= target) & (target <= quantiles[:, :, 2])
    assert test["learned"]["covered"] == pytest.approx(inside.mean())
    assert test["learned"]["covered"] < test["covered"]
    assert test["by_chance"] == pytest.approx(np.sqrt(0.8 * 0.2 / -(-len(target) // 2)))
    (stored,) = (one for one in stored_predictions(run) if one.part == "test")
    shown = shown_bands(run, stored).quantiles
    assert shown is not None
    np.testing.assert_allclose(shown[:, :, 2], high, rtol=1e-4)


def test_another_checkpoint_shows_bands_as_it_learned_them(bench) -> None:
    run = bench.trained(series(bench))
    run.write("bands.json", run.read("bands.json") | {"epoch": 99})
    status, _, err = bench.run("evaluate", run.id, "--split", "test")
    assert status == 0
    assert "bands.json is that of epoch 99: bands are shown as they were learned by epoch" in err
    assert "learned" not in run.read("evaluation.json")["test"]["bands"][0]


def test_few_or_no_validation_rows_leave_bands_as_learned_and_a_line_says_so(bench) -> None:
    path = series(bench)
    status, out, _ = bench.run("train", path, "data.validation=4", "data.windows=across_parts")
    assert status == 0
    assert "bands stay as learned: 3 held-out rows are too few for their widths" in out
    status, out, _ = bench.run("train", path, "data.validation=null")
    assert status == 0
    assert "bands stay as learned: there are no validation rows" in out


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
    wanted = shown_bands(run, stored).quantiles
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
