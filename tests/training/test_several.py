"""Training with several inputs and outputs, from the experiment file to predictions and model.keras."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import yaml
from several import HOMES, Homes, experiment, homes
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, r2_score, roc_auc_score

from dlpy.data.rows import Data
from dlpy.experiment.experiment import load
from dlpy.runs.directory import Run
from dlpy.runs.predictions import read_predictions
from dlpy.runs.results import outputs_of
from dlpy.training.compile import sample_weight
from dlpy.training.evaluate import restore

pytestmark = pytest.mark.slow

BEST_SOLD = {"name": "checkpoint", "monitor": "val_sold_auc"}


def trained(bench: Any, content: dict[str, Any], name: str = "x.yaml") -> Run:
    return bench.trained(bench.write(yaml.safe_dump(content, sort_keys=False), name))


def stored(run: Run) -> dict[str, Any]:
    return {found.key: found for found in read_predictions(run.predictions, outputs_of(run))}


@pytest.fixture(params=[0.0, 0.4], ids=["every target known", "targets missing"])
def run(bench, request) -> Run:
    return trained(bench, experiment(data=homes(rows=121, missing=request.param), callbacks=[BEST_SOLD]))


def test_scores_of_each_output_are_those_of_scikit_learn_on_the_predictions(run: Run, bench) -> None:
    status, _, err = bench.run("evaluate", run.path, "--json")
    assert (status, err) == (0, "")
    found = stored(run)
    assert [*found] == ["validation-price", "validation-sold", "test-price", "test-sold"]
    for part, results in run.read("evaluation.json").items():
        price, sold = found[f"{part}-price"], found[f"{part}-sold"]
        in_unit, scores = results["outputs"]["price"]["in_unit"], results["scores"]
        assert in_unit["unit"] == "dollars"
        truth, guess = price.target.reshape(-1), price.prediction.reshape(-1)
        assert in_unit["scores"]["mae"] == pytest.approx(mean_absolute_error(truth, guess), rel=1e-5)
        assert in_unit["scores"]["r2"] == pytest.approx(r2_score(truth, guess), rel=1e-5)
        labels, chance = sold.target, sold.prediction[:, 0]
        assert scores["sold_auc"] == pytest.approx(roc_auc_score(labels, chance), rel=1e-6)
        assert scores["sold_accuracy"] == pytest.approx(accuracy_score(labels, chance > 0.5), rel=1e-6)
        assert len(truth) == results["outputs"]["price"]["rows"]
        assert results["rows"] >= len(truth)


def test_predictions_and_targets_are_in_the_targets_own_unit(run: Run, bench) -> None:
    assert bench.run("evaluate", run.path, "--split", "test")[0] == 0
    price = stored(run)["test-price"]
    raw = Homes.model_validate(
        {"missing": 0.4 if run.read("run.json")["task"]["outputs"]["price"]["has_missing"] else 0}
    )
    test = raw.load().test
    assert test is not None
    np.testing.assert_allclose(price.target.reshape(-1), test.targets["price"][price.index], rtol=1e-5)
    trained_run = restore(run)
    rows = trained_run.applied(test).take(price.index)
    logs = trained_run.engine.predict_all(rows, 16)["price"].astype(np.float64)
    train = restore(run).experiment.data.load().train
    known = np.log(train.targets["price"][np.load(run.splits)["train"]].astype(np.float64))
    known = known[np.isfinite(known)]
    np.testing.assert_allclose(price.prediction, np.exp(logs * known.std() + known.mean()), rtol=1e-4)


def test_thresholds_intervals_and_sets_are_by_output(run: Run, bench) -> None:
    status, _, err = bench.run("evaluate", run.path, "--threshold", "f1", "--coverage", "0.8")
    assert (status, err) == (0, "")
    assert [*run.read("thresholds.json")["thresholds"]] == ["sold"]
    price, sold = (run.read("evaluation.json")["test"]["outputs"][name] for name in ("price", "sold"))
    assert [effect["of"] for effect in sold["thresholds"]] == ["yes"]
    assert price["coverage"].keys() == {"asked", "covered", "cross_fitted", "width"}
    assert sold["coverage"].keys() == {"asked", "covered", "cross_fitted", "size", "empty"}
    assert "probabilities" in sold
    assert "probabilities" not in price


def test_a_monitor_may_be_a_score_of_one_output(run: Run) -> None:
    with run.metrics.open() as file:
        scores = [float(row["val_sold_auc"]) for row in csv.DictReader(file)]
    summary = run.read("summary.json")
    assert summary["best"]["epoch"] == int(np.argmax(scores)) + 1
    assert summary["best"]["val_sold_auc"] == pytest.approx(max(scores))
    sold = stored(run)["validation-sold"]
    assert max(scores) == pytest.approx(roc_auc_score(sold.target, sold.prediction[:, 0]), rel=1e-6)


def test_the_summary_tells_the_price_in_dollars_beside_the_best_constants(run: Run) -> None:
    own = run.read("summary.json")["outputs"]["price"]["in_unit"]
    price = stored(run)["validation-price"]
    truth, guess = price.target.reshape(-1), price.prediction.reshape(-1)
    assert own["best"]["val_mae"] == pytest.approx(mean_absolute_error(truth, guess), rel=1e-5)
    train = restore(run).experiment.data.load().train.targets["price"][np.load(run.splits)["train"]]
    medians = [np.nanpercentile(train, 50, method=method) for method in ("lower", "higher")]  # each is best
    errors = [np.abs(truth - median).mean() for median in medians]
    assert min(abs(own["baseline"]["mae"] / error - 1) for error in errors) < 1e-4


def test_model_keras_predicts_what_the_run_predicts(run: Run) -> None:
    test = Homes().load().test
    assert test is not None
    of_run = restore(run)
    rows = of_run.applied(test)
    words: Any = rows.inputs["words"]
    given = keras.models.load_model(run.path / "model.keras")({"facts": test.inputs["facts"], "words": words.numbers()})
    for name in ("price", "sold"):
        np.testing.assert_allclose(given[name], of_run.own_predictions(rows)[name], rtol=1e-4, atol=1e-5)


def test_a_run_on_combined_is_repeated_by_its_config(bench) -> None:
    run = trained(bench, experiment(model={"name": "combined", "encoders": {"words": {"family": "rnn", "units": 3}}}))
    again = bench.write(run.config.read_text(), "again.yaml")
    for text in ("family: dense", "family: rnn"):
        assert text in again.read_text()
    assert bench.run("train", again, "--quiet")[0] == 0
    runs = sorted(path for path in Path("runs").iterdir() if path.name.endswith("again") or path == run.path)
    weights = [dict(np.load(path / "checkpoints" / "last" / "weights.npz")) for path in Path("runs").iterdir()]
    assert len(runs) == len(weights) or len(weights) == 2
    for name, value in weights[0].items():
        np.testing.assert_array_equal(value, weights[1][name])


def test_targets_of_validation_and_test_rows_change_no_weight(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    content = experiment(data=homes(missing=0.3, validation=30), training={"loss_weights": "uncertainty"})
    path, real, weights = bench.write(yaml.safe_dump(content, sort_keys=False), "leak.yaml"), Homes._rows, []
    for shuffled in (False, True):

        def rows(self: Homes, seed: int, count: int, shuffled: bool = shuffled) -> Any:
            found, rng = real(self, seed, count), np.random.default_rng(9)
            order = np.arange(count)
            if shuffled:
                order[: 30 if seed == 1 else count] = rng.permutation(30 if seed == 1 else count)
            for name, target in found.targets.items():
                found = found.with_y(target[order], name)
            return found

        monkeypatch.setattr(Homes, "_rows", rows)
        assert bench.run("train", path, "--quiet")[0] == 0
        (made,) = Path("runs").iterdir()
        weights.append(dict(np.load(made / "checkpoints" / "last" / "weights.npz")))
        shutil.rmtree(made)
    for name, value in weights[0].items():
        np.testing.assert_array_equal(value, weights[1][name])


@pytest.mark.parametrize(
    ("class_weight", "column", "price", "sold"),
    [
        (None, False, None, None),
        (None, True, [2, 0.5, 2, 0.5], [2, 0.5, 2, 0.5]),
        ({"sold": {"yes": 3, "no": 0.5}}, False, [1, 1, 1, 1], [3, 0.5, 1, 3]),
        ({"sold": {"yes": 3, "no": 0.5}}, True, [2, 0.5, 2, 0.5], [6, 0.25, 2, 1.5]),
    ],
)
def test_weights_of_rows_are_by_output(bench, class_weight: Any, column: bool, price: Any, sold: Any) -> None:
    data = homes(rows=4, weights=column, missing=0.1)
    content = experiment({"class_weight": class_weight}, data=data)
    loaded, _ = load(bench.write(yaml.safe_dump(content, sort_keys=False), "w.yaml"))
    rows = loaded.data.load().train
    rows = rows.with_y(np.array([1, 0, -1, 1]), "sold")
    found = sample_weight(loaded, Data(rows, None, None, loaded.data.outline()))
    if price is None:
        assert found is None
        return
    assert isinstance(found, dict)
    assert {name: weight.tolist() for name, weight in found.items()} == {"price": price, "sold": sold}


def test_one_input_may_be_alone_and_one_output(bench) -> None:
    run = trained(bench, {
        "data": {"name": "homes", "inputs": HOMES["inputs"], "targets": HOMES["targets"]},
        "model": {"name": "combined", "join": "attention", "size": 8, "attention_heads": 2},
        "training": {"epochs": 1, "loss": {"price": "mae"}, "metrics": {"sold": ["f1"]}},
    })  # fmt: skip
    with run.metrics.open() as file:
        (row,) = csv.DictReader(file)
    assert {"price_mae", "sold_f1", "val_price_loss"} <= row.keys()
    assert "sold_accuracy" not in row
    assert float(row["val_price_loss"]) == pytest.approx(float(row["val_price_mae"]), rel=1e-5)


@pytest.mark.parametrize("execution", ["epoch", "steps"])
def test_missing_targets_of_the_only_output_count_nowhere(execution: str, bench) -> None:
    data = homes(missing=0.4, outputs=["sold"], targets={})
    training = {"metrics": ["accuracy", "auc"], "execution": execution}
    run = trained(bench, experiment(training, data=data, model={"name": "combined"}))
    sold = stored(run)["validation"]
    with run.metrics.open() as file:
        rows = list(csv.DictReader(file))
    assert [*rows[0]][2:] == ["learning_rate", "loss", "accuracy", "auc", "val_loss", "val_accuracy", "val_auc"]
    best = rows[run.read("summary.json")["best"]["epoch"] - 1]
    assert float(best["val_auc"]) == pytest.approx(roc_auc_score(sold.target, sold.prediction[:, 0]), rel=1e-6)
    assert float(best["val_loss"]) == pytest.approx(log_loss(sold.target, sold.prediction[:, 0]), rel=1e-5)
    assert len(sold.target) < run.read("summary.json")["rows"]["validation"]
