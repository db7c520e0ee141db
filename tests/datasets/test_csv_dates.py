"""Columns of dates in tables of the user's own, and the order of a table's transforms."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from dlpy.core.errors import DataError
from dlpy.datasets.csv import Csv
from dlpy.training.pipeline import Split, transform


def table(tmp_path: Path, cells: list[str], name: str = "t.csv") -> str:
    lines = [f"{cell},{number}.5,{'ab'[number % 2]},{number % 3}.25" for number, cell in enumerate(cells)]
    (tmp_path / name).write_text("\n".join(["when,n,c,y", *lines]) + "\n")
    return str(tmp_path / name)


def dataset(path: str, **options) -> Csv:
    return Csv.model_validate({"name": "csv", "path": path, "target": "y", "task": "regression", **options})


def days(*texts: str) -> list[float]:
    return [np.datetime64(text, "s").astype(float) for text in texts]


@pytest.mark.parametrize(
    ("cells", "order", "read"),
    [
        (["2013-01-02", "2013/1/3 06:00"], "day_first", ["2013-01-02", "2013-01-03T06:00"]),
        (["01/02/2013", "13/02/2013"], "day_first", ["2013-02-01", "2013-02-13"]),
        (["02/01/2013", "02/13/2013"], "month_first", ["2013-02-01", "2013-02-13"]),
        (["03/01/2013", "01/02/2013", "02/02/2013"], "day_first", ["2013-01-03", "2013-02-01", "2013-02-02"]),
        (["01/03/2013", "01/10/2013", "02/01/2013"], "month_first", ["2013-01-03", "2013-01-10", "2013-02-01"]),
    ],
)
def test_the_order_of_day_and_month_is_found_over_the_whole_column(tmp_path, cells, order, read):
    loaded = dataset(table(tmp_path, cells), dates=["when"]).load()
    assert loaded.resolved["dates"] == {"when": order}
    assert loaded.resolved["numeric"] == ["n"]
    assert loaded.train.x.date_names == ("when",)
    assert loaded.train.x.numeric_names == ("n", "when")
    assert loaded.train.x.numeric[:, 1].tolist() == days(*read)


def test_an_order_that_the_column_leaves_open_is_asked_for(tmp_path):
    path = table(tmp_path, ["05/06/2013", "01/02/2013", "11/04/2013"])
    with pytest.raises(DataError, match=r"t.csv:2.*'05/06/2013' could start .* data.dates: \{when: day_first\}"):
        dataset(path, dates=["when"]).load()
    found = dataset(path, dates={"when": "month_first"}).load()
    assert found.train.x.numeric[:, 1].tolist() == days("2013-05-06", "2013-01-02", "2013-11-04")


def test_a_run_reads_new_rows_as_it_read_the_training_rows(tmp_path):
    data = dataset(table(tmp_path, ["02/13/2013", "02/01/2013"]), dates=["when"])
    loaded = data.load()
    again = data.model_copy(update=loaded.resolved)
    rows = again.read(Path(table(tmp_path, ["03/04/2013"], "new.csv")), loaded.task)
    assert rows.x.numeric.tolist() == [[0.5, *days("2013-03-04")]]
    with pytest.raises(DataError, match=r"new.csv:2.*'13/01/2013' is not a date"):
        again.read(Path(table(tmp_path, ["13/01/2013"], "new.csv")), loaded.task)


def test_dates_as_iso_8601_writes_them_are_read_like_others(tmp_path):
    cells = ["2013-01-02", "2013-01-02T03:04", "2013-01-02 23:59:58.5", "1899-12-31"]
    read = dataset(table(tmp_path, cells), dates=["when"]).load().train.x.numeric[:, 1]
    mixed = dataset(table(tmp_path, [*cells, "2013/01/02"]), dates=["when"]).load().train.x.numeric[:, 1]
    assert read.tolist() == mixed[:4].tolist() == [1357084800, 1357095840, 1357171198.5, -2209075200]
    with pytest.raises(DataError, match="'2013-02-30' is not a date"):
        dataset(table(tmp_path, ["2013-01-02", "2013-02-30"]), dates=["when"]).load()


def test_missing_dates_are_filled_by_their_rule(tmp_path):
    path = table(tmp_path, ["2013-01-02", "", "NA", "2013-01-04"])
    with pytest.raises(DataError, match=r"Set data.missing: median"):
        dataset(path, dates=["when"]).load()
    data = dataset(path, dates=["when"], missing={"when": "mean"}, validation=None)
    loaded = data.load()
    found, pipeline = transform(data, Split(loaded.train, None, None), loaded.task)
    assert [one.name for one in pipeline.transforms] == ["fill_missing", "date_parts", "tabulate"]
    assert found.task.input.columns[0] == "n"
    elapsed = found.train.array[:, found.task.input.columns.index("when elapsed")]
    assert elapsed.tolist() == [0, 1, 1, 2]


def test_the_transforms_of_a_table_come_in_the_order_that_makes_sense(tmp_path):
    listed = ["standardize", {"name": "date_parts", "cyclic": False}, "missing_indicators"]
    path = table(tmp_path, ["2013-01-02"])
    found = dataset(path, dates=["when"], missing="median", transforms=listed).all_transforms()
    names = ["missing_indicators", "fill_missing", "date_parts", "standardize", "tabulate"]
    assert [one.name for one in found] == names
    assert not found[2].cyclic
    embedding = dataset(path, transforms=["standardize", {"name": "tabulate", "embed": ["c"]}]).all_transforms()
    assert [one.name for one in embedding] == ["standardize", "tabulate"]
    assert [one.name for one in dataset(path).all_transforms()] == ["tabulate"]


def test_a_table_among_several_inputs_may_have_dates(tmp_path):
    facts = {"columns": "rest", "dates": ["when"]}
    data = Csv.model_validate(
        {
            "name": "csv",
            "path": table(tmp_path, ["2013-01-02", "2013-02-03"]),
            "target": "y",
            "inputs": {"facts": facts},
        }
    )
    loaded = data.load()
    assert loaded.resolved["inputs"]["facts"].dates == {"when": "day_first"}
    assert loaded.train.inputs["facts"].numeric_names == ("n", "when")
    assert loaded.task.inputs["facts"].columns == ("n", "when", "c")
    assert [one.name for one in data.all_transforms()] == ["date_parts", "tabulate"]


def test_rows_may_be_sorted_by_a_date_that_is_a_feature_too(tmp_path):
    path = table(tmp_path, ["2013-03-02", "2013-01-05"])
    loaded = dataset(path, dates=["when"], time="when", validation=None).load()
    assert loaded.train.x.numeric[:, 0].tolist() == [1.5, 0.5]


def test_a_column_of_dates_has_no_other_type(tmp_path):
    path = table(tmp_path, ["2013-03-02"])
    with pytest.raises(ValidationError, match="column 'when' cannot be both numeric and dates"):
        dataset(path, dates=["when"], numeric=["when"])
    facts = {"columns": ["when"], "dates": ["when"], "categorical": ["when"]}
    with pytest.raises(ValidationError, match="column 'when' has another type too"):
        Csv.model_validate({"name": "csv", "path": path, "target": "y", "inputs": {"facts": facts}})
    with pytest.raises(DataError, match=r"data.dates: .* has no column 'wehn'. Did you mean 'when'"):
        dataset(table(tmp_path, ["2013-03-02", "2013-03-03"]), dates=["wehn"]).load()


def test_a_stand_in_has_dates_too(tmp_path):
    data = dataset("none.csv", numeric=["n"], dates=["when"])
    loaded = data.stand_in(1, 40)
    assert loaded.resolved["dates"] == {"when": "day_first"}
    assert (np.abs(loaded.train.x.numeric[:, 1] - 1.6e9) < 1e8).all()
    assert "when month sin" in transform(data, Split(loaded.train, None, None), loaded.task)[0].task.input.columns
