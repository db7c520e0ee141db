"""Scores of parts that lack a class: what is undefined is left out of means and shown as a dash, never as 0 or nan."""

import csv
import io
import json
import re
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.table import Table
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score, roc_auc_score

from dlpy.cli.class_lines import class_lines
from dlpy.cli.main import main
from dlpy.data.task import Output
from dlpy.runs.directory import Run
from dlpy.training.class_table import class_table

pytestmark = pytest.mark.slow

METRICS = (
    "[accuracy, auc, f1, precision, recall, {name: auc, curve: PR, label: pr}, {name: f1, average: none, label: f1s}]"
)
EXPERIMENT = """
data: {name: csv, path: d.csv, target: kind, task: multiclass, numeric: [x, z], transforms: [standardize%s],
       validation: {column: part}, test: {column: part, value: test}}
model: {name: dense, units: [8]}
training: {optimizer: {name: adam, learning_rate: 0.02}, epochs: 3, batch_size: 16, metrics: %s}
"""


def write_files(folder: Path, metrics: str = METRICS, transforms: str = "") -> Path:
    """Write rows of the classes A, B and C: none of C for validation, and for the test of A alone."""
    rng = np.random.default_rng(4)
    rows = [(kind, "train") for kind in "ABC" for _ in range(20)]
    rows += [(kind, "validation") for kind in "AB" for _ in range(9)] + [("A", "test")] * 6
    with (folder / "d.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["x", "z", "kind", "part"])
        for kind, part in rows:
            x, z = rng.normal(size=2).round(1) + {"A": 0, "B": 0.7, "C": -0.7}[kind]
            writer.writerow([f"{x:.1f}", f"{z:.1f}", kind, part])
    path = folder / "lacking.yaml"
    path.write_text(EXPERIMENT % (transforms, metrics))
    return path


@pytest.fixture(scope="module", params=["", ", one_hot"], ids=["numbers", "one-hot"])
def run(request, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose validation rows lack class C and whose test rows are all of class A, evaluated."""
    folder = tmp_path_factory.mktemp("lacking")
    path = write_files(folder, transforms=request.param)
    with warnings.catch_warnings(action="error", category=RuntimeWarning):
        assert main(["train", str(path), "--runs", str(folder / "runs"), "--quiet"]) == 0
        with redirect_stdout(io.StringIO()) as shown:
            assert main(["evaluate", "latest", "--runs", str(folder / "runs")]) == 0
        (folder / "shown.txt").write_text(shown.getvalue())
    (found,) = (folder / "runs").iterdir()
    return Run(found)


def stored(run: Run, part: str) -> tuple[np.ndarray, np.ndarray]:
    with np.load(run.predictions) as arrays:
        return arrays[f"{part}.target"], arrays[f"{part}.prediction"]


def test_scores_of_a_part_without_a_class_are_those_of_scikit_learn(run: Run) -> None:
    target, prediction = stored(run, "validation")
    said, scores = prediction.argmax(axis=1), run.read("evaluation.json")["validation"]["scores"]
    each = [(target == one, prediction[:, one]) for one in (0, 1)]
    undefined: Any = {"average": "macro", "zero_division": np.nan}
    wanted = {
        "auc": np.mean([roc_auc_score(*pair) for pair in each]),
        "pr": np.mean([average_precision_score(*pair) for pair in each]),
        "precision": precision_score(target, said, **undefined),
        "recall": recall_score(target, said, **undefined),
        "f1": f1_score(target, said, **undefined),
    }
    assert {name: scores[name] for name in wanted} == pytest.approx(wanted, abs=1e-6)
    assert "f1s" not in scores
    best = run.read("summary.json")["best"]
    assert {name: best[f"val_{name}"] for name in wanted} == pytest.approx(wanted, abs=1e-6)


def test_the_area_of_rows_of_one_class_is_null(run: Run) -> None:
    scores = run.read("evaluation.json")["test"]["scores"]
    assert (scores["auc"], scores["pr"]) == (None, None)
    assert scores["accuracy"] == pytest.approx(scores["recall"])  # that of A, the only class with rows


def test_no_file_of_a_run_holds_nan(run: Run) -> None:
    files = [path for path in run.path.rglob("*") if path.suffix in (".json", ".csv")]
    assert len(files) >= 6
    for path in files:
        assert not re.search(r"\bnan\b|\bNaN\b|Infinity", path.read_text()), path


def test_every_class_has_its_scores_in_the_run(run: Run) -> None:
    target, prediction = stored(run, "validation")
    a, b, c = run.read("evaluation.json")["validation"]["classes"]
    assert [(entry["class"], entry["rows"]) for entry in (a, b, c)] == [("A", 9), ("B", 9), ("C", 0)]
    assert sum(entry["predicted"] for entry in (a, b, c)) == 18
    by_class: Any = {"labels": [0, 1], "average": None}
    each: Any = f1_score(target, prediction.argmax(axis=1), **by_class)
    assert [a["f1"], b["f1"]] == pytest.approx(list(each), abs=1e-6)
    assert b["auc"] == pytest.approx(roc_auc_score(target == 1, prediction[:, 1]), abs=1e-6)
    assert (c["recall"], c["auc"]) == (None, None)
    header, first, _, last = (run.path / "classes-validation.csv").read_text().splitlines()
    assert header == "class,rows,predicted,precision,recall,f1,auc,average_precision"
    assert first.split(",")[0:2] == ["A", "9"]
    assert float(first.split(",")[5]) == pytest.approx(each[0])
    assert last.split(",")[0:2] == ["C", "0"]
    assert last.endswith(",,")
    assert (run.path / "classes-test.csv").is_file()


def test_of_many_classes_those_with_the_lowest_f1_are_shown() -> None:
    labels = np.arange(30).repeat(2)
    prediction = np.eye(30)[np.where(labels == 17, 18, labels)]
    _, table, said = list(class_lines("test", class_table(labels, prediction, Output("multiclass", 30))))[:3]
    assert isinstance(table, Table)
    assert list(table.columns[0].cells)[:2] == ["17", "18"]
    assert table.row_count == 20
    assert said == "20 of 30 classes shown, those with the lowest F1; --json prints all"


def test_a_dash_stands_for_an_undefined_score_and_null_in_json(run: Run, capsys) -> None:
    lines = (run.path.parents[1] / "shown.txt").read_text().splitlines()
    shown = {line.split()[2]: line.split()[3] for line in lines if "test (6)" in line}
    assert shown["auc"] == "-"
    assert float(shown["accuracy"]) <= 1
    assert main(["evaluate", str(run.path), "--split", "test", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["test"]["scores"]["auc"] is None
    assert main(["plot", str(run.path)]) == 0


@pytest.mark.parametrize(
    ("metrics", "monitor", "said"),
    [
        ("[{name: recall, class_id: 2}]", "val_recall", "it needs a row of the class; validation rows: 9 of A, 9 of B, 0 of C"),
        ("[{name: f1, average: none}]", "val_f1", "no score is called 'val_f1'"),
    ],
)  # fmt: skip
def test_a_monitored_score_that_is_undefined_ends_the_run_in_one_line(bench, metrics, monitor, said) -> None:
    path = write_files(bench.folder, metrics)
    path.write_text(path.read_text() + f"callbacks: [{{name: early_stopping, monitor: {monitor}}}]\n")
    status, _, error = bench.run("train", path)
    assert said in error, error
    assert status == (2 if "no score" in said else 3)
    if status == 3:
        assert error.startswith("error: val_recall, which is monitored, is undefined in epoch 1: ")
        (folder,) = (bench.folder / "runs").iterdir()
        assert Run(folder).read("run.json")["status"] == "failed"
        assert (folder / "metrics.csv").read_text().splitlines()[1].endswith(",")


def test_areas_of_training_rows_are_said_to_be_an_approximation(bench) -> None:
    path = write_files(bench.folder, "[{name: auc, label: area}, accuracy]")
    status, shown, _ = bench.run("train", path, "training.epochs=1")
    assert status == 0
    assert "area of the training rows is approximate, computed batch by batch; val_area is exact" in shown
    assert "accuracy of the training rows" not in shown
