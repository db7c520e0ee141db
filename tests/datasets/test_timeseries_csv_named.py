"""Time series of the user's own with several targets."""

import numpy as np
import pytest
from pydantic import ValidationError

from dlpy.core.errors import DataError
from dlpy.data.task import Output
from dlpy.datasets.timeseries_csv import TimeseriesCsv
from dlpy.training.pipeline import obtain, split, transform

TARGETS = {
    "temperature": {"column": "T", "transforms": ["standardize"], "unit": "degC"},
    "pressure": {"column": "p", "transforms": ["log"]},
}


@pytest.fixture
def path(tmp_path):
    rows = "".join(f"{i}.5,{1000 + i},{i % 7}\n" for i in range(100))
    (tmp_path / "s.csv").write_text("T,p,w\n" + rows)
    return str(tmp_path / "s.csv")


def series(path, **options) -> TimeseriesCsv:
    given = {
        "name": "timeseries_csv",
        "path": path,
        "targets": TARGETS,
        "lookback": 4,
        "delay": 1,
        "transforms": ["standardize"],
    }
    return TimeseriesCsv.model_validate({**given, **options})


def test_each_target_is_a_column_of_its_own(path):
    loaded = series(path).load()
    assert loaded.task.outputs == {"temperature": Output("regression", unit="degC"), "pressure": Output("regression")}
    assert (loaded.task.input.shape, loaded.task.input.target) == ((4, 3), None)
    assert loaded.train.index[:2].tolist() == [5, 6]
    assert loaded.train.targets["temperature"][:2].tolist() == [5.5, 6.5]
    assert loaded.train.targets["pressure"][:2].tolist() == [1005, 1006]
    assert loaded.resolved == {"columns": ["T", "p", "w"]}


def test_windows_and_targets_are_transformed_apart(path):
    dataset = series(path)
    loaded = dataset.load()
    parts = split(dataset, loaded)
    data, pipeline = transform(dataset, parts, loaded.task)
    own = parts.train.targets["temperature"].astype(np.float64)
    assert [transform.name for transform in pipeline.transforms] == ["standardize", "standardize", "log"]
    assert "target" not in pipeline.states[0]
    assert data.task.outputs["temperature"].offset == pytest.approx(own.mean())
    assert data.train.targets["temperature"] == pytest.approx((own - own.mean()) / own.std(), abs=1e-6)
    assert data.task.outputs["pressure"].log_of_sum == 0.0
    assert data.train.targets["pressure"][0] == pytest.approx(np.log(1005))


def test_the_outline_has_the_targets_even_without_columns(path):
    assert list(series(path).outline().outputs) == ["temperature", "pressure"]
    assert series(path).outline().input.shape == (4, None)
    assert series(path, columns=["T", "w"]).outline().input.shape == (4, 2)


def test_predict_reads_windows_without_targets(path, tmp_path):
    dataset = series(path, columns=["T", "p"])
    rows = dataset.read(tmp_path / "s.csv", dataset.outline())
    assert (len(rows), rows.targets, rows.index[-1]) == (97, {}, 101)


def test_a_smoke_test_needs_no_file():
    dataset = series("none.csv", columns=["T", "w"])
    loaded = obtain(dataset, 1, smoke=True)
    assert list(loaded.train.targets) == ["temperature", "pressure"]
    data, _ = transform(dataset, split(dataset, loaded), loaded.task)
    assert np.isfinite(data.train.targets["pressure"]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "T"}, "'targets' are given too"),
        ({"targets": None}, "required: the column to forecast"),
        ({"unit": "degC"}, "with 'targets', each has its own"),
        ({"targets": {"a": {"column": "T"}, "a_rmse": {"column": "p"}}}, "confused with 'rmse' of target 'a'"),
        ({"targets": {"a": {"column": "T"}, "b": {"column": "T"}}}, "column 'T' is listed twice under targets"),
        ({"targets": {"a": {"column": "T"}}, "time": "T"}, "cannot be both time and targets"),
        ({"difference": True}, "needs a single target"),
    ],
)
def test_options_that_do_not_fit_are_refused(path, options, message):
    with pytest.raises(ValidationError, match=message):
        series(path, **options)


def test_a_missing_column_is_named_with_its_target(path):
    with pytest.raises(DataError, match=r"data.targets.a: .* no column 'Tt'"):
        series(path, targets={"a": {"column": "Tt"}}).load()
