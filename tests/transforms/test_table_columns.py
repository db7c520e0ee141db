"""Missing cells told, rare categories pooled, and dates in parts."""

import sys

import numpy as np
import pytest

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Table
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.training.pipeline import Pipeline
from dlpy.transforms.date_parts import DateParts
from dlpy.transforms.fill_missing import FillMissing
from dlpy.transforms.missing_indicators import MissingIndicators
from dlpy.transforms.rare_categories import RareCategories
from dlpy.transforms.tabulate import Tabulate

TASK = Task.single(Input("table", (3,), columns=("a", "b", "c")), Output("regression"))
GAP = float("nan")


def table(numeric, names, texts=None, categories=(), dates=()) -> Rows:
    cells = np.array(texts if texts is not None else np.empty((len(numeric), 0)), np.str_)
    return Rows.single(Table(np.array(numeric, float), names, cells, categories, dates))


TRAIN = table([[1, GAP], [2, 5], [3, 6]], ("a", "b"), [[""], ["x"], ["x"]], ("c",))


def test_missing_cells_are_told_in_columns_of_0_and_1():
    pipeline, rows, task = Pipeline.fit(
        [MissingIndicators(), FillMissing(rule="most_frequent"), Tabulate()], TRAIN, TASK
    )
    assert rows.array.tolist() == [[1, 5, 1, 1, 1], [2, 5, 0, 0, 1], [3, 6, 0, 0, 1]]
    assert task.input.columns == ("a", "b", "b is missing", "c is missing", "c=x")
    assert task.input.numbers == 4
    other = table([[GAP, 7]], ("a", "b"), [["x"]], ("c",))
    assert pipeline.apply(other).array.tolist() == [[1, 7, 0, 0, 1]]  # no training row lacks a
    assert [item.cells()[:2] for item in pipeline.unfamiliar(other)] == [("a", "missing cells")]


def test_listed_columns_are_told_of_though_no_training_cell_is_missing():
    transform = MissingIndicators(columns=["a"])
    found = transform.apply(TRAIN, transform.fit(TRAIN, TASK)).x
    assert found.numeric_names == ("a", "b", "a is missing")
    with pytest.raises(DataError, match="missing_indicators: the table has no column 'd'"):
        MissingIndicators(columns=["d"]).fit(TRAIN, TASK)


def test_rare_categories_are_pooled_and_unseen_ones_join_them():
    texts = [["x", "p"], ["x", "p"], ["y", "q"], ["z", "q"], ["", "q"]]
    train = table(np.zeros((5, 1)), ("n",), texts, ("c", "d"))
    transform = RareCategories(min_count=2)
    state = transform.fit(train, TASK)
    assert transform.apply(train, state).x.categorical.tolist() == [
        ["x", "p"], ["x", "p"], ["(rare)", "q"], ["(rare)", "q"], ["", "q"]
    ]  # fmt: skip
    other = table(np.zeros((3, 1)), ("n",), [["new", "new"], ["y", "p"], ["new", ""]], ("c", "d"))
    assert transform.apply(other, state).x.categorical.tolist() == [["(rare)", "new"], ["(rare)", "p"], ["(rare)", ""]]
    assert [item.cells() for item in transform.unfamiliar(other, state)] == [
        ("c", "unseen categories", "2 of 3", "'new' (2); predicted as (rare)")
    ]  # tabulate reports those of d, which has no rare category
    assert transform.unfamiliar(train, state) == []


def test_only_listed_columns_are_pooled():
    train = table(np.zeros((3, 1)), ("n",), [["x", "p"], ["x", "q"], ["y", "q"]], ("c", "d"))
    transform = RareCategories(min_count=2, columns=["d"])
    found = transform.apply(train, transform.fit(train, TASK)).x.categorical
    assert found.tolist() == [["x", "(rare)"], ["x", "q"], ["y", "q"]]


def seconds(*times: str) -> list[list[float]]:
    return [[np.datetime64(time, "s").astype(float)] if time else [GAP] for time in times]


def parts(times: list[str], **options) -> dict[str, list[float]]:
    rows = table(seconds(*times), ("when",), dates=("when",))
    transform = DateParts(**options)
    found = transform.apply(rows, transform.fit(rows, TASK)).x
    assert found.date_names == ()
    return {name: np.round(found.numeric[:, i], 4).tolist() for i, name in enumerate(found.numeric_names)}


def test_the_parts_of_dates_count_as_calendars_do():
    every = ["year", "month", "day", "weekday", "hour", "minute", "day_of_year", "elapsed"]
    assert parts(["1969-12-31T23:59:30", "2024-02-29T06:30", ""], cyclic=False, parts=every) == {
        "when year": [1969, 2024, pytest.approx(GAP, nan_ok=True)],
        "when month": [12, 2, pytest.approx(GAP, nan_ok=True)],
        "when day": [31, 29, pytest.approx(GAP, nan_ok=True)],
        "when weekday": [2, 3, pytest.approx(GAP, nan_ok=True)],  # a Wednesday, a Thursday
        "when hour": [23, 6, pytest.approx(GAP, nan_ok=True)],
        "when minute": [59, 30, pytest.approx(GAP, nan_ok=True)],
        "when day of year": [365, 60, pytest.approx(GAP, nan_ok=True)],
        "when elapsed": [0, 19782.2712, pytest.approx(GAP, nan_ok=True)],
    }


def test_parts_that_repeat_lie_on_a_circle():
    assert parts(["2024-01-01T00:00", "2024-01-01T06:00", "2024-01-01T12:00"], parts=["hour"]) == {
        "when hour sin": [0, 1, 0],
        "when hour cos": [1, 0, -1],
    }


@pytest.mark.parametrize(
    ("times", "found"),
    [
        (["2020-01-01", "2021-01-01"], ["year"]),
        (["2020-01-01", "2021-02-01"], ["year", "month", "elapsed"]),  # months have no weekday
        (["2020-01-05", "2020-01-07"], ["day", "weekday", "elapsed"]),
        (["2020-01-05T10:00", "2020-01-05T11:00"], ["hour", "elapsed"]),
        (["2020-01-05T10:00", "2020-01-05T10:20"], ["minute", "elapsed"]),
        (["2020-01-05", "2020-01-05"], []),
    ],
)
def test_the_parts_that_differ_between_training_rows_are_the_default(times, found):
    assert list(parts(times, cyclic=False)) == [f"when {part}" for part in found]


def test_dates_leave_the_table_and_their_parts_follow_its_numbers():
    rows = table([[0, 7, 1], [86_400 * 31, 8, 2]], ("when", "a", "then"), [["x"], ["y"]], ("c",), ("when",))
    task = Task.single(Input("table", (4,), columns=("when", "a", "then", "c")), Output("regression"))
    steps = [DateParts(cyclic=False), Tabulate()]
    pipeline, found, after = Pipeline.fit(steps, rows, task)
    assert after.input.columns == ("a", "then", "when month", "when elapsed", "c=x", "c=y")
    assert found.array.tolist() == [[7, 1, 1, 0, 1, 0], [8, 2, 2, 31, 0, 1]]
    later = table([[86_400 * 40, 0, 0]], ("when", "a", "then"), [["x"]], ("c",), ("when",))
    assert pipeline.apply(later).array.tolist() == [[0, 0, 2, 40, 1, 0]]


def test_a_table_without_dates_is_refused():
    with pytest.raises(ConfigError, match="the table has no dates: list their columns under 'dates'"):
        DateParts().fit(TRAIN, TASK)


def test_holidays_need_their_package():
    with pytest.raises(ConfigError, match="needs the package holidays: pip install 'dlpy\\[dates\\]'"):
        DateParts(holidays="DE").outline(TASK)


def test_holidays_are_marked(tmp_path, monkeypatch):
    source = (
        "import datetime\n"
        "def country_holidays(country, subdiv=None, years=()):\n"
        "    if country != 'DE': raise NotImplementedError(f'Country {country} not available')\n"
        "    first = {datetime.date(year, 1, 1): 'Neujahr' for year in years}\n"
        "    return first | ({datetime.date(year, 1, 6): 'Heilige' for year in years} if subdiv == 'BY' else {})\n"
    )
    (tmp_path / "holidays.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "holidays", raising=False)
    days = ["2019-01-01T12:00", "2020-01-06", "2020-01-07"]
    assert parts(days, parts=[], holidays="DE") == {"when is holiday": [1, 0, 0]}
    assert parts(days, parts=[], holidays="DE-BY") == {"when is holiday": [1, 1, 0]}
    with pytest.raises(ConfigError, match="holidays of 'XX' are not known: Country XX not available"):
        parts(days, holidays="XX")
    sys.modules.pop("holidays")
