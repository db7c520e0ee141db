"""dlpy from Python: the same results as the commands, rows in every form, errors as exceptions."""

import csv
import datetime
import io
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

import dlpy
from dlpy.data.tables.rows_as_file import as_file
from dlpy.interface.as_html import as_html

pytestmark = pytest.mark.slow

ROWS = [
    {"size": size, "kind": kind, "price": 3 * size + (kind == "new")}
    for size in range(1, 41)
    for kind in ("old", "new")
]
EXPERIMENT = """
data: {name: csv, path: rows.csv, target: price, task: regression, transforms: [standardize], test: 0.2}
model: {name: dense, units: [4]}
training: {epochs: 2, batch_size: 16}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("interface")
    with (folder / "rows.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ROWS[0])
        writer.writeheader()
        writer.writerows(ROWS)
    text = EXPERIMENT.replace("rows.csv", str(folder / "rows.csv"))
    (folder / "prices.yaml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def run(folder):
    return dlpy.train(folder / "prices.yaml", quiet=True, runs=folder / "runs", **{"training.epochs": 3})


class Frame:
    """What pandas and polars have in common."""

    def __init__(self, columns):
        self.cells = columns
        self.columns = list(columns)

    def __getitem__(self, name):
        return self.cells[name]


def test_a_trained_run_tells_its_scores_and_history(run):
    assert run.status == "completed"
    assert set(run.history) >= {"epoch", "loss", "val_loss", "val_mae"}
    assert run.history["epoch"].tolist() == [1, 2, 3]
    assert run.scores["val_loss"] == run.summary["best"]["val_loss"]
    assert run.scores["val_loss"] == pytest.approx(min(run.history["val_loss"]))
    assert run.baseline["mae"] == run.summary["baseline"]["mae"]
    assert (run.path / "report.html").is_file()


def test_open_run_finds_the_run_that_train_made(run, folder):
    assert dlpy.open_run("latest", runs=folder / "runs").id == run.id
    assert dlpy.open_run(run.path).scores == run.scores


def test_rows_in_every_form_are_predicted_as_the_command_predicts_their_file(run, folder, bench):
    _, told, _ = bench.run("predict", run.path, folder / "rows.csv")
    wanted = np.array([float(line["prediction"]) for line in csv.DictReader(io.StringIO(told))])
    columns = {name: [row[name] for row in ROWS] for name in ("size", "kind")}
    forms = [
        folder / "rows.csv",
        str(folder / "rows.csv"),
        ROWS,
        columns,
        {"size": np.array(columns["size"], np.int64), "kind": np.array(columns["kind"])},
        Frame(columns),
    ]
    for form in forms:
        assert run.predict(form)["prediction"] == pytest.approx(wanted, rel=1e-6)


def test_keep_copies_columns(run):
    assert run.predict(ROWS[:2], keep=["kind"])["kind"].tolist() == ["old", "new"]


def test_evaluate_returns_what_the_command_prints(run, bench):
    told = json.loads(bench.run("evaluate", run.path, "--split", "test", "--json")[1])
    found = run.evaluate("test")
    assert found["test"]["scores"] == told["test"]["scores"]
    assert list(found) == ["test"]


def test_an_unfamiliar_value_is_a_warning(run):
    with pytest.warns(UserWarning, match="kind: unseen categories in 1 of 1 rows: 'used'") as warned:
        run.predict([{"size": 3, "kind": "used"}])
    assert [item.filename for item in warned] == [__file__]  # of the program, not of dlpy
    with pytest.raises(dlpy.DataError, match="used"):
        run.predict([{"size": 3, "kind": "used"}], strict=True)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "rows to predict should be a file, a list of texts"),
        ({}, "no rows"),
        ([1, 2], "not list of int"),
        ({"size": [1], "kind": ["old", "new"]}, "different lengths"),
        ({"size": 1}, "a column should be a list"),
        ([{"size": 1}], "the table given has no column 'kind'"),
        (None, "give rows to predict"),
    ],
)
def test_other_rows_are_refused(run, rows, message):
    with pytest.raises(dlpy.DlpyError, match=message) as caught:
        run.predict(rows)
    assert "dlpy-rows" not in str(caught.value)


def test_a_mistake_is_an_exception_as_the_command_tells_it(folder):
    with pytest.raises(dlpy.ConfigError, match="epoch"):
        dlpy.train(folder / "prices.yaml", quiet=True, **{"training.epoch": 3})
    with pytest.raises(dlpy.ConfigError, match="seed: object is nothing"):
        dlpy.train(folder / "prices.yaml", seed=object())
    with pytest.raises(dlpy.DlpyError, match="no run 'nobody'"):
        dlpy.open_run("nobody", runs=folder)


def test_seeds_and_folds_have_mean_scores(folder):
    short = {"quiet": True, "runs": folder / "more", "training.epochs": 1}
    several = dlpy.train(folder / "prices.yaml", seeds=2, **short)
    assert several.scores["val_mae"] == pytest.approx(
        np.mean([one["best"]["val_mae"] for one in several.summary["seeds"]])
    )
    folds = dlpy.kfold(folder / "prices.yaml", **short, **{"kfold.folds": 2})
    assert folds.scores["val_mae"] == pytest.approx(folds.summary["mean"]["val_mae"])
    assert dlpy.resume(folds.path, quiet=True).id == folds.id


def test_quiet_prints_nothing(folder, capfd):
    dlpy.train(folder / "prices.yaml", quiet=True, runs=folder / "more", **{"training.epochs": 1})
    assert capfd.readouterr() == ("", "")


def test_cells_keep_their_meaning():
    cells = [
        np.float32(0.5),
        float("nan"),
        np.datetime64("NaT"),
        np.datetime64("2020-01-02"),
        datetime.date(2020, 1, 2),
        Decimal("1.50"),
        True,
        np.int64(7),
        None,
        float("inf"),
    ]
    with as_file({"cell": cells}) as path:
        found = [json.loads(line)["cell"] for line in path.read_text().splitlines()]
    assert found == [0.5, None, None, "2020-01-02", "2020-01-02", "1.50", True, 7, None, "inf"]
    assert not path.exists()


def test_a_key_that_a_row_lacks_is_a_missing_cell():
    with as_file([{"a": 1}, {"b": "x"}]) as path:
        assert [json.loads(line) for line in path.read_text().splitlines()] == [
            {"a": 1, "b": None},
            {"a": None, "b": "x"},
        ]


def test_arrays_are_written_as_arrays():
    given = {"x": np.arange(6.0).reshape(2, 3)}
    with as_file(given) as path:
        assert np.load(path)["x"].tolist() == given["x"].tolist()


def test_a_notebook_shows_scores_beside_the_baseline_and_no_markup_of_names():
    text = as_html("<b>run", "completed", {"val_mae": 0.51234, "mae": 0.4}, {"mae": 2.0})
    assert "<b>" not in text
    assert "val_mae</th><td>0.5123</td><td>2</td>" in text
    assert ">mae</th><td>0.4</td><td>-</td>" in text


def test_importing_dlpy_loads_nothing_heavy():
    code = "import sys, dlpy; print(sorted({'keras', 'numpy', 'pydantic', 'typer'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_path_objects_are_overrides(folder):
    from dlpy.interface.commands import overrides_of

    assert overrides_of({"data.path": Path("a b.csv"), "model.units": [3], "seed": np.int64(2)}) == [
        'data.path="a b.csv"',
        "model.units=[3]",
        "seed=2",
    ]


def test_a_better_checkpoint_is_predicted_with(folder):
    run = dlpy.train(folder / "prices.yaml", quiet=True, runs=folder / "runs", **{"training.epochs": 3})
    better = dlpy.train(folder / "prices.yaml", quiet=True, runs=folder / "runs", **{"training.epochs": 6})
    before = run.predict(ROWS[:3])["prediction"].tolist()
    link = run.path / "checkpoints" / "best"
    link.unlink()
    link.symlink_to((better.path / "checkpoints" / "best").resolve())
    assert run.predict(ROWS[:3])["prediction"].tolist() == better.predict(ROWS[:3])["prediction"].tolist() != before


def test_rows_of_a_series_are_continued_as_the_command_continues_their_file(folder, bench):
    days = [{"day": f"2021-01-{day:02}", "sales": day % 7} for day in range(1, 32)]
    lines = ["day,sales", *(f"{row['day']},{row['sales']}" for row in days)]
    (folder / "days.csv").write_text("\n".join(lines) + "\n")
    data = f"{{name: timeseries_csv, path: {folder}/days.csv, time: day, target: sales, lookback: 3, horizon: 2, delay: 0}}"
    (folder / "days.yaml").write_text(f"data: {data}\nmodel: {{name: dlinear, kernel: 3}}\ntraining: {{epochs: 1}}\n")
    run = dlpy.train(folder / "days.yaml", quiet=True, runs=folder / "runs")
    told = json.loads(bench.run("predict", run.path, folder / "days.csv", "--ahead", "2", "--json")[1])["predictions"]
    for rows in (days, None, folder / "days.csv"):
        found = run.predict(rows, ahead=2)
        assert found["time"].tolist() == [row["time"] for row in told]
        assert found["prediction"].tolist() == [row["prediction"] for row in told]


def test_an_ensemble_continues_a_series_as_the_command_does(folder, bench):
    lines = ["day,sales", *(f"2021-01-{day:02},{day % 7}" for day in range(1, 32))]
    (folder / "days.csv").write_text("\n".join(lines) + "\n")
    data = f"{{name: timeseries_csv, path: {folder}/days.csv, time: day, target: sales, lookback: 3, delay: 0}}"
    (folder / "days.yaml").write_text(f"data: {data}\nmodel: {{name: dlinear, kernel: 3}}\ntraining: {{epochs: 1}}\n")
    runs = [dlpy.train(folder / "days.yaml", quiet=True, runs=folder / "runs", seed=seed) for seed in (1, 2)]
    status, out, _ = bench.run("ensemble", *(run.path for run in runs), "--runs", folder / "runs", "--json")
    assert status == 0
    both = dlpy.open_run(json.loads(out)["run"])
    told = json.loads(bench.run("predict", both.path, folder / "days.csv", "--ahead", "1", "--json")[1])["predictions"]
    found = both.predict(folder / "days.csv", ahead=1)["prediction"].tolist()
    assert found == [row["prediction"] for row in told]
    assert found == pytest.approx([np.mean([run.predict(ahead=1)["prediction"][0] for run in runs])])
