"""Predicted quantiles begin at those of the training rows: of the targets, or of their changes from the last value."""

from pathlib import Path

import numpy as np
import pytest

from dlpy.experiment.experiment import load
from dlpy.training.compile import fresh_model
from dlpy.training.pipeline import split, transform

pytestmark = pytest.mark.slow

LEVELS = [0.1, 0.5, 0.9]
WALK = np.cumsum(np.random.default_rng(3).exponential(size=80))  # its steps are skewed


def prepared(bench, difference: object) -> tuple:
    days = np.arange("2020-01-01", "2020-03-21", dtype="M8[D]")
    rows = [f"{day},{value:.4f}" for day, value in zip(days, WALK, strict=True)]
    bench.write("\n".join(["day,y", *rows]) + "\n", "walk.csv")
    data = {"name": "timeseries_csv", "path": "walk.csv", "time": "day", "target": "y", "lookback": 5, "horizon": 2}
    path = bench.experiment(
        data={**data, "difference": difference, "test": 20, "validation": 20},
        model={"name": "dlinear", "kernel": 3},
        training={"epochs": 1, "loss": {"name": "pinball", "quantiles": LEVELS}},
    )
    experiment, _ = load(Path(path))
    loaded = experiment.data.load()
    made, _ = transform(experiment, split(experiment.data, loaded), loaded.task)
    return made, fresh_model(experiment, made.task)


@pytest.mark.parametrize("difference", [False, True, "scaled"])
def test_a_new_model_predicts_the_quantiles_of_the_training_rows(bench, difference: object) -> None:
    data, model = prepared(bench, difference)
    found = np.asarray(model.predict(data.train.array, verbose=0)).reshape(-1, 2, 3)
    walk = WALK.round(4)
    starts = np.arange(40 - 5 - 1)  # 40 training rows hold 34 windows of 5 rows and 2 targets
    past, targets = walk[starts[:, None] + np.arange(5)], walk[starts[:, None] + [5, 6]]
    last = past[:, -1:] * (difference is not False)
    size = np.abs(np.diff(past, axis=1)).mean(axis=1, keepdims=True) + 0.05 if difference == "scaled" else 1.0
    quantiles = np.quantile((targets - last) / size, LEVELS, axis=0).T  # of each of the two steps ahead
    wanted = last[:, :, None] + np.broadcast_to(size, (34, 1))[:, :, None] * quantiles
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_scaled_differences_make_forecasts_of_a_multiple_the_multiple_of_the_forecasts(bench) -> None:
    _, model = prepared(bench, "scaled")
    model.set_weights([weights + 0.1 for weights in model.get_weights()])
    window = np.random.default_rng(1).normal(size=(1, 5, 1)).astype(np.float32) * 1_000
    once, tenfold = (np.asarray(model.predict(window * factor, verbose=0)) for factor in (1, 10))
    np.testing.assert_allclose(tenfold, 10 * once, rtol=1e-3)
