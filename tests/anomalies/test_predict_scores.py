"""`dlpy predict --score`: planted spikes and shifts are found, and what does not fit is refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

TRAINING = {"epochs": 6, "batch_size": 64, "loss": "mae", "optimizer": {"name": "adam", "learning_rate": 0.01}}


def values(seed: int, count: int) -> np.ndarray:
    """Return a cycle of 12 rows in noise of standard deviation 1."""
    return 10 * np.sin(np.arange(count) * np.pi / 6) + np.random.default_rng(seed).normal(size=count)


def write(name: str, x: np.ndarray, truth: np.ndarray | None = None, store: str = "") -> None:
    times = np.datetime64("2024-01-01T00", "h") + np.arange(len(x))
    head = "time,x" + ",odd" * (truth is not None) + ",store" * bool(store)
    rows = [
        f"{time},{value:.4f}" + (f",{int(truth[row])}" if truth is not None else "") + (f",{store}" if store else "")
        for row, (time, value) in enumerate(zip(times, x, strict=True))
    ]
    Path(name).write_text("\n".join([head, *rows]) + "\n")


def experiment(bench: Any, **blocks: Any) -> Path:
    write("series.csv", values(1, 1500))
    data = {
        "name": "timeseries_csv", "path": "series.csv", "time": "time", "target": "x", "columns": ["x"],
        "lookback": 24, "transforms": ["standardize"], "test": None, "validation": 0.3, **blocks.pop("data", {}),
    }  # fmt: skip
    return bench.experiment(**{"data": data, "model": {"name": "dlinear"}, "training": TRAINING, **blocks})


def planted() -> tuple[np.ndarray, np.ndarray]:
    x, truth = values(2, 600), np.zeros(600, bool)
    for row in (100, 250):
        x[row] += 12
        truth[row] = True
    x[400:430] -= 12
    truth[400:430] = True
    return x, truth


def rows_of(out: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(out)))


def test_planted_spikes_and_shifts_are_found(bench: Any) -> None:
    run = bench.trained(experiment(bench))
    write("new.csv", *planted())
    status, out, err = bench.run("predict", run.path, "new.csv", "--score", "--truth", "odd")
    assert status == 0
    rows = rows_of(out)
    assert len(rows) == 576  # all but the first window of 24
    assert [*rows[0]] == ["time", "value", "prediction", "score", "flag", "truth"]
    assert rows[0]["time"] == "2024-01-02 00:00:00"
    flags = {24 + number for number, row in enumerate(rows) if row["flag"] == "1"}
    assert {100, 250, 400} <= flags
    assert "known anomalies: 3 of 3 found (32 rows)" in err
    usual = [row for row in range(24, 600) if not set(range(row - 24, row + 1)) & {100, 250, *range(400, 430)}]
    assert len(flags & set(usual)) <= 0.03 * len(usual)  # 1 % asked; more than 3 % of 470 rows: p < 0.001


def test_a_stricter_threshold_flags_fewer_rows(bench: Any) -> None:
    run = bench.trained(experiment(bench))
    write("new.csv", values(3, 600))
    shares = []
    for threshold in ("0.9", "0.99"):
        status, out, _ = bench.run("predict", run.path, "new.csv", "--score", "--threshold", threshold, "--json")
        assert status == 0
        shares.append(json.loads(out)["flagged"] / json.loads(out)["rows"])
    assert shares == pytest.approx([0.1, 0.01], abs=0.03)


def test_without_a_file_the_runs_own_series_is_scored_and_drawn(bench: Any) -> None:
    run = bench.trained(experiment(bench))
    status, out, err = bench.run("predict", run.path, "--score", "-o", "scores.csv")
    assert (status, err) == (0, "")
    assert "1,476 rows flagged" in out.replace("of 1,476", "1,476")
    assert Path("scores.png").read_bytes().startswith(b"\x89PNG")
    assert len(rows_of(Path("scores.csv").read_text())) == 1476


def test_each_of_several_series_is_scored_on_its_own_scale(bench: Any) -> None:
    big = 1_000 * values(2, 900)
    write("a.csv", values(1, 900), store="a")
    write("b.csv", big, store="b")
    lines = [*Path("a.csv").read_text().splitlines(), *Path("b.csv").read_text().splitlines()[1:]]
    experiment_path = experiment(bench, data={"path": "both.csv", "id": "store"})
    Path("both.csv").write_text("\n".join(lines) + "\n")
    run = bench.trained(experiment_path)
    status, out, err = bench.run("predict", run.path, "--score")
    assert status == 0, err
    rows = rows_of(out)
    for name in "ab":
        own = [row["flag"] == "1" for row in rows if row["series"] == name]
        assert 0 < np.mean(own) < 0.03


def test_several_steps_ahead_and_quantiles_are_scored_by_the_next_median(bench: Any) -> None:
    loss = {"name": "pinball", "quantiles": [0.1, 0.5, 0.9]}
    run = bench.trained(experiment(bench, data={"horizon": 3}, training={**TRAINING, "loss": loss}))
    write("new.csv", *planted())
    status, out, _ = bench.run("predict", run.path, "new.csv", "--score")
    assert status == 0
    rows = rows_of(out)
    assert len(rows) == 574  # the last two rows have no three steps ahead
    assert rows[76]["flag"] == "1"
    assert float(rows[76]["value"]) == pytest.approx(planted()[0][100], abs=1e-3)


@pytest.mark.parametrize("horizon", [None, 3])
def test_of_quantiles_the_medians_of_the_validation_rows_set_the_limit(bench: Any, horizon: int | None) -> None:
    loss = {"name": "pinball", "quantiles": [0.1, 0.5, 0.9]}
    run = bench.trained(experiment(bench, data={"horizon": horizon}, training={**TRAINING, "loss": loss}))
    status, out, err = bench.run("predict", run.path, "--score", "--threshold", "0.8")
    assert status == 0, err
    rows = [row for row in rows_of(out) if row["time"] >= "2024-02-13 18:00:00"]  # row 1,050, the first one held out
    flags = [row["flag"] == "1" for row in rows[24:]]
    assert len(flags) == 450 - 24 - (horizon or 1) + 1
    assert np.mean(flags) == pytest.approx(0.2, abs=0.01)


def test_values_are_written_as_they_were_read(bench: Any) -> None:
    run = bench.trained(experiment(bench))
    status, out, _ = bench.run("predict", run.path, "--score")
    assert status == 0
    read = [float(line.split(",")[1]) for line in Path("series.csv").read_text().splitlines()[25:]]
    assert [float(row["value"]) for row in rows_of(out)] == pytest.approx(read, rel=1e-7)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["new.csv", "--score", "--truth", "od"], 2, "--truth od: new.csv has no such column. Did you mean 'odd'?"),
        (["new.csv", "--score", "--truth", "x"], 3, "is neither true nor false"),
        (["new.csv", "--truth", "odd"], 2, "--truth needs --score"),
        (["new.csv", "--score", "--threshold", "99"], 2, "--threshold 99: expected a fraction between 0 and 1"),
        (["new.csv", "--score", "--threshold", "0.9999"], 3, "needs at least 9,999 validation rows"),
        (["new.csv", "--score", "--coverage", "0.9"], 2, "--coverage does not apply to --score"),
        (["short.csv", "--score"], 3, "short.csv"),
    ],
)
def test_what_does_not_fit_is_refused(bench: Any, arguments: list[str], status: int, message: str) -> None:
    path = experiment(bench)
    run = bench.trained(path)
    write("new.csv", *planted())
    write("short.csv", values(2, 20))
    found, _, err = bench.run("predict", run.path, *arguments)
    assert (found, message in err, err.count("\n")) == (status, True, 1), err


def test_runs_that_are_no_forecasts_are_refused(bench: Any) -> None:
    run = bench.trained(bench.experiment())
    status, _, err = bench.run("predict", run.path, "x.csv", "--score")
    assert (status, "--score needs a run that forecasts a series" in err) == (2, True)
