"""k-fold validation of an experiment with two inputs and two outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from several import GRAPH, Homes, experiment, homes
from sklearn.metrics import mean_absolute_error, roc_auc_score

from dlpy.core.errors import ConfigError
from dlpy.data.splits import KFold
from dlpy.experiment.experiment import load
from dlpy.runs.directory import Run
from dlpy.runs.how import How
from dlpy.runs.predictions import read_predictions
from dlpy.runs.results import outputs_of
from dlpy.training.evaluate import restore
from dlpy.training.folds import fold_data
from dlpy.training.kfold import kfold
from dlpy.training.prepare import prepare
from dlpy.training.record import Options
from dlpy.training.reporter import Reporter

pytestmark = pytest.mark.slow


MODEL = {
    **GRAPH,
    "layers": {**GRAPH["layers"], "read": {"family": "dense", "units": [4], "embedding": 4, "of": "words"}},
}


def validated(refit: bool = False, **blocks: Any) -> Run:
    content = {**experiment({"epochs": 1}, model=MODEL), **blocks}
    Path("x.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return kfold(*load(Path("x.yaml")), Options(Path("runs"), folds=How(refit=refit)), Reporter())


@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_out_of_fold_scores_of_each_output_are_those_of_scikit_learn(missing: float) -> None:
    run = validated(True, data=homes(missing=missing), kfold={"folds": 3, "stratify": "sold"})
    found = {stored.output: stored for stored in read_predictions(run.predictions, outputs_of(run))}
    truth = Homes(missing=missing).load().train.targets
    known = {"price": np.isfinite(truth["price"]), "sold": truth["sold"] >= 0}
    for name, stored in found.items():
        np.testing.assert_array_equal(stored.index, np.flatnonzero(known[name]))
        np.testing.assert_allclose(stored.target.reshape(-1), truth[name][known[name]], rtol=1e-5)
    summary = run.read("summary.json")
    assert {"val_price_mae", "val_price_r2", "val_sold_auc", "val_sold_accuracy"} <= summary["mean"].keys()
    aucs = [fold["val_sold_auc"] for fold in summary["folds"]]
    assert summary["mean"]["val_sold_auc"] == pytest.approx(np.mean(aucs))
    prepared = prepare(*load(Path("x.yaml")), Options(Path("runs")))
    every: dict[int, Any] = dict(
        zip(found["sold"].index.tolist(), found["sold"].prediction[:, 0].tolist(), strict=True)
    )
    folds = KFold(folds=3, stratify="sold").split(prepared.loaded.train, prepared.loaded.task, 0)
    for (_, rows), auc in zip(folds, aucs, strict=True):
        own = [row for row in rows.tolist() if known["sold"][row]]
        assert auc == pytest.approx(roc_auc_score(truth["sold"][own], [every[row] for row in own]), rel=1e-6)
    logs = np.log(truth["price"][known["price"]].astype(np.float64))
    final = restore(run).task.outputs["price"]  # of the model of all rows
    assert (final.scale, final.offset) == pytest.approx((logs.std(), logs.mean()), rel=1e-5)


def test_prices_out_of_fold_are_in_dollars() -> None:
    run = validated(data=homes(rows=60), kfold={"folds": 2})
    price = read_predictions(run.predictions, outputs_of(run))[0]
    assert price.output == "price"
    assert mean_absolute_error(price.target, price.prediction) < np.abs(price.target).mean()
    prepared = prepare(*load(Path("x.yaml")), Options(Path("runs")))
    assert price.target.min() > 1
    data, _ = fold_data(prepared, np.arange(30), np.arange(30, 60))
    logs = np.log(Homes(rows=60).load().train.targets["price"].astype(np.float64))
    wanted = (logs - logs[:30].mean()) / logs[:30].std()  # by the training rows of the fold
    assert data.validation is not None
    np.testing.assert_allclose(data.validation.targets["price"], wanted[30:], rtol=1e-4, atol=1e-5)


def test_folds_have_equal_shares_of_the_classes_of_the_named_target() -> None:
    loaded = Homes(rows=100, missing=0.3).load()
    sold = loaded.train.targets["sold"]
    folds = list(KFold(folds=4, stratify="sold").split(loaded.train, loaded.task, 0))
    for label in (-1, 0, 1):
        counts = [int((sold[rows] == label).sum()) for _, rows in folds]
        assert max(counts) - min(counts) <= 1
        assert sum(counts) == int((sold == label).sum())
    assert [len(rows) for _, rows in folds] == [25, 25, 25, 25]


def test_missing_classes_may_be_nan_and_are_no_class() -> None:
    loaded = Homes(rows=40).load()
    sold = loaded.train.targets["sold"].astype(np.float32)
    sold[7] = np.nan  # a single row, which is no class with too few rows
    rows = loaded.train.with_y(sold, "sold")
    folds = list(KFold(folds=4, stratify="sold").split(rows, Homes(rows=40, missing=0.1).outline(), 0))
    assert [int((sold[held] == 1).sum()) for _, held in folds].count(0) == 0


@pytest.mark.parametrize("name", ["price", "sould"])
def test_only_a_target_with_classes_can_be_stratified(name: str) -> None:
    loaded = Homes(rows=40).load()
    with pytest.raises(ConfigError, match=f"there is no target '{name}' with classes"):
        list(KFold(folds=4, stratify=name).split(loaded.train, loaded.task, 0))


def test_groups_stay_together() -> None:
    run = validated(data=homes(rows=80, groups=7), kfold={"folds": 3})
    groups = Homes(rows=80, groups=7).load().train.columns["group"]
    prepared = prepare(*load(Path("x.yaml")), Options(Path("runs")))
    for train, rows in KFold(folds=3).split(prepared.loaded.train, prepared.loaded.task, 0):
        assert not {*groups[train].tolist()} & {*groups[rows].tolist()}
    assert len(run.read("summary.json")["folds"]) == 3


def test_folds_of_one_target_that_is_missing_in_some_rows() -> None:
    data = homes(missing=0.4, outputs=["sold"], targets={})
    run = validated(
        data=data, model={"name": "combined"}, training={"epochs": 1, "metrics": ["auc"]}, kfold={"folds": 2}
    )
    (sold,) = read_predictions(run.predictions, outputs_of(run))
    truth = Homes(missing=0.4).load().train.targets["sold"]
    np.testing.assert_array_equal(sold.index, np.flatnonzero(truth >= 0))
    np.testing.assert_array_equal(sold.target, truth[truth >= 0])
