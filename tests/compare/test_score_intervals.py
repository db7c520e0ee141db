"""`--interval` of evaluate and kfold, on runs that are trained."""

import json

import pytest
import yaml
from several import experiment, homes

pytestmark = pytest.mark.slow


def test_evaluate_gives_each_score_its_interval(bench) -> None:
    run = bench.trained(bench.experiment(data={"name": "blobs", "noise": 1.5}))
    status, out, _ = bench.run("evaluate", run.path, "--interval", "--json")
    told = json.loads(out)
    assert status == 0
    for part, rows in (("validation", 48), ("test", 60)):
        assert told[part]["rows"] == rows
        for score in ("loss", "accuracy"):
            low, high = told[part]["intervals"]["scores"][score]
            assert low < told[part]["scores"][score] < high
        low, high = told[part]["intervals"]["scores"]["accuracy"]
        assert 0.1 < high - low < 0.35  # 2 * 1.96 * sqrt(p (1 - p) / rows)
    assert run.read("evaluation.json")["test"]["intervals"] == told["test"]["intervals"]
    _, out, _ = bench.run("evaluate", run.path, "--interval", "--split", "validation")
    assert out.splitlines()[0].split() == ["rows", "score", "value", "95", "%", "interval", "baseline"]


def test_a_standardized_target_has_intervals_in_both_units(bench) -> None:
    data = {"name": "blobs", "task": "regression", "target_transforms": ["standardize"]}
    run = bench.trained(bench.experiment(data=data))
    _, out, _ = bench.run("evaluate", run.path, "--interval", "--json", "--split", "test")
    told = json.loads(out)["test"]
    scale = told["in_unit"]["scores"]["mae"] / told["scores"]["mae"]
    ends = told["intervals"]["scores"]["mae"], told["intervals"]["in_unit"]["target"]["mae"]
    assert [end * scale for end in ends[0]] == pytest.approx(ends[1], rel=1e-3)
    assert ends[1][0] < told["in_unit"]["scores"]["mae"] < ends[1][1]


def test_kfold_gives_each_mean_its_interval(bench) -> None:
    path = bench.experiment(data={"name": "blobs", "noise": 1.5}, kfold={"folds": 3})
    run = bench.once("kfold interval", lambda: bench.run("kfold", path, "--interval", "--quiet"))
    summary = run.read("summary.json")
    assert list(summary["intervals"]["scores"]) == ["val_loss", "val_accuracy"]
    for score, (low, high) in summary["intervals"]["scores"].items():
        assert low < summary["mean"][score] < high


@pytest.mark.parametrize("status", ["interrupted", "completed"])
def test_a_run_killed_before_its_intervals_gets_them_when_it_is_resumed(bench, status: str) -> None:
    path = bench.experiment(data={"name": "blobs", "noise": 1.5}, kfold={"folds": 3})
    run = bench.once("kfold interval", lambda: bench.run("kfold", path, "--interval", "--quiet"))
    intervals = run.read("summary.json")["intervals"]
    run.change("summary.json", lambda summary: {name: summary[name] for name in summary if name != "intervals"})
    run.update(status=status)
    assert bench.run("resume", run.path)[0] == 0
    assert run.read("summary.json")["intervals"] == intervals


def test_each_of_several_outputs_has_intervals_on_its_rows_and_groups(bench) -> None:
    content = experiment({"epochs": 2}, data=homes(missing=0.2, groups=30))
    path = bench.write(yaml.safe_dump(content, sort_keys=False))
    run = bench.trained(path)
    _, out, _ = bench.run("evaluate", run.path, "--interval", "--json", "--split", "test")
    told = json.loads(out)["test"]
    assert told["intervals"]["unit"] == "groups"
    expected = {"price_loss", "price_mae", "price_r2", "sold_loss", "sold_accuracy", "sold_auc"}
    assert set(told["intervals"]["scores"]) == expected
    for score, (low, high) in told["intervals"]["scores"].items():
        assert low < told["scores"][score] < high
    low, high = told["intervals"]["in_unit"]["price"]["mae"]
    assert low < told["outputs"]["price"]["in_unit"]["scores"]["mae"] < high
    _, out, _ = bench.run("evaluate", run.path, "--interval", "--split", "test")
    assert "test: rows are not independent; groups are resampled" in out.splitlines()
