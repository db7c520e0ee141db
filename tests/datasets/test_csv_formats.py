"""csv and timeseries_csv on columns whose cells are not plain numbers."""

import math

import numpy as np
import pytest

from dlpy.core.errors import DataError
from dlpy.data.tables.cell_formats import CellFormat
from dlpy.datasets.csv import Csv
from dlpy.datasets.timeseries_csv import TimeseriesCsv
from dlpy.experiment.experiment import load

ROWS = 60
LINES = [
    f'"${1000 + 10 * i:,}.50",{i} kg,{i % 7}0%,{("Yes", "no")[i % 2]},0{10 + i % 3},{i}:30,{("red", "blue")[i % 2]},{i}'
    for i in range(ROWS)
]


def table(tmp_path, lines=LINES, name="t.csv", header="price,weight,share,new,code,took,colour,x"):
    path = tmp_path / name
    path.write_text("\n".join([header, *lines]) + "\n")
    return str(path)


def data(path, **options):
    return Csv(path=path, **{"target": "price", "validation": None, **options})


def test_formats_are_found_resolved_and_told(tmp_path):
    loaded = data(table(tmp_path)).load()
    x = loaded.train.x
    assert x.numeric_names == ("weight", "share", "new", "took", "x")
    assert x.categorical_names == ("code", "colour")
    assert x.numeric[3].tolist() == [3, 30, 0, 210, 3]
    assert loaded.train.y[:2].tolist() == [1000.5, 1010.5]
    assert (loaded.task.output.kind, loaded.task.output.unit) == ("regression", "$")
    assert loaded.resolved["formats"] == {
        "weight": CellFormat(unit="kg"),
        "share": CellFormat(unit="%"),
        "new": CellFormat(kind="boolean", words="yes/no"),
        "took": CellFormat(kind="duration", clock="minutes:seconds"),
        "price": CellFormat(unit="$", thousands=","),
    }
    assert "column 'weight': numbers with the unit kg" in loaded.notes
    assert "column 'code': codes, used as categories; data.numeric lists those that are numbers" in loaded.notes


def test_plain_columns_resolve_no_formats(tmp_path):
    loaded = data(table(tmp_path, [f"{i},a{i % 2},{i / 7}" for i in range(ROWS)], header="x,c,price")).load()
    assert "formats" not in loaded.resolved
    assert loaded.notes == ()


def resolved(tmp_path, lines=LINES, **options):
    dataset = data(table(tmp_path, lines), **options)
    loaded = dataset.load()
    return dataset.model_copy(update=loaded.resolved), loaded.task


def test_new_rows_are_read_in_the_formats_of_the_run(tmp_path):
    dataset, task = resolved(tmp_path)
    rows = dataset.read(tmp_path / table(tmp_path, ['"$2,000",5,7 %,YES,010,1:00:00,red,4'], "new.csv"), task)
    assert rows.x.numeric.tolist() == [[5, 7, 1, 3600, 4]]
    assert rows.y.tolist() == [2000]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "3 kg",
            "3 lb",
            "new.csv:5: column 'weight': '3 lb' does not fit data.formats.weight: numbers with the unit kg.",
        ),
        ("3 kg", "-", "new.csv:5: column 'weight': '-' does not fit data.formats.weight"),
        (
            "no,010,3:30",
            "nope,010,3:30",
            "new.csv:5: column 'new': 'nope' does not fit data.formats.new: yes is 1, no is 0",
        ),
        ('"$1,030.50"', "abc", "new.csv:5: column 'price': 'abc' does not fit data.formats.price"),
    ],
)
def test_a_new_cell_in_another_format_is_an_error_with_its_line(tmp_path, old, new, message):
    dataset, task = resolved(tmp_path)
    lines = [line.replace(old, new) if i == 3 else line for i, line in enumerate(LINES)]
    assert lines != LINES
    with pytest.raises(DataError) as caught:
        dataset.read(tmp_path / table(tmp_path, lines, "new.csv"), task)
    assert str(caught.value).startswith(message)


def test_given_formats_are_used_instead_of_found_ones(tmp_path):
    loaded = data(table(tmp_path), formats={"took": {"kind": "duration", "clock": "hours:minutes"}}).load()
    assert loaded.train.x.numeric[3].tolist() == [3, 30, 0, 3 * 3600 + 30 * 60, 3]
    assert loaded.resolved["formats"]["took"].clock == "hours:minutes"
    with pytest.raises(DataError, match=r"t\.csv:2: column 'took': '0:30' does not fit data\.formats\.took"):
        data(table(tmp_path), formats={"took": {"unit": "s"}}).load()
    with pytest.raises(DataError, match=r"data\.formats: .* has no column 'tok'\. Did you mean 'took'\?"):
        data(table(tmp_path), formats={"tok": {"unit": "s"}}).load()


def test_listed_categories_keep_their_texts(tmp_path):
    every = ["weight", "share", "new", "code", "took", "colour"]
    loaded = data(table(tmp_path), categorical=every, numeric=["x"]).load()
    assert loaded.train.x.categorical[3].tolist() == ["3 kg", "30%", "no", "010", "3:30", "blue"]
    loaded = data(table(tmp_path), categorical=["colour", "code"]).load()  # booleans are texts that are not listed
    assert loaded.train.x.numeric_names == ("weight", "share", "took", "x")


def test_codes_listed_as_numeric_are_numbers(tmp_path):
    loaded = data(table(tmp_path), numeric=["code", "x"], categorical=[]).load()
    assert loaded.train.x.numeric[3].tolist() == [10, 3]


def test_boolean_targets_stay_classes(tmp_path):
    loaded = data(table(tmp_path), target="new").load()
    assert loaded.task.output.classes == ("Yes", "no")
    assert "new" not in loaded.resolved["formats"]


def test_targets_of_few_amounts_stay_classes_unless_the_task_is_regression(tmp_path):
    path = table(tmp_path, [f"${5 * (1 + i % 3)},{i}" for i in range(ROWS)], header="fee,x")
    loaded = data(path, target="fee").load()
    assert loaded.task.output.classes == ("$10", "$15", "$5")
    loaded = data(path, target="fee", task="regression").load()
    assert loaded.train.y[:3].tolist() == [5, 10, 15]


def test_infinities_and_dashes_are_missing_and_filled_by_the_rule(tmp_path):
    cells = ["inf" if i == 3 else "-" if i == 5 else i / 7 for i in range(ROWS)]
    path = table(tmp_path, [f"{cell},{i}.5" for i, cell in enumerate(cells)], header="x,price")
    loaded = data(path, missing="median").load()
    assert np.flatnonzero(np.isnan(loaded.train.x.numeric[:, 0])).tolist() == [3, 5]
    assert loaded.resolved["formats"] == {"x": CellFormat(missing=["-", "inf"])}
    assert "1 infinite, taken as missing; 1 other texts for missing" in loaded.notes[0]
    with pytest.raises(DataError, match=r"t\.csv:5: column 'x': 'inf' among numbers is taken for a missing cell\. Set"):
        data(path).load()


def test_few_numbers_with_a_dash_stay_categories_unless_a_rule_fills_it(tmp_path):
    path = table(tmp_path, [f"{'-' if i % 4 == 0 else i % 4},{i}.5" for i in range(ROWS)], header="x,price")
    loaded = data(path).load()
    assert loaded.train.x.categorical_names == ("x",)
    told = "column 'x': used as categories, since data.missing fills no numbers into its cells with '-'"
    assert loaded.notes == (told,)
    assert data(path, missing="median").load().train.x.numeric_names == ("x",)
    assert data(path, missing="none").load().train.x.categorical_names == ("x",)


def test_texts_among_numbers_that_make_categories_are_told(tmp_path):
    cells = [("high", "low")[i % 2] if i % 5 == 0 else f"${i}" for i in range(ROWS)]
    loaded = data(table(tmp_path, [f"{cell},{i}.5" for i, cell in enumerate(cells)], header="x,price")).load()
    told = "column 'x': used as categories, since only 80% of its cells are numbers, unlike 'high', 'low'"
    assert loaded.notes == (told,)


def test_numbers_with_two_units_are_refused(tmp_path):
    lines = [f"{i} {'kg' if i % 2 else 'g'},{i}.5" for i in range(ROWS)]
    with pytest.raises(DataError, match=r"t\.csv:2: column 'x'.* its numbers have several units: g and kg\. Write one"):
        data(table(tmp_path, lines, header="x,price")).load()


def test_a_table_among_several_inputs_has_formats_too(tmp_path):
    inputs = {"facts": {"columns": ["weight", "new"]}, "words": {"text": "colour"}}
    loaded = data(table(tmp_path), inputs=inputs).load()
    assert loaded.train.inputs["facts"].numeric[3].tolist() == [3, 0]
    assert set(loaded.resolved["formats"]) == {"weight", "new", "price"}


def test_the_order_of_day_and_month_of_the_rows_can_be_set(tmp_path):
    dates = ["05/01/2012", "02/03/2012", "09/02/2012", "01/07/2012"]
    path = table(tmp_path, [f"{dates[i % 4]},{i},{i}.5" for i in range(8)], header="day,x,price")
    with pytest.raises(DataError, match=r"Set data\.date_order: day_first or month_first"):
        data(path, time="day").load()
    assert data(path, time="day", date_order="day_first").load().train.index.tolist() == [0, 4, 2, 6, 1, 5, 3, 7]
    assert data(path, time="day", date_order="month_first").load().train.index.tolist() == [3, 7, 1, 5, 0, 4, 2, 6]


def test_formats_are_options_of_an_experiment_file(tmp_path):
    table(tmp_path)
    text = 'data: {name: csv, path: t.csv, target: price, formats: {price: {unit: $, thousands: ","}}}\nmodel: dense\n'
    (tmp_path / "e.yaml").write_text(text)
    assert load(tmp_path / "e.yaml")[0].data.formats == {"price": CellFormat(unit="$", thousands=",")}


def test_series_have_formats(tmp_path):
    lines = [f'"{1000 + i:,}",{i}%,{"up" if i % 2 else "down"}' for i in range(ROWS)]
    path = table(tmp_path, lines, header="sales,share,trend")
    dataset = TimeseriesCsv(path=path, target="sales", lookback=4, delay=0)
    loaded = dataset.load()
    assert loaded.resolved["columns"] == ["sales", "share"]
    assert loaded.resolved["formats"] == {"share": CellFormat(unit="%")}
    assert loaded.resolved["thousands"] == ","  # of all plain numbers in the file
    assert loaded.train.array[0, :, 0].tolist() == [1000, 1001, 1002, 1003]
    run = dataset.model_copy(update=loaded.resolved)
    assert run.read(tmp_path / path, loaded.task).array[0, :, 1].tolist() == [0, 1, 2, 3]
    assert not math.isnan(float(loaded.train.y[0]))
