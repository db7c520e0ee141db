"""What Keras adds to a loss is told, and the loss without it stands beside the baseline."""

import csv
from pathlib import Path

import keras
import numpy as np
import pytest

from dlpy.callbacks._metrics_csv import MetricsCsv
from dlpy.core.errors import RunError
from dlpy.data.rows import Rows
from dlpy.engine import penalties
from dlpy.engine.engine import Engine
from dlpy.engine.snapshots import Snapshot, with_copies
from dlpy.experiment.experiment import load
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run
from dlpy.runs.lookup import all_runs
from dlpy.training import train
from dlpy.training.evaluate import evaluate, restore
from dlpy.training.record import Options
from dlpy.training.reporter import Reporter

pytestmark = pytest.mark.slow

DATA = {"name": "blobs", "task": "regression", "rows": 100, "validation": 20}
MODEL = {"name": "dense", "units": [8], "regularizer": {"l1": 0.01, "l2": 0.1}}
PLUGIN = """
from typing import Literal
import keras
from dlpy.components.model import Model

class Tax(keras.Layer):
    def call(self, x):
        self.add_loss(0.25 * keras.ops.mean(keras.ops.abs(x)))
        return x

class Taxed(Model):
    name: Literal["taxed"] = "taxed"

    def build(self, task):
        inputs = keras.Input(task.input.shape)
        return keras.Model(inputs, keras.layers.Dense(1)(Tax()(inputs)))
"""


def scores_of(run: Run) -> list[dict[str, float]]:
    with run.metrics.open() as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def trained(bench, *overrides: str, **blocks: object) -> Run:
    path = bench.experiment(**{"data": DATA, "model": MODEL, "training": {"epochs": 3}, **blocks})
    experiment, document = load(path, list(overrides))
    return train.train(experiment, document, Options(Path("runs")), Reporter())


def penalty_by_hand(run: Run) -> float:
    """Return the penalty of the kept model's kernel: its output layer has none."""
    kernel = restore(run).engine.model.get_weights()[0].astype(np.float64)
    return float(0.01 * np.abs(kernel).sum() + 0.1 * np.square(kernel).sum())


@pytest.mark.parametrize("how", [{"execution": "epoch"}, {"execution": "steps"}, {"jit_compile": True}])
def test_the_loss_without_the_penalty_is_the_one_worked_out_by_hand(bench, how) -> None:
    run = trained(bench, training={"epochs": 3, "batch_size": 16, **how})
    with np.load(run.predictions) as arrays:
        errors = arrays["validation.prediction"][:, 0].astype(np.float64) - arrays["validation.target"]
    best = run.read("summary.json")["best"]
    assert best["val_data_loss"] == pytest.approx(np.square(errors).mean(), rel=1e-5)
    assert best["val_loss"] == pytest.approx(np.square(errors).mean() + penalty_by_hand(run), rel=1e-5)
    assert list(best) == ["epoch", "loss", "data_loss", "mae", "val_loss", "val_data_loss", "val_mae"]
    for row in scores_of(run):
        assert 0 < row["data_loss"] < row["loss"]
    found = evaluate(run, ["train"])["train"]["scores"]
    assert found["loss"] - found["data_loss"] == pytest.approx(penalty_by_hand(run), rel=1e-4)


def test_the_baseline_stands_beside_the_loss_without_the_penalty(bench) -> None:
    status, out, _ = bench.run("train", bench.experiment(data=DATA, model=MODEL, training={"epochs": 1}))
    assert status == 0
    assert "loss includes the penalty of regularization; data_loss and the baseline are without it" in out
    (run,) = all_runs(Path("runs"))
    usual = run.read("summary.json")["baseline"]
    assert usual["data_loss"] == pytest.approx(usual["mse"])
    assert "loss" not in usual
    assert f"baseline:  data_loss {usual['data_loss']:.4f}  mae" in out
    _, out, _ = bench.run("evaluate", "latest", "--split", "validation")
    rows = {line.split()[2]: line.split()[3:] for line in out.splitlines() if line.startswith("validation")}
    assert len(rows["loss"]) == 1  # no baseline
    assert float(rows["data_loss"][1]) == pytest.approx(usual["data_loss"], abs=1e-4)
    keras.models.load_model(run.model)  # without any class of dlpy's


def test_nothing_changes_where_there_is_no_penalty(bench) -> None:
    run = trained(bench, model={"name": "dense", "units": [8]})
    assert list(scores_of(run)[0]) == ["epoch", "seconds", "learning_rate", "loss", "mae", "val_loss", "val_mae"]
    assert "loss" in run.read("summary.json")["baseline"]


def test_a_penalty_that_a_layer_adds_is_found(bench) -> None:
    Path("taxes.py").write_text(PLUGIN)
    run = trained(bench, plugins=["taxes.py"], model="taxed")
    experiment, _ = load(run.config)
    tax = 0.25 * np.abs(experiment.data.load().train.array[:20]).mean()
    best = run.read("summary.json")["best"]
    assert best["val_loss"] - best["val_data_loss"] == pytest.approx(tax, rel=1e-4)


def test_penalties_of_every_kind_are_seen() -> None:
    def model(layer: keras.Layer) -> keras.Model:
        inputs = keras.Input((3,))
        return keras.Model(inputs, keras.layers.Dense(1)(layer(inputs)))

    assert not penalties.has_penalty(model(keras.layers.Dense(2)))
    assert penalties.has_penalty(model(keras.layers.Dense(2, bias_regularizer="l2")))
    assert penalties.has_penalty(model(keras.layers.Dense(2, activity_regularizer="l1")))
    assert penalties.has_penalty(model(keras.layers.ActivityRegularization(l1=0.1)))
    frozen = keras.layers.Dense(2, kernel_regularizer="l2")
    frozen.trainable = False  # until a later phase
    assert penalties.has_penalty(model(frozen))


def test_the_weighted_loss_without_the_penalty_is_weighted_as_the_loss_is(bench) -> None:
    weights = {"a": 3.0, "b": 0.5}
    how = {
        "epochs": 1,
        "batch_size": 1000,
        "optimizer": {"name": "sgd", "learning_rate": 1e-9},
        "class_weight": weights,
    }
    data = {"name": "blobs", "rows": 90, "validation": None}
    status, out, _ = bench.run("train", bench.experiment(data=data, model=MODEL, training=how))
    assert status == 0
    assert "class_weight: loss is weighted by class; val_loss is not" in out
    (run,) = all_runs(Path("runs"))
    row = scores_of(run)[0]
    again = restore(run)
    rows = again.experiment.data.load().train
    share = again.engine.predict(rows, 90)[np.arange(90), rows.y].astype(np.float64)
    by_hand = np.mean(-np.log(share) * np.array([3.0, 0.5, 1.0])[rows.y])
    assert row["data_loss"] == pytest.approx(by_hand, rel=1e-4)
    assert row["loss"] - row["data_loss"] == pytest.approx(penalty_by_hand(run), rel=1e-3)
    assert run.read("run.json")["class_weighted"] is True


def test_the_loss_without_a_penalty_may_be_watched_where_there_is_none(bench) -> None:
    watch = {"name": "early_stopping", "monitor": "val_data_loss", "patience": 1}
    run = trained(bench, "model.regularizer=null", callbacks=[watch])
    assert all(row["data_loss"] == pytest.approx(row["loss"], rel=1e-6) for row in scores_of(run))


def test_no_metric_may_be_called_like_a_loss(bench) -> None:
    how = {"metrics": [{"name": "mae", "label": "data_loss"}]}
    status, out, _ = bench.run("check", bench.experiment(data=DATA, training=how))
    assert status == 2
    assert "training.metrics: 'data_loss' is the name of a loss: use another 'label'." in out


def test_a_run_that_began_without_the_score_goes_on_without_it(tmp_path) -> None:
    def model(*, penalized: bool) -> keras.Model:
        network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        tracked = [penalties.data_loss(keras.losses.MeanSquaredError())] if penalized else None
        network.compile("sgd", "mse", weighted_metrics=tracked)
        rows = Rows.single(np.zeros((4, 2), np.float32), np.ones(4, np.float32))
        Engine(network).evaluate(rows, 4)
        return network

    run, old, new = Run(tmp_path), model(penalized=False), model(penalized=True)
    checkpoints.save(run, with_copies(old, Snapshot(0, {}, {}, step=1)), ["unfinished"])
    checkpoints.load(new, run, "unfinished")
    np.testing.assert_array_equal(new.get_weights()[0], old.get_weights()[0])
    table = MetricsCsv(run.metrics)
    table.set_model(new)
    table.on_train_begin()
    table.on_epoch_end(0, {"loss": 2.0})
    table.on_epoch_end(1, {"loss": 1.5, "data_loss": 1.25})
    assert [row["loss"] for row in scores_of(run)] == [2.0, 1.5]
    with pytest.raises(RunError, match="has other columns than this epoch's scores"):
        table.on_epoch_end(2, {"loss": 1.0, "mae": 1.0})
