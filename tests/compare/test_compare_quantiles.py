"""Runs that predict quantiles: their medians are compared with point forecasts, and their loss needs all quantiles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlpy.scores.adaptive_bands import Factors, Forecasts
from dlpy.scores.bands import distances as distances_of_truths

pytestmark = pytest.mark.slow

PINBALL = {"name": "pinball", "quantiles": [0.1, 0.5, 0.9]}


def experiment(bench: Any, loss: object) -> Path:
    times = np.datetime64("2024-01-01T00", "h") + np.arange(400)
    wave = 10 * np.sin(np.arange(400) * np.pi / 6) + np.random.default_rng(1).normal(size=400)
    lines = [f"{time},{value:.4f}" for time, value in zip(times, wave, strict=True)]
    Path("series.csv").write_text("\n".join(["time,x", *lines]) + "\n")
    data = {
        "name": "timeseries_csv", "path": "series.csv", "time": "time", "target": "x", "columns": ["x"],
        "lookback": 24, "horizon": 3, "transforms": ["standardize"], "test": None, "validation": 0.3,
    }  # fmt: skip
    training = {"epochs": 2, "batch_size": 64, "loss": loss, "metrics": ["mae"]}
    return bench.experiment(data=data, model={"name": "dlinear"}, training=training)


def followed(target: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Return the quantiles of consecutive windows with the widths that follow the errors of those before, from 1 on."""
    distances = distances_of_truths(target, quantiles, (0.1, 0.5, 0.9))
    origin = np.arange(len(target))
    forecasts = Forecasts(distances, origin, origin[:, None] + np.arange(target.shape[1]), np.zeros(len(target)))
    factors = Factors([1.0], [0.8]).of(forecasts)
    return quantiles[:, :, [1]] + factors[:, :, None] * (quantiles - quantiles[:, :, [1]])


def test_medians_are_compared_with_point_forecasts(bench: Any) -> None:
    runs = [bench.trained(experiment(bench, loss)) for loss in (PINBALL, "mae")]
    status, out, err = bench.run("compare", *(run.path for run in runs), "--json")
    assert status == 0, err
    with np.load(runs[0].path / "predictions.npz") as arrays:
        mae = np.abs(arrays["validation.target"] - arrays["validation.prediction"]).mean()
    assert f"{mae:.6f}"[:7] in out


def test_bands_are_compared_by_their_pinball_loss_and_coverage_as_they_are_predicted(bench: Any) -> None:
    runs = [bench.trained(experiment(bench, loss)) for loss in (PINBALL, PINBALL | {"conformal": False})]
    status, out, err = bench.run("compare", *(run.path for run in runs), "--json")
    assert status == 0, err
    told = json.loads(out)
    for run, record in zip(runs, told["runs"], strict=True):
        with np.load(run.path / "predictions.npz") as arrays:
            target = arrays["validation.target"]
            quantiles = arrays["validation.quantiles"].reshape(*target.shape, 3).astype(float)
        quantiles = followed(target, quantiles) if run.read("bands.json") else quantiles
        errors = target[:, :, None] - quantiles
        wanted = np.maximum(np.array([0.1, 0.5, 0.9]) * errors, np.array([-0.9, -0.5, -0.1]) * errors).mean()
        assert record["scores"]["pinball"]["value"] == pytest.approx(wanted, rel=1e-4)
        (band,) = record["bands"]
        inside = (quantiles[:, :, 0] <= target) & (target <= quantiles[:, :, 2])
        assert band["covered"] == pytest.approx(inside.mean(), abs=0.01)
    status, out, _ = bench.run("compare", *(run.path for run in runs))
    assert "covered" in out
    assert "also chose the epoch of each run and the widths of its bands" in out


def test_bands_of_folds_follow_the_series_from_fold_to_fold(bench: Any) -> None:
    path = experiment(bench, PINBALL)
    for number in (1, 2):
        status, out, err = bench.run("kfold", path, "kfold.folds=3", f"seed={number}")
        assert status == 0, err
    runs = sorted(Path("runs").glob("*-*"))
    with np.load(runs[1] / "predictions.npz") as arrays:
        target = arrays["out_of_fold.target"]
        quantiles = arrays["out_of_fold.quantiles"].reshape(*target.shape, 3).astype(float)
        origin, index = arrays["out_of_fold.origin"], arrays["out_of_fold.index"]
    distances = distances_of_truths(target, quantiles, (0.1, 0.5, 0.9))
    forecasts = Forecasts(distances, origin, index[:, None] + np.arange(3), np.zeros(len(target)))
    factors = Factors([1.0], [0.8]).of(forecasts)
    low, high = (quantiles[:, :, 1] + factors * (quantiles[:, :, end] - quantiles[:, :, 1]) for end in (0, 2))
    held = ((low <= target) & (target <= high)).mean()
    assert f"bands that follow earlier errors hold the out-of-fold rows, 80%: {held:.1%}" in out
    status, out, err = bench.run("compare", *runs, "--json")
    assert status == 0, err
    (band,) = json.loads(out)["runs"][1]["bands"]
    assert band["covered"] == pytest.approx(held, abs=0.005)
    assert band["width"] == pytest.approx((high - low).mean(), rel=1e-3)


def test_losses_of_other_quantiles_are_not_compared(bench: Any) -> None:
    runs = [bench.trained(experiment(bench, loss)) for loss in (PINBALL, PINBALL | {"quantiles": [0.2, 0.5, 0.8]})]
    status, out, _ = bench.run("compare", *(run.path for run in runs), "--json")
    assert status == 0
    assert "pinball" not in json.loads(out)["differences"]
    status, _, err = bench.run("compare", *(run.path for run in runs), "--score", "pinball")
    assert (status, err.count("\n")) == (2, 1)
    assert "these runs are not compared by it" in err


def test_the_loss_of_an_explanation_is_that_of_all_quantiles(bench: Any) -> None:
    run = bench.trained(experiment(bench, PINBALL))
    with np.load(run.path / "predictions.npz") as arrays:
        target, quantiles = arrays["validation.target"], arrays["validation.quantiles"]
    errors = target[:, :, None] - quantiles.reshape(*target.shape, 3)
    levels = np.array([0.1, 0.5, 0.9])
    wanted = np.maximum(levels * errors, (levels - 1) * errors).mean()
    status, out, err = bench.run("explain", run.path, "--score", "loss", "--json")
    assert status == 0, err
    assert json.loads(out)["scores"][0]["value"] == pytest.approx(wanted, rel=1e-4)


def test_coverage_is_refused_where_quantiles_are_written(bench: Any) -> None:
    run = bench.trained(experiment(bench, PINBALL))
    status, _, err = bench.run("predict", run.path, "series.csv", "--coverage", "0.9")
    assert (status, err.count("\n")) == (2, 1)
    assert "predicts quantiles, which are written in any case" in err
