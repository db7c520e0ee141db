"""Predictions of a user's file: in its order, by its columns' names, the same as those that training stored."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(12)
NUMBERS = RNG.normal(size=(90, 2)).round(4)
COLOURS = RNG.choice(["red", "green", "blue"], 90)
SCORE = NUMBERS[:, 0] - NUMBERS[:, 1] + (COLOURS == "red")
TARGETS = {
    "multiclass": np.array(["ill", "odd", "well"])[np.searchsorted([-0.5, 1.0], SCORE)],
    "binary": np.where(SCORE > 0.3, "yes", "no"),
    "regression": (SCORE * 10).round(3).astype(str),
}


def table(order: np.ndarray, target: np.ndarray | None = None) -> str:
    """Return rows as CSV: with the target, or without it and with the columns turned round."""
    lines = ["colour,width,height,verdict"] if target is not None else ["height,colour,width"]
    for row in order:
        width, height = NUMBERS[row]
        given = (
            f"{COLOURS[row]},{width},{height},{target[row]}"
            if target is not None
            else f"{height},{COLOURS[row]},{width}"
        )
        lines.append(given)
    return "\n".join(lines) + "\n"


def trained(bench, task: str) -> Run:
    bench.write(table(np.arange(90), TARGETS[task]), "table.csv")
    data = {"name": "csv", "path": "table.csv", "target": "verdict", "transforms": ["standardize"]}
    return bench.trained(bench.experiment(data=data, training={"epochs": 2, "batch_size": 16}))


def predicted(bench, name: str) -> list[dict[str, str]]:
    status, out, err = bench.run("predict", "latest", name)
    assert (status, err) == (0, "")
    return list(csv.DictReader(io.StringIO(out)))


@pytest.mark.parametrize(
    ("task", "columns"),
    [
        ("multiclass", ["prediction", "probability_ill", "probability_odd", "probability_well"]),
        ("binary", ["prediction", "probability_no", "probability_yes"]),
        ("regression", ["prediction"]),
    ],
)
def test_predictions_are_those_that_training_stored(bench, task: str, columns: list[str]) -> None:
    run = trained(bench, task)
    rows = predicted(bench, "table.csv")
    assert list(rows[0]) == columns
    assert len(rows) == 90
    found = np.array(
        [
            [float(row[name]) for name in columns if not name.endswith("prediction") or task == "regression"]
            for row in rows
        ]
    )
    with np.load(run.predictions) as stored:
        index, expected = stored["validation.index"], stored["validation.prediction"]
    np.testing.assert_allclose(found[index][:, -expected.shape[1] :], expected, rtol=1e-5, atol=1e-6)
    if task != "regression":
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
        names = [name.removeprefix("probability_") for name in columns[1:]]
        assert [row["prediction"] for row in rows] == [names[number] for number in found.argmax(axis=1)]


def test_rows_keep_the_files_order_and_columns_go_by_name(bench) -> None:
    trained(bench, "multiclass")
    expected = predicted(bench, "table.csv")
    order = np.random.default_rng(3).permutation(90)[:40]
    bench.write(table(order), "new.csv")
    found = predicted(bench, "new.csv")
    assert [row["prediction"] for row in found] == [expected[row]["prediction"] for row in order]
    for row, line in zip(order, found, strict=True):
        assert float(line["probability_ill"]) == pytest.approx(float(expected[row]["probability_ill"]), rel=1e-4)
    bench.write("width,height,colour\n0.5,0.25,mauve\n", "new.csv")  # a category that training never saw
    status, out, err = bench.run("predict", "latest", "new.csv")
    assert (status, "'mauve' (1)" in err) == (0, True)
    assert next(csv.DictReader(io.StringIO(out)))["prediction"] in ("ill", "odd", "well")
    assert bench.run("predict", "latest", "new.csv", "-o", "found.csv")[:2] == (0, "1 predictions: found.csv\n")
    assert Path("found.csv").read_text() == bench.run("predict", "latest", "new.csv")[1]


def test_a_file_that_does_not_fit_is_told_in_one_line(bench) -> None:
    trained(bench, "binary")
    for text, message in {
        "width,colour\n1,red\n": "new.csv has no column 'height'.",
        "width,height,colour\n1,tall,red\n": "'tall'",
        "width,height,colour\n1,,red\n": "the cell is missing",
        "width,height,colour\n": "no rows",
        "": "new.csv",
    }.items():
        bench.write(text, "new.csv")
        status, out, err = bench.run("predict", "latest", "new.csv")
        assert (status, out) == (3, ""), text
        assert message in err
        assert err.count("\n") == 1


def test_arrays_are_predicted_from_npz(bench) -> None:
    np.savez("rows.npz", x=NUMBERS, y=NUMBERS.sum(axis=1))
    run = bench.trained(bench.experiment(data={"name": "npz", "path": "rows.npz", "validation": {"count": 30}}))
    np.savez("new.npz", x=NUMBERS[:30])
    found = [float(row["prediction"]) for row in predicted(bench, "new.npz")]
    with np.load(run.predictions) as stored:
        np.testing.assert_allclose(found, stored["validation.prediction"][:, 0], rtol=1e-5)


def test_datasets_without_files_of_rows_cannot_be_predicted(bench) -> None:
    bench.trained(bench.experiment(training={"epochs": 1}))
    status, _, err = bench.run("predict", "latest", "rows.csv")
    assert (status, err) == (3, "error: there is no file rows.csv.\n")  # before the model is restored
    bench.write("x\n1\n", "rows.csv")
    status, _, err = bench.run("predict", "latest", "rows.csv")
    assert status == 2
    reads = "method read(path, task)"
    assert err == f"error: dlpy predict cannot read rows.csv: dataset 'blobs' has no {reads}.\n"
