"""Files of the user's own that cannot be learnt from: one line with the place, before anything is trained."""

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

ROWS = "a,b,y\n" + "".join(f"{i},{i * 2 % 7},{i * 3 + 1.5}\n" for i in range(60))
CLASSES = "a,y\n" + "".join(f"{i},{'pqr'[i % 3]}\n" for i in range(60))


def told(bench, text: str, **options: object) -> str:
    """Return the only line that training on this table gives."""
    Path("rows.csv").write_text(text)
    data = {"name": "csv", "path": "rows.csv", "target": "y", **options}
    status, out, err = bench.run("train", bench.experiment(data=data))
    assert (status, out) == (3, ""), err
    assert err.count("\n") == 1, err
    assert not list(Path("runs").glob("*"))
    return err


@pytest.mark.parametrize("row", ["1e39,2,3", "1,2,-1e39"])
def test_numbers_beyond_float32_are_told_with_their_cell(bench, row: str) -> None:
    line = told(bench, f"{ROWS}{row}\n")
    assert line.startswith(f"error: rows.csv:62: column '{'a' if row[1] == 'e' else 'y'}': ")
    assert "1e+39 is too large for float32 (at most 3.4e38)." in line


def test_decimal_commas_are_read_and_stated(bench) -> None:
    Path("rows.csv").write_text(ROWS.replace(",", ";").replace(".", ","))
    run = bench.trained(bench.experiment(data={"name": "csv", "path": "rows.csv", "target": "y"}))
    config = (run.path / "config.yaml").read_text()
    assert "  decimal: ','\n" in config.replace('"', "'")
    assert "  delimiter: ;\n" in config.replace("'", "").replace('"', "")


def test_a_column_listed_twice_is_told(bench) -> None:
    Path("rows.csv").write_text(ROWS)
    data = {"name": "csv", "path": "rows.csv", "target": "y", "numeric": ["a", "a"]}
    status, out, _ = bench.run("check", bench.experiment(data=data))
    assert status == 2
    assert "column 'a' is listed twice under numeric" in out


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.full((60, 2), 1e39), "y": np.arange(60.0)}, "input [0] is 1e+39: too large for float32"),
        ({"x": np.ones((60, 2)), "y": np.full(60, 1e39)}, "the target is inf"),
        ({"x": np.ones((60, 0)), "y": np.arange(60.0)}, "contain no numbers"),
    ],
)
def test_arrays_that_cannot_be_learnt_from_are_told(bench, arrays: dict, message: str, recwarn) -> None:
    np.savez("rows.npz", **arrays)
    status, _, err = bench.run("train", bench.experiment(data={"name": "npz", "path": "rows.npz"}))
    assert status == 3
    assert message in err
    assert err.count("\n") == 1
    assert not [warning for warning in recwarn if warning.category is RuntimeWarning]


def test_long_doubles_train(bench) -> None:
    np.savez("rows.npz", x=np.random.default_rng(1).normal(size=(60, 2)).astype(np.longdouble), y=np.arange(60.0))
    assert bench.run("train", bench.experiment(data={"name": "npz", "path": "rows.npz"}))[0] == 0


@pytest.mark.parametrize("overrides", [[], ["kfold.stratify=false"]])
def test_a_class_of_one_row_is_told_before_any_fold_is_trained(bench, overrides: list[str]) -> None:
    Path("rows.csv").write_text(CLASSES + "7,rare\n")
    path = bench.experiment(data={"name": "csv", "path": "rows.csv", "target": "y"})
    status, out, err = bench.run("kfold", path, "kfold.folds=3", *overrides)
    assert (status, out) == (3, "")
    assert "class rare" in err
    assert "kfold.stratify" not in err
    assert not list(Path("runs").glob("*"))


def test_rows_to_predict_may_have_another_delimiter_but_need_all_columns(bench) -> None:
    Path("rows.csv").write_text(ROWS)
    bench.trained(bench.experiment(data={"name": "csv", "path": "rows.csv", "target": "y"}))
    Path("new.csv").write_text("a;b\n1;2\n")
    assert bench.run("predict", "latest", "new.csv")[0] == 0
    Path("new.csv").write_text("a;c\n1;2\n")
    status, _, err = bench.run("predict", "latest", "new.csv")
    assert status == 3
    assert "new.csv has no column 'b'." in err


def test_predictions_never_replace_the_rows_they_are_for(bench) -> None:
    Path("rows.csv").write_text(ROWS)
    bench.trained(bench.experiment(data={"name": "csv", "path": "rows.csv", "target": "y"}))
    status, _, err = bench.run("predict", "latest", "rows.csv", "--output", "./rows.csv")
    assert status == 2
    assert err == "error: --output rows.csv: that is the file to predict. Give another name.\n"
    assert Path("rows.csv").read_text() == ROWS
