import json
from pathlib import Path

import numpy as np
import pytest
from planted import LAG, write_series

from dlpy.data.features import Windows
from dlpy.data.rows import Rows
from dlpy.explain.lags import lags_of, spans_of
from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow


def series_run(bench, family: str = "dense") -> Run:
    write_series(bench.folder / "series.csv")
    data = {
        "name": "timeseries_csv",
        "path": "series.csv",
        "time": "time",
        "target": "level",
        "lookback": 8,
        "delay": 0,
    }
    model = {
        "dense": {"name": "dense", "units": []},
        "conv1d": {"name": "conv1d", "filters": [8], "kernel": 8, "pooling": [1]},
    }[family]
    training = {"epochs": 40, "batch_size": 32, "optimizer": {"name": "adam", "learning_rate": 0.02}}
    return bench.trained(bench.experiment(data={**data, "transforms": ["standardize"]}, model=model, training=training))


@pytest.mark.parametrize("family", ["dense", "conv1d"])
def test_the_planted_lag_and_column_are_found(bench, family: str) -> None:
    run = series_run(bench, family)
    status, out, err = bench.run("explain", run.path, "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    (score,) = found["scores"]
    lags = {one["from"]: one["importance"] for one in score["importances"] if one["kind"] == "lag"}
    columns = {one["name"]: one["importance"] for one in score["importances"] if one["kind"] == "column"}
    assert found["unit"] == "hours"
    assert sorted(lags) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert (max(lags, key=lambda lag: lags[lag]), max(columns, key=lambda name: columns[name])) == (LAG, "driver")
    assert lags[LAG] > 5 * max(value for lag, value in lags.items() if lag != LAG)
    assert lags[LAG] == pytest.approx(columns["driver"], rel=0.1)
    assert Path(score["file"]).name == "lags-mae.png"


def test_lags_are_printed_from_the_oldest_in_spans(bench) -> None:
    run = series_run(bench)
    _, out, _ = bench.run("explain", run.path, "--spans", 4, "--shuffles", 2)
    lines = out.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("lag in hours"))
    assert [line[:6] for line in lines[start + 1 : start + 5]] == ["8 to 7", "6 to 5", "4 to 3", "2 to 1"]
    status, _, err = bench.run("explain", run.path, "--column", "driver")
    assert (status, err.count("\n")) == (2, 1)
    assert "takes windows of a series; the options for these are --split, --score, --shuffles, --most, --spans." in err


def rows_at(minutes: int | None, step: int = 1) -> Rows:
    """Windows of six time steps, one row of the series for each; the target follows after two rows."""
    windows = Windows(np.zeros((40, 1)), np.arange(10), np.arange(0, 6 * step, step))
    times = {} if minutes is None else {"time": np.arange(10) * minutes * 60_000_000}
    return Rows({"input": windows}, {}, np.arange(10) + 6 * step + 1, times)


def test_lags_are_in_the_unit_that_fits_their_step() -> None:
    assert (lags_of(rows_at(None), 6).values.tolist(), lags_of(rows_at(None), 6).unit) == ([7, 6, 5, 4, 3, 2], "rows")
    assert (lags_of(rows_at(30), 6).values.tolist(), lags_of(rows_at(30), 6).unit) == (
        [3.5, 3, 2.5, 2, 1.5, 1],
        "hours",
    )
    assert lags_of(rows_at(10), 6).unit == "minutes"
    assert lags_of(rows_at(10, step=6), 6).unit == "hours"
    assert lags_of(rows_at(24 * 60), 6).unit == "days"
    names = [span.name for span in spans_of(lags_of(rows_at(60), 6), 4)]
    assert names == ["7 to 6", "5 to 4", "3", "2"]


def test_other_sequences_have_positions_from_the_end() -> None:
    lags = lags_of(Rows.single(np.zeros((3, 4, 2))), 4)
    assert (lags.values.tolist(), lags.unit) == ([4, 3, 2, 1], "time steps")


def test_whole_series_have_positions_from_the_start() -> None:
    lags = lags_of(Rows.single(np.zeros((3, 4, 2))), 4, whole=True)
    assert (lags.values.tolist(), lags.label) == ([1, 2, 3, 4], "step of the series")
    assert [span.name for span in spans_of(lags, 2)] == ["1 to 2", "3 to 4"]
