"""How the cells of a column are found to be written, and the numbers that they become."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dlpy.data.tables import column_types, csv_file
from dlpy.data.tables.amounts import amount_of
from dlpy.data.tables.cell_formats import CellFormat
from dlpy.data.tables.column_types import formatted
from dlpy.data.tables.durations import seconds_of
from dlpy.data.tables.found_formats import find_format
from dlpy.data.tables.table_format import TableFormat
from dlpy.data.tables.understood import understood

NAN = math.nan
MANY = [f"{i}.5" for i in range(12)]  # more numbers than names with digits


def table(tmp_path, cells):
    path = tmp_path / "t.csv"
    path.write_text("x;y\n" + "".join(f"{cell};1\n" for cell in cells))
    return csv_file.read(path, TableFormat(delimiter=";", decimal=".", thousands=None))  # left to the columns


def column(tmp_path, cells):
    file = table(tmp_path, cells)
    return file, column_types.columns_of(file)["x"]


def found(tmp_path, cells):
    file, x = column(tmp_path, cells)
    form = find_format(file, x).format
    return form, None if form is None else formatted(file, x, form).values.tolist()


@pytest.mark.parametrize(
    ("cells", "values", "form"),
    [
        (["$62.88", "$5", "-$3.20"], [62.88, 5, -3.2], {"unit": "$"}),
        (["$62.88", "5", "-3.20"], None, None),  # fewer than half have a unit
        (["62,88 €", "5 €", "1.234,50 €"], [62.88, 5, 1234.5], {"unit": "€", "thousands": ".", "decimal": ","}),
        (["USD 5", "7 usd", "USD 1,000"], [5, 7, 1000], {"unit": "USD", "thousands": ","}),
        (["CHF 12.-", "CHF 3.50"], [12, 3.5], {"unit": "CHF"}),
        (["62.9%", "5 %", "0"], [62.9, 5, 0], {"unit": "%"}),
        (["1,234.5", "950", "1,000,000"], [1234.5, 950, 1e6], {"thousands": ","}),
        (["12,34,567", "1,234"], [1234567, 1234], {"thousands": ","}),  # lakhs
        (["1.234,5", "950", "0,5"], [1234.5, 950, 0.5], {"thousands": ".", "decimal": ","}),
        (["1,5", "0,25", "-3,0"], [1.5, 0.25, -3], {"decimal": ","}),
        (["0,123", "1,234"], [0.123, 1.234], {"decimal": ","}),
        (["1 234", "12 345 678", "5"], [1234, 12345678, 5], {"thousands": " "}),
        (["1\u00a0234,5", "6"], [1234.5, 6], {"thousands": " ", "decimal": ","}),
        (["1'234.50", "2’000"], [1234.5, 2000], {"thousands": "'"}),
        (["1.234.567", "2.500"], [1234567, 2500], {"thousands": ".", "decimal": ","}),
        (["12 kg", "7.5 kg", "3"], [12, 7.5, 3], {"unit": "kg"}),
        (["12kg", "7.5KG"], [12, 7.5], {"unit": "kg"}),
        (["12 lbs", "1 lb"], [12, 1], {"unit": "lbs"}),
        (["36 months", "60 months"], [36, 60], {"unit": "months"}),
        (["5 km/h", "7 km/h"], [5, 7], {"unit": "km/h"}),
        (["(3.2)", "5", "(1,000)"], [-3.2, 5, -1000], {"thousands": ","}),
        (["($3.20)", "$5", "$-7"], [-3.2, 5, -7], {"unit": "$"}),
        ([*MANY, "3.2-"], [*map(float, MANY), -3.2], {}),
        (["\u22124", "5"], [-4, 5], {}),
        (["5", "-", "7.5"], [5, NAN, 7.5], {"missing": ["-"]}),
        (["5", "n.a.", "--", "7"], [5, NAN, NAN, 7], {"missing": ["--", "n.a."]}),
        (["5 kg", "null kg", "7 kg"], [5, NAN, 7], {"unit": "kg", "missing": ["null kg"]}),
        ([*map(str, range(30)), *["varies"] * 3], [*range(30), NAN, NAN, NAN], {"missing": ["varies"]}),
        (["0:05", "+0:10", "-0:30"], [300, 600, -1800], {"kind": "duration", "clock": "hours:minutes"}),
        (["5", "inf", "-Infinity"], [5, NAN, NAN], {"missing": ["-Infinity", "inf"]}),
        ([*MANY, "<0.1"], [*map(float, MANY), 0.1], {"bounds": True}),
        ([*MANY, "100+"], [*map(float, MANY), 100], {"bounds": True}),
        (["€110.5M", "€565K", "€0"], [110.5e6, 565e3, 0], {"unit": "€", "scales": True}),
        (["$1.2 million", "$3 billion"], [1.2e6, 3e9], {"unit": "$", "scales": True}),
        (["Yes", "no", "YES"], [1, 0, 1], {"kind": "boolean", "words": "yes/no"}),
        (["TRUE", "False"], [1, 0], {"kind": "boolean", "words": "true/false"}),
        (["t", "F"], [1, 0], {"kind": "boolean", "words": "t/f"}),
        (["n", "y"], [0, 1], {"kind": "boolean", "words": "y/n"}),
        (["on", "Off"], [1, 0], {"kind": "boolean", "words": "on/off"}),
        (["1:23:45", "0:00:01.5"], [5025, 1.5], {"kind": "duration"}),
        (["12:30", "00:05"], [45000, 300], {"kind": "duration", "clock": "hours:minutes"}),
        (["12:30", "75:05"], [750, 4505], {"kind": "duration", "clock": "minutes:seconds"}),
        (["2h 30m", "45 min", "1h"], [9000, 2700, 3600], {"kind": "duration"}),
        (["3 days", "1 day 2 hours"], [259200, 93600], {"kind": "duration"}),
        (["PT1H", "P1DT30S"], [3600, 86430], {"kind": "duration"}),
        (["3:45 PM", "12:05 am"], [56700, 300], {"kind": "duration"}),
    ],
)
def test_cells_become_numbers_by_one_format(tmp_path, cells, values, form):
    got, numbers = found(tmp_path, cells)
    if form is None:
        assert got is None or got.unit == ""
        return
    assert got == CellFormat(**form)
    assert np.allclose(numbers, values, rtol=1e-15, equal_nan=True)


@pytest.mark.parametrize(
    "cells",
    [
        ["2WD", "4WD"],
        ["1st", "2nd", "3rd"],
        ["10-20", "20-30"],
        ["<=50K", ">50K"],
        ["<18", "18-30", ">30"],
        ["0", "1", "2", "3+"],
        ["2D", "3D"],
        ["rs1234", "rs5678"],
        ["A12", "B7"],
        ["555-1234", "555-9876"],
        ["1.2.3", "1.10.0"],
        ["(1)", "(2)", "(3)"],
        ["1A", "1B", "2A"],
        ["May", "June"],
        ["12 May", "3 June"],
        ["yes", "no", "maybe"],
        ["yes", "true"],
        ["m", "f"],
        ["7 Series", "3 Series"],
        ["3:75", "2:99"],
        ["5 ft 3 in", "6 ft 1 in"],
        ["192.168.1.1", "10.0.0.1"],
        ["$5", "€6"],
        ["5/10", "3/10"],
        ["1e", "2e"],
        ["4 Privet Drive", "7 Elm Street"],
    ],
)
def test_names_with_digits_are_not_numbers(tmp_path, cells):
    finding = find_format(*column(tmp_path, cells * 3))
    assert finding.format is None or finding.strays


def test_plain_numbers_have_no_format(tmp_path):
    for cells in (["1", "2.5", "-3"], ["1e5", "2"], ["1", "NA", ""], ["a", "b"]):
        assert find_format(*column(tmp_path, cells)).format in (None, CellFormat())
        file, x = column(tmp_path, cells)
        assert understood(file, x).format is None


@pytest.mark.parametrize(
    ("cells", "kind", "described"),
    [
        (["1.5", "2", ""], "number", "numbers from 1.5 to 2"),
        (["00123", "45"], "code", "codes with leading zeros, such as 00123"),
        (["1234567890123456789", "1234567890123456788"], "code", "codes longer than numbers can hold exactly"),
        (["0.5", "0"], "number", "numbers from 0 to 0.5"),
        (["$5", "$1,234"], "number", "numbers with $ and commas between thousands"),
        (["no", "Yes"], "boolean", "yes is 1, no is 0"),
        (["12:30", "11:15"], "duration", "durations or times, in seconds (hours:minutes)"),
        (["2012-01-31", "2012-02-01"], "date", "dates, 2012-01-31 to 2012-02-01"),
        (["31/01/2012", "02/02/2012"], "date", "dates with the day first, 2012-01-31 to 2012-02-02"),
        (["a", "b", "a", "b"], "category", "2 different texts"),
        (["7", "7"], "constant", "7 in every row"),
        (["", "NA"], "empty", "every cell is missing"),
        (["101", "102", "103a"], "code", "codes, such as '103a' among integers"),
        (["5", "-", "inf"], "number", "'-' or 'inf' for missing; 1 infinite, taken as missing; 1 other texts"),
    ],
)
def test_a_column_is_understood_with_the_reason(tmp_path, cells, kind, described):
    got = understood(*column(tmp_path, cells))
    assert got.kind == kind
    assert described in got.description


def test_a_column_in_which_day_and_month_may_be_swapped_is_asked_about(tmp_path):
    got = understood(*column(tmp_path, ["05/01/2012", "02/03/2012", "09/02/2012", "01/07/2012"]))
    assert (got.kind, got.order) == ("date", None)
    assert "day_first or month_first" in got.doubt


def test_two_units_are_refused(tmp_path):
    got = understood(*column(tmp_path, [f"{i} {'kg' if i % 2 else 'g'}" for i in range(1, 60)]))
    assert got.format is None
    assert "several units: " in got.doubt


def test_percentages_and_shares_in_one_column_are_refused(tmp_path):
    got = understood(*column(tmp_path, ["62%", "45%", "0.5", "70%"]))
    assert "some of its cells have % and others, below 1, do not" in got.doubt


def test_a_word_among_many_numbers_is_told(tmp_path):
    got = understood(*column(tmp_path, [*(f"${i}" for i in range(50)), "call us"]))
    assert "holds numbers except for 'call us'" in got.doubt


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$5", 5.0),
        ("5", 5.0),
        ("1,234", 1234.0),
        ("€5", None),
        ("1.234,5", None),
        ("abc", None),
        ("<5", None),
        ("5K", None),
    ],
)
def test_new_cells_are_read_by_exactly_that_format(text, value):
    assert CellFormat(unit="$", thousands=",").value(text) == value


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "boolean"}, "'words' is needed"),
        ({"kind": "duration", "unit": "kg"}, "'unit' does not apply to kind: duration"),
        ({"thousands": ",", "decimal": ","}, "'thousands' and 'decimal' should differ"),
        ({"units": "kg"}, "unit"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValidationError, match=message):
        CellFormat(**options)


@settings(max_examples=200)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9))
def test_plain_decimals_are_never_changed(value):
    for form in (CellFormat(), CellFormat(unit="$", thousands=","), CellFormat(unit="%", bounds=True, scales=True)):
        assert form.value(str(value)) == float(value)


@settings(max_examples=100)
@given(
    st.lists(st.integers(-(10**7), 10**7), min_size=12, max_size=30, unique=True),
    st.sampled_from(["${:,}", "{:,} kg", "{:,}%", "EUR {:,}", "{:,}"]),
)
def test_a_format_reads_all_cells_of_its_column(tmp_path_factory, numbers, shape):
    cells = [shape.format(value) for value in numbers]
    file, x = column(tmp_path_factory.mktemp("t"), [*cells, "1,000,000" if shape == "{:,}" else shape.format(-1000)])
    finding = find_format(file, x)
    assert finding.strays == {}
    got = formatted(file, x, finding.format)
    assert got.bad == []
    assert got.values.tolist()[: len(numbers)] == numbers


@settings(max_examples=300)
@given(st.text(max_size=60))
def test_any_text_is_an_amount_or_not(text):
    amount, seconds = amount_of(text), seconds_of(text)
    assert amount is None or isinstance(amount.digits, str)
    assert seconds is None or math.isfinite(seconds)
