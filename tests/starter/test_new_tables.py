"""What `dlpy new` makes of tables of the user's own: times, numbers with signs, missing cells, and what it leaves out."""

import re
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from dlpy.cli.main import main
from dlpy.data.rows import series_of
from dlpy.data.tables.dates import dates_of
from dlpy.experiment.experiment import load
from dlpy.training.pipeline import split

pytestmark = pytest.mark.slow

DAYS = [date(2012, 1, 1) + timedelta(days=i) for i in range(400)]
MONTHS = [date(2000 + i // 12, i % 12 + 1, 1) for i in range(150)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def new(capsys, header, rows, *options):
    """Write a table, let `dlpy new` write an experiment on it and check that; return status, screen and data block.

    On the screen, the cells of the table of columns are separated by " | ".
    """
    Path("t.csv").write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]))
    capsys.readouterr()
    status = main(["new", "t.csv", "-o", "t.yaml", "--force", *options])
    out, err = capsys.readouterr()
    if status:
        return status, err, None
    assert main(["check", "t.yaml", "--data"]) == 0, capsys.readouterr()
    text = Path("t.yaml").read_text()
    assert all(f"# {line.strip()}" in text for line in out.splitlines()[1:-1])  # what the screen says, the file says
    return status, re.sub(r"(?<=\S) {2,}(?=\S)", " | ", out), load(Path("t.yaml"))[0].data


FORMS = [
    "%Y/%m/%d",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%Y-%m-%d",
    "%d %B %Y",
    "%b %d, %Y",
    "%m/%d/%y",
    "%Y-%m-%d %H:%M",
    "%Y%m%d",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("order", ["oldest", "newest", "mixed"])
def test_rows_with_dates_are_split_in_their_order(capsys, form, order):
    days = {"oldest": DAYS[:200], "newest": DAYS[199::-1], "mixed": [DAYS[i * 7 % 200] for i in range(200)]}[order]
    rows = [
        [day.strftime(form).replace(",", ""), (day - DAYS[0]).days, "up" if day.day % 2 else "down"] for day in days
    ]
    _, out, data = new(capsys, "day,age,label", rows)
    assert re.search(
        r"\nday \| date \| dates.*, 2012-01-01 to 2012-07-18 \| .* \| input, as parts of the date; order", out
    )
    assert "Rows are split in the order of day (2012-01-01 to 2012-07-18)" in out
    assert (data.time, [*data.dates]) == ("day", ["day"])
    (parts_of_dates,) = (one for one in data.transforms if one.name == "date_parts")
    assert not {*parts_of_dates.parts} & {"year", "elapsed"}  # later rows would be beyond all training rows
    parts = split(data, data.load())
    age = [rows.x.numeric[:, 0].tolist() for rows in (parts.train, parts.validation, parts.test)]
    assert age == [list(range(144)), list(range(144, 170)), list(range(170, 200))]


def test_several_series_by_an_id_are_split_in_time(capsys):
    rows = [
        [store, day.isoformat(), day.day % 3, day.day * 1.5 + i] for i, store in enumerate("ABC") for day in DAYS[:100]
    ]
    _, out, data = new(capsys, "store,date,promo,sales", rows)
    assert "Predicts sales for the next 7 rows, 1 day apart" in out
    assert (data.id, data.time, data.horizon) == (["store"], "date", 7)
    parts = split(data, data.load())
    first = DAYS.index(date.fromisoformat(str(parts.test.columns["time"].astype("M8[us]").min())[:10]))
    assert parts.train.index.max() % 100 < first
    assert set(series_of(parts.test)) == {"A", "B", "C"}


def test_dates_that_are_missing_are_told_and_may_be_ignored(capsys):
    rows = [["" if i == 5 else day.isoformat(), i * 1.5, "ab"[i % 2]] for i, day in enumerate(DAYS[:100])]
    _, out, data = new(capsys, "date,x,y", rows)
    assert "Rows are split at random, since date does not define an order: line 7: the time stamp is missing" in out
    assert (data.time, data.dates, data.missing) == (None, ["date"], "median")
    _, out, data = new(capsys, "date,x,y", rows, "--ignore", "date")
    assert "\ndate | text | left out by --ignore, such as '2012-01-01' | 1 | 99 | left out" in out
    assert (data.time, data.ignore, data.test.fraction, data.test.take) == (None, ["date"], 0.15, None)


def test_texts_with_dates_are_split_in_time(capsys):
    rows = [
        [day.strftime("%m/%d/%Y"), f"it was all in all number {i}", "ab"[i % 2]] for i, day in enumerate(DAYS[99::-1])
    ]
    _, _, data = new(capsys, "date,review,verdict", rows)
    assert (data.name, data.text, data.time) == ("text_csv", "review", "date")
    assert data.load().test.x.values[-1] == "it was all in all number 0"


def test_a_class_that_only_the_latest_rows_have_is_told_with_the_reason(capsys):
    rows = [[day.isoformat(), i * 1.5, "late" if i > 180 else "ab"[i % 2]] for i, day in enumerate(DAYS[:200])]
    _, out, data = new(capsys, "date,x,label", rows)
    told = "Rows are split at random, since in time order training could not start: class late has no training rows"
    assert told in out
    assert (data.time, data.test.take) == (None, None)


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        ("$62.{i:02d}", "numbers with $"),
        ("62.{i}%", "numbers with % (62.9% is 62.9)"),
        ("{i} kg", "numbers with the unit kg"),
        ("(1{i})", "numbers, with signs such as (3.2) or 3.2-"),
        ("{i}:30", "durations or times, in seconds (minutes:seconds)"),
    ],
)
def test_numbers_with_signs_are_numbers_and_told(capsys, cells, shown):
    rows = [[cells.format(i=i), i * 1.5, "ab"[i % 2]] for i in range(100)]
    _, out, data = new(capsys, "price,x,label", rows)
    assert re.search(rf"\nprice \| number \| {re.escape(shown)} \| 0 \| \d+ \| input, standardized", out)
    assert "price" in data.formats
    assert data.load().train.x.numeric_names == ("price", "x")
    _, out, data = new(capsys, "price,x,label", rows, "--target", "price")
    assert data.task == "regression"


def test_numbers_with_two_units_are_left_out_with_the_way_out(capsys):
    rows = [[f"{i} {'kg' if i % 2 else 'g'}", i * 1.5, "ab"[i % 2]] for i in range(100)]
    _, out, data = new(capsys, "weight,x,label", rows)
    assert "\nweight | text | 100 different texts in 100 rows; its numbers have several units: g and kg" in out
    assert data.ignore == ["weight"]


def test_a_word_among_numbers_is_a_missing_cell(capsys):
    rows = [["oops" if i == 3 else i / 3, i * 1.5, "ab"[i % 2]] for i in range(100)]
    _, out, data = new(capsys, "rate,x,label", rows)
    why = "numbers with 'oops' for missing | 1 'oops' | 99 | input, standardized, median if missing"
    assert f"\nrate | number | {why}" in out
    assert (data.formats["rate"].missing, data.missing) == (["oops"], "median")


def test_a_dash_among_numbers_is_a_missing_cell(capsys):
    rows = [["-" if i % 5 == 3 else i / 3, i * 1.5, "ab"[i % 2]] for i in range(100)]
    _, out, data = new(capsys, "rate,x,label", rows)
    assert "\nrate | number | numbers with '-' for missing | 20 '-' | 80 | input" in out
    assert data.missing == "median"
    loaded = data.load()
    assert data.formats["rate"].missing == ["-"]
    assert np.isnan(loaded.train.x.numeric[:, 0]).sum() == 17  # the others are test rows


def test_codes_with_leading_zeros_are_categories(capsys):
    rows = [[f"0{1000 + i % 7}", i * 1.5, i / 7] for i in range(100)]
    _, out, data = new(capsys, "zip,x,y", rows)
    assert "\nzip | code | codes with leading zeros, such as 01000 | 0 | 7 | input, one-hot" in out
    assert data.categorical == ["zip"]


def test_categories_stay_categories(capsys):
    rows = [
        [("2WD", "4WD")[i % 2], ("<18", "18-30", ">30")[i % 3], ("0", "1", "2", "3+")[i % 4], i / 7] for i in range(60)
    ]
    _, out, _ = new(capsys, "drive,group,children,y", rows)
    assert [line.split(" | ")[1] for line in out.splitlines() if "input, one-hot" in line] == ["category"] * 3
    rows = [[("5%", "10%")[i % 2], i * 1.5, i / 7] for i in range(60)]
    _, _, data = new(capsys, "discount,x,y", rows, "--categorical", "discount")
    assert data.categorical == ["discount"]


def test_texts_taken_for_missing_are_told_with_their_columns(capsys):
    rows = [
        [
            i / 7,
            "NA" if i % 4 == 0 else ("ZA", "FR")[i % 2],
            "?" if i % 6 == 0 else "xyz"[i % 3],
            "None" if i % 3 == 0 else "ab"[i % 2],
        ]
        for i in range(60)
    ]
    _, out, data = new(capsys, "x,country,alley,label", rows)
    assert "\ncountry | category | 2 different texts in 60 rows | 15 'NA' | 2 | input" in out
    assert "\nalley | category | 3 different texts in 60 rows | 10 '?' | 3 | input" in out
    assert "Treated as a class of label, not as missing: 'None' (20); see missing_values" in out
    assert "If 'NA', '?' should be a value, add to data: missing_values: " in out
    assert data.missing_values == ["", "NA", "N/A", "NaN", "nan", "null", "?"]
    assert data.load().task.output.classes == ("None", "a", "b")


def test_running_numbers_and_empty_columns_are_left_out_with_a_reason(capsys):
    rows = [[i, i + 1, "", "NA", i * 1.5, "ab"[i % 2]] for i in range(60)]
    _, out, data = new(capsys, ",id,hole,gone,x,y", rows)
    assert "\nUnnamed: 0 | number | it has no name, and only labels the rows, such as '0' | 0 | 60 | left out" in out
    assert "\nid | identifier | a row number, such as '1' | 0 | 60 | kept for predictions" in out
    assert "\nhole | nothing | every cell is empty | 60 | 0 | left out" in out
    assert "\ngone | nothing | every cell is missing, such as 'NA' | 60 'NA' | 0 | left out" in out
    assert data.load().train.x.numeric_names == ("x",)


def test_a_column_without_a_name_is_not_learnt_from_unless_listed(capsys):
    new(capsys, ",x,y", [[i, i * 1.5, i / 7] for i in range(60)])
    assert load(Path("t.yaml"))[0].data.load().train.x.numeric_names == ("x",)
    listed, _ = load(Path("t.yaml"), ["data.numeric=['Unnamed: 0', x]"])
    assert listed.data.load().train.x.numeric_names == ("Unnamed: 0", "x")


@pytest.mark.parametrize(
    ("form", "time", "title"),
    [
        ("%Y-%m", "month", "for the next 12 rows, 1 month apart"),
        ("%Y/%m/%d", "month", "for the next 12 rows, 1 month apart"),
        ("%b %Y", "month", "for the next 12 rows, 1 month apart"),
        ("%m/%d/%Y", "month", "for the next 12 rows, 1 month apart"),
    ],
)
def test_months_are_a_series(capsys, form, time, title):
    _, out, data = new(capsys, "month,sold", [[day.strftime(form), i / 7] for i, day in enumerate(MONTHS)])
    assert title in out
    assert (data.name, data.time, data.target) == ("timeseries_csv", time, ["sold"])
    assert (data.lookback, data.horizon, data.delay) == (24, 12, 0)


def test_rows_of_a_short_series_are_split_in_time_order(capsys):
    _, out, data = new(capsys, "month,sold", [[day.isoformat(), i / 7] for i, day in enumerate(MONTHS[:48])])
    assert "needs at least 60 rows for a series, and this table has 48. By hand: data: {name: timeseries_csv," in out
    assert (data.name, data.time, [*data.dates]) == ("csv", "month", ["month"])


def test_working_days_and_other_gaps_leave_windows(capsys):
    rows = [[day.isoformat(), i, i / 7] for i, day in enumerate(DAYS) if day.weekday() < 5]
    _, out, data = new(capsys, "Date,Open,Close", rows)
    assert "1 business day apart" in out
    assert (data.name, data.time, data.columns, data.gaps) == ("timeseries_csv", "Date", None, "error")
    rows = [[day.isoformat(), i, i / 7] for i, day in enumerate(DAYS) if i != 100]
    _, _, data = new(capsys, "Date,Open,Close", rows)
    assert (data.time, data.gaps) == ("Date", "allow")


def test_days_and_hours_in_two_columns_are_a_series(capsys):
    rows = [[day.isoformat(), f"{hour}:00", day.day + hour / 7] for day in DAYS[:20] for hour in range(24)]
    _, out, data = new(capsys, "date,time,heat", rows)
    assert (data.name, data.columns, data.time) == ("timeseries_csv", ["heat"], None)
    assert "Column date with time has a format that timeseries_csv cannot read" in out


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        (DAYS[::-1], "the newest came first"),
        ([*DAYS[50:60], *DAYS[:50], *DAYS[60:]], "one row was earlier than the row before"),
    ],
)
def test_days_in_any_order_are_a_series(capsys, rows, note):
    _, out, data = new(capsys, "day,y", [[day.isoformat(), (day - DAYS[0]).days / 7] for day in rows])
    assert f"Rows sorted by time: {note}" in out
    assert (data.name, data.time, data.horizon) == ("timeseries_csv", "day", 7)
    assert data.load().train.y[0].tolist() == [np.float32((28 + step) / 7) for step in range(7)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [DAYS[i + i * i // 700] for i in (*range(170, 270), *range(170))],
            "line 102: 2012-01-01 is earlier than 2013-01-07 before it, and the times are not evenly spaced",
        ),
        (
            [day for day in DAYS[:100] for _ in "ab"],
            "line 3: 2012-01-01 is repeated (100 rows with the time of another",
        ),
    ],
)
def test_what_is_nearly_a_series_is_told_with_its_line(capsys, rows, message):
    _, out, data = new(capsys, "day,y", [[day.isoformat(), i / 7] for i, day in enumerate(rows)])
    assert f"Column day cannot be the time of a series: {message}" in out
    assert (data.name, data.time, [*data.dates]) == ("csv", "day", ["day"])


def test_day_and_month_are_told_apart_by_the_whole_column():
    assert dates_of(["01/02/2012", "13/02/2012"]).times[0] == np.datetime64("2012-02-01")
    assert dates_of(["01/02/2012", "02/13/2012"]).times[0] == np.datetime64("2012-01-02")
    monthly = dates_of([f"{month:02d}/01/{year}" for year in (2012, 2013) for month in range(1, 13)])
    assert monthly.month_first
    assert dates_of(["01/02/2012", "03/04/2012", "02/01/2012", "04/03/2012"]).doubtful
    assert not dates_of(["1970-01-01", "1970-01-02"]).bad.size


def test_what_new_wrote_trains(capsys):
    rows = [[day.strftime("%m/%d/%Y"), i * 1.5, "up" if day.day % 2 else "down"] for i, day in enumerate(DAYS[:200])]
    new(capsys, "day,age,label", rows)
    assert main(["train", "t.yaml", "training.epochs=1", "-q"]) == 0
    assert main(["kfold", "t.yaml"]) == 2
    assert (
        "data.time: the rows are in its order: folds would train on rows later than those they are scored on"
        in capsys.readouterr().err
    )
    new(capsys, "month,sold", [[day.strftime("%Y-%m"), i / 7] for i, day in enumerate(MONTHS[:60])])
    assert main(["train", "t.yaml", "training.epochs=1", "-q"]) == 0


def test_numbers_that_name_something_are_categories(capsys):
    rows = [[100 + i % 9, i * 1.5, i / 7] for i in range(100)]
    _, out, data = new(capsys, "customer_id,x,y", rows)
    why = "9 numbers, names by the name of the column"
    assert f"\ncustomer_id | category | {why} | 0 | 9 | input, one-hot" in out
    assert data.categorical == ["customer_id"]
    _, out, data = new(capsys, "customers,x,y", rows)
    assert "\ncustomers | number | integers from 100 to 108 | 0 | 9 | input, standardized" in out


def test_codes_among_many_integers_are_listed_as_categories(capsys):
    rows = [["207a" if i == 77 else 100 + i % 40, i * 1.5, i / 7] for i in range(120)]
    _, out, data = new(capsys, "subject,x,y", rows)
    assert "\nsubject | code | codes, such as '207a' among integers | 0 | 41 | input, one-hot" in out
    assert data.categorical == ["subject"]
