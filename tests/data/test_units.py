"""Errors in the target's own unit come from predictions in that unit, whatever the loss holds."""

import keras
import numpy as np
import pytest
from sklearn import metrics as theirs

from dlpy.components.objectives import Loss, Metric
from dlpy.data.task import Input, Output, Task
from dlpy.data.units import own_scores
from dlpy.metrics._keras_regression_metrics import streamed_r2
from dlpy.runs.lookup import find_run
from dlpy.scores.regression_scores import best_constant, regression_score

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(11)
TARGET, GUESS = RNG.uniform(1, 9, (50, 2)), RNG.uniform(1, 9, (50, 2))


def test_scores_are_those_of_scikit_learn() -> None:
    wanted = {
        "mae": theirs.mean_absolute_error(TARGET, GUESS),
        "mse": theirs.mean_squared_error(TARGET, GUESS),
        "rmse": theirs.mean_squared_error(TARGET, GUESS) ** 0.5,
        "mape": 100 * theirs.mean_absolute_percentage_error(TARGET, GUESS),
        "msle": theirs.mean_squared_log_error(TARGET, GUESS),
        "r2": theirs.r2_score(TARGET, GUESS),
        "cosine": np.diag(theirs.pairwise.cosine_similarity(TARGET, GUESS)).mean(),
    }
    assert {name: regression_score(name, TARGET, GUESS) for name in wanted} == pytest.approx(wanted, rel=1e-9)


def test_r2_is_undefined_of_a_constant_and_leaves_it_out_of_a_mean() -> None:
    flat = np.full((50, 1), 0.1)
    assert np.isnan(regression_score("r2", flat, GUESS[:, :1]))
    both = np.concatenate([flat, TARGET[:, :1]], axis=1)
    assert regression_score("r2", both, GUESS) == pytest.approx(theirs.r2_score(TARGET[:, 0], GUESS[:, 1]))


@pytest.mark.parametrize("offset", [0.0, 300.0])
def test_r2_over_batches_is_that_of_all_rows(offset: float) -> None:
    metric = streamed_r2(2, "r2")
    for some in (slice(0, 7), slice(7, 40), slice(40, 50)):
        metric.update_state(TARGET[some] + offset, GUESS[some] + offset)
    assert float(metric.result()) == pytest.approx(theirs.r2_score(TARGET, GUESS), rel=1e-6)
    metric = streamed_r2(1, "r2")
    metric.update_state(np.full((9, 1), 0.1 + offset), GUESS[:9, :1])
    assert np.isnan(float(metric.result()))


@pytest.mark.parametrize("name", ["mape", "msle", "cosine"])
def test_a_score_that_depends_on_where_zero_lies_is_that_in_the_unit(name: str) -> None:
    output = Output("regression", 2, scale=2.0, offset=5.0)
    metric = Metric.registry.get(name)(name=name).build(Task.single(Input("array", (3,)), output))
    metric.update_state((TARGET - 5) / 2, (GUESS - 5) / 2)
    assert float(metric.result()) == pytest.approx(regression_score(name, TARGET, GUESS), rel=1e-5)


def test_only_metrics_are_scaled_and_never_a_loss() -> None:
    scores = {"epoch": 3, "loss": 9.0, "data_loss": 8.0, "error": 2.0, "val_error": 3.0, "val_mse": 4.0, "r2": 0.5}
    found = own_scores(scores, Output("regression", scale=10.0), {"error": "mae", "r2": "r2"})
    assert found == {"error": 20.0, "val_error": 30.0, "val_mse": 400.0, "r2": 0.5}


@pytest.mark.parametrize(
    ("name", "constant"),
    # half of the weight 1 + 1/4 + 1/4 + 1/16 lies at 1; (2 x 5 x 5 x 17) ** (1 / 4) - 1
    [("mae", 4.0), ("mse", 6.25), ("r2", 6.25), ("mape", 1.0), ("msle", 850**0.25 - 1)],
)
def test_the_best_constant_of_a_score_is_worked_out_by_hand(name: str, constant: float) -> None:
    target = np.array([[1.0], [4.0], [4.0], [16.0]])
    assert best_constant(name, target, np.ones(4)).tolist() == pytest.approx([constant])


def test_a_run_with_a_penalty_reports_the_error_of_its_predictions(bench) -> None:
    kelvin = 285 + 8 * np.sin(np.arange(220) / 9)
    lines = [f"{value:.4f},{number % 7}" for number, value in enumerate(kelvin)]
    bench.write("\n".join(["heat,day", *lines]) + "\n", "weather.csv")
    data = {"name": "timeseries_csv", "path": "weather.csv", "target": "heat", "unit": "K", "lookback": 8, "delay": 2}
    data |= {"transforms": ["standardize"]}
    model = {"name": "dense", "units": [8], "regularizer": {"l2": 0.5}}
    how = {"epochs": 1, "loss": "mse", "metrics": ["mae", "mape", "r2", {"name": "rmse", "label": "error"}]}
    status, out, error = bench.run("train", bench.experiment(data=data, model=model, training=how))
    assert (status, error) == (0, "")
    status, _, _ = bench.run("evaluate", "latest")
    assert status == 0
    run = find_run("latest", None)
    summary, found = run.read("summary.json"), run.read("evaluation.json")
    with np.load(run.predictions) as stored:
        true, said = stored["validation.target"].reshape(-1), stored["validation.prediction"].reshape(-1)
    wanted = {
        "mse": theirs.mean_squared_error(true, said),
        "mae": theirs.mean_absolute_error(true, said),
        "mape": 100 * theirs.mean_absolute_percentage_error(true, said),
        "r2": theirs.r2_score(true, said),
        "error": theirs.mean_squared_error(true, said) ** 0.5,
    }
    assert found["validation"]["in_unit"]["scores"] == pytest.approx(wanted, rel=1e-5)
    best = summary["in_unit"]["best"]
    assert {name: best[f"val_{name}"] for name in wanted} == pytest.approx(wanted, rel=1e-4)
    assert summary["best"]["val_mape"] == pytest.approx(wanted["mape"], rel=1e-4)
    assert summary["best"]["val_loss"] > summary["best"]["val_data_loss"] + 0.5
    assert f"val_mae {wanted['mae']:.3f}" in out


@pytest.mark.parametrize("name", ["mape", "msle", "poisson"])
def test_a_loss_of_a_standardized_target_is_that_in_its_unit(name: str) -> None:
    from dlpy.experiment.experiment import Experiment
    from dlpy.training.loss import training_loss

    content = {"data": {"name": "blobs"}, "model": {"name": "dense"}, "training": {"loss": name}}
    task = Task.single(Input("array", (3,)), Output("regression", 2, scale=2.0, offset=5.0))
    loss = training_loss(Experiment.model_validate(content), task)
    plain = Loss.registry.get(name)(name=name).build()
    found = float(loss((TARGET - 5) / 2, keras.ops.convert_to_tensor((GUESS - 5) / 2)))
    assert found == pytest.approx(float(plain(TARGET, GUESS)), rel=1e-5)
