"""Ensembles of runs that predict quantiles: the mean of the members' bands, each with its own widths."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from dlpy.runs.adapted_bands import shown_bands
from dlpy.runs.directory import Run
from dlpy.runs.results import stored_predictions

pytestmark = pytest.mark.slow

_PINBALL = {"name": "pinball", "quantiles": [0.1, 0.5, 0.9]}


def _series(bench) -> None:
    rng = np.random.default_rng(5)
    lines = [
        f"{np.datetime64('2020-01-01') + day},{shop},{level + np.sin(day / 3) + rng.normal(scale=0.2):.4f}"
        for shop, level in (("a", 10), ("b", 50))
        for day in range(150)
    ]
    bench.write("\n".join(["day,shop,sold", *lines]) + "\n", "s.csv")


def _trained(bench, seed: int, **training: object) -> Run:
    data = {
        "name": "timeseries_csv", "path": "s.csv", "time": "day", "id": "shop", "target": "sold", "lookback": 7,
        "horizon": 2, "columns": ["sold"], "windows": "across_parts", "transforms": ["standardize"],
    }  # fmt: skip
    given = {"epochs": 3, "batch_size": 16, "loss": _PINBALL, **training}
    name = f"q{seed}{len(training)}.yaml"
    return bench.trained(bench.experiment(name, data=data, model={"name": "dense"}, training=given, seed=seed))


def _rows(out: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(out)))


def _numbers(rows: list[dict[str, str]]) -> np.ndarray:
    return np.array([[float(cell) for name, cell in row.items() if name not in ("series", "time")] for row in rows])


def test_bands_are_the_mean_of_the_members(bench) -> None:
    _series(bench)
    members = [_trained(bench, 1), _trained(bench, 2)]
    status, out, err = bench.run("ensemble", *(member.path for member in members), "--json")
    assert (status, err) == (0, "")
    run = Run(Path(json.loads(out)["run"]))
    shown = [shown_bands(member, stored_predictions(member)[0]) for member in members]
    (own,) = stored_predictions(run)
    mean = (shown[0].quantiles.astype(float) + shown[1].quantiles) / 2
    np.testing.assert_allclose(own.quantiles, mean, rtol=1e-6)
    assert (np.diff(own.quantiles, axis=2) >= 0).all()
    np.testing.assert_allclose(own.prediction, own.quantiles[:, :, 1], rtol=1e-6)

    status, out, err = bench.run("evaluate", run.path, "--split", "test")
    assert status == 0, err
    (band,) = json.loads((run.path / "evaluation.json").read_text())["test"]["bands"]
    (tested,) = (stored for stored in stored_predictions(run) if stored.part == "test")
    inside = (tested.quantiles[:, :, 0] <= tested.target) & (tested.target <= tested.quantiles[:, :, 2])
    assert band["covered"] == pytest.approx(inside.mean())
    assert band["width"] == pytest.approx((tested.quantiles[:, :, 2] - tested.quantiles[:, :, 0]).mean(), rel=1e-5)
    assert np.abs(tested.target - tested.prediction).mean() < 5  # the levels of the series are 40 apart

    for command in (["s.csv"], ["--ahead", "2"]):
        told = [bench.run("predict", one.path, *command) for one in (run, *members)]
        assert [status for status, _, _ in told] == [0, 0, 0]
        mean, *own = (_numbers(_rows(out)) for _, out, _ in told)
        np.testing.assert_allclose(mean, (own[0] + own[1]) / 2, rtol=1e-5)
    status, _, err = bench.run("plot", run.path)
    assert status == 0, err
    assert (run.path / "plots" / "fan-validation.png").is_file()
    assert (run.path / "plots" / "fan-test.png").is_file()
    assert {*tested.drawn_series.tolist()} == {"a", "b"}
    level = np.where(tested.drawn_series == "a", 10, 50)[:, None]
    assert np.abs(tested.history - level).max() < 3  # in the target's own unit
    status, _, err = bench.run("report", run.path)
    assert status == 0, err


def test_what_cannot_be_combined_is_named(bench) -> None:
    _series(bench)
    one, other = _trained(bench, 1), _trained(bench, 2, loss="mae")
    status, _, err = bench.run("ensemble", one.path, other.path)
    assert status == 2
    assert f"runs {one.id} and {other.id} do not predict the same quantiles: train both" in err
    status, _, err = bench.run("ensemble", one.path, _trained(bench, 2).path, "--weights", "stack")
    assert status == 2
    assert "--weights stack is chosen by single predictions" in err
