"""Runs whose files were changed or damaged: one line with exit status 7, or 3 where the data is the cause."""

import json
from pathlib import Path

import numpy as np
import pytest

from dlpy.core.errors import RunError
from dlpy.runs.directory import Run
from dlpy.runs.lookup import find_run
from dlpy.storage.atomic import sha256

pytestmark = pytest.mark.slow

ROWS = "cls,a,b\n" + "".join(f"{'xyz'[i % 3]},{i},{i % 3 + 0.5}\n" for i in range(60))


def of_a_table(bench) -> Path:
    """Write a table, and return an experiment on it."""
    Path("rows.csv").write_text(ROWS)
    data = {"name": "csv", "path": "rows.csv", "target": "cls", "test": 0.2, "transforms": ["standardize"]}
    return bench.experiment(data=data, training={"epochs": 1})


@pytest.fixture
def run(bench) -> Run:
    """A finished run on a table, which may lie in another test's folder, and rows to predict."""
    Path("new.csv").write_text("a,b\n1,0.5\n")
    return bench.trained(of_a_table(bench))


def told(bench, *arguments: str, status: int = 7) -> str:
    found, _, err = bench.run(*arguments)
    assert found == status, err
    assert err.count("\n") == 1, err
    return err


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_config_that_was_edited_is_told_as_the_run_s(bench, run: Run) -> None:
    good = run.config.read_text()
    for damage in ("", good.replace("epochs:", "epohcs:"), good.replace("- name: standardize\n", "")):
        run.config.write_text(damage)
        for arguments in (("evaluate", "latest"), ("predict", "latest", "new.csv")):
            assert "config.yaml" in told(bench, *arguments)


@pytest.mark.parametrize("name", ["run.json", "summary.json", "evaluation.json"])
def test_json_that_is_no_mapping_is_told(bench, run: Run, name: str) -> None:
    (run.path / name).write_text("[]")
    assert f"{name} is damaged" in told(bench, "plot" if name == "summary.json" else "evaluate", "latest")
    status, out, _ = bench.run("runs")
    assert status == 0
    assert ("damaged" in out) == (name != "evaluation.json")


@pytest.mark.parametrize("value", [3, None, {}, {"inputs": {"input": 3}, "outputs": {}}])
def test_a_task_that_is_none_is_told(bench, run: Run, value: object) -> None:
    record = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps(record | {"task": value}))
    for arguments in (("evaluate", "latest"), ("predict", "latest", "new.csv"), ("plot", "latest", "--only", "roc")):
        told(bench, *arguments)


@pytest.mark.parametrize("missing", ["data", "kind", "smoke"])
def test_a_record_that_lacks_something_is_told(bench, run: Run, missing: str) -> None:
    record = json.loads((run.path / "run.json").read_text())
    del record[missing]
    (run.path / "run.json").write_text(json.dumps(record))
    assert f"run.json is damaged: entry '{missing}' is missing." in told(bench, "evaluate", "latest")


@pytest.mark.parametrize("dtype", ["M8[us]", "U9", "c8"])
def test_weights_that_are_no_numbers_are_told(bench, run: Run, dtype: str) -> None:
    folder = (run.checkpoints / "best").resolve()
    with np.load(folder / "weights.npz") as stored:
        arrays = dict(stored)
    name = next(iter(arrays))
    arrays[name] = np.zeros(arrays[name].shape, dtype)
    np.savez(folder / "weights.npz", **arrays)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["weights.npz"] = sha256(folder / "weights.npz")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert "weights.npz is damaged: " in told(bench, "evaluate", "latest")


def test_transforms_that_were_learnt_by_others_are_told(bench, run: Run) -> None:
    np.savez(run.transforms)
    assert "transforms.npz" in told(bench, "evaluate", "latest")


def test_data_whose_columns_changed_is_a_problem_of_the_data(bench) -> None:
    assert bench.run("train", of_a_table(bench))[0] == 0
    edit(Path("rows.csv"), "cls", "kind")
    assert "has no column 'cls'" in told(bench, "evaluate", "latest", status=3)


def test_ids_are_whole_on_a_narrow_terminal(bench, run: Run, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "50")
    assert run.id in bench.run("runs")[1]


def test_the_name_of_an_experiment_is_its_latest_run(tmp_path):
    names = (
        "20260101-000000-a",
        "20260102-000000-a",
        "20260102-000000-a-2",
        "20260102-000000-a-10",
        "20260103-000000-a_b",
    )
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{}")
    assert find_run("a", tmp_path).id == "20260102-000000-a-10"
    assert find_run("a_b", tmp_path).id == "20260103-000000-a_b"
    assert find_run("20260101", tmp_path).name == "a"
    with pytest.raises(RunError, match="no run 'b'"):
        find_run("b", tmp_path)
