"""Series as people send them: unusual stamps are read right, and what cannot be used is named in one line."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from dlpy.core.errors import DataError
from dlpy.data.rows import Loaded, series_of
from dlpy.datasets._series_parts import last_rows
from dlpy.datasets.timeseries_csv import TimeseriesCsv
from dlpy.starter.starter import experiment_for

DAYS = [date(2020, 1, 1) + timedelta(days) for days in range(120)]
WAVE = [10 + place % 7 for place in range(120)]


def write(folder: Path, stamps: Sequence[object], values: Sequence[object] = WAVE, names: str = "day,sold") -> Path:
    path = folder / "s.csv"
    lines = [names, *(f"{stamp},{value}" for stamp, value in zip(stamps, values, strict=False))]
    path.write_text("\n".join(lines) + "\n")
    return path


def loaded(path: Path, **options) -> Loaded:
    given = {"time": "day", "target": "sold", "lookback": 14, "horizon": 7, "windows": "across_parts", **options}
    return TimeseriesCsv.model_validate({"path": str(path), **given}).load()


STAMPS = {
    "weeks": ([f"{2020 + place // 52}-W{place % 52 + 1:02d}" for place in range(52)], "2020-04-06"),  # the 15th Monday
    "Excel": ([str(43_831 + place) for place in range(120)], "2020-01-15"),
    "Excel hours": ([f"{43_831 + place / 24:.6f}" for place in range(120)], "2020-01-01T14:00"),
    "month, day, year": ([f"{day:%b-%d-%Y}" for day in DAYS], "2020-01-15"),
    "months": ([f"{date(2010 + place // 12, place % 12 + 1, 1):%b %Y}" for place in range(120)], "2011-03-01"),
    "years": ([str(1900 + place) for place in range(120)], "1914-01-01"),
}


@pytest.mark.parametrize("kind", STAMPS)
def test_stamps_are_read(tmp_path: Path, kind: str) -> None:
    stamps, fifteenth = STAMPS[kind]
    found = loaded(write(tmp_path, stamps), test=8).train
    assert found.columns["time"].astype("M8[us]")[0] == np.datetime64(fifteenth)


@pytest.mark.parametrize("kind", [kind for kind, (stamps, _) in STAMPS.items() if len(stamps) > 60])
def test_stamps_are_recognized(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, STAMPS[kind][0], [value + place / 1000 for place, value in enumerate(WAVE)])
    assert "name: timeseries_csv" in experiment_for(str(path), "sold", tmp_path / "e.yaml").text


BOTH = [f"{day},{shop}" for day in DAYS for shop in "ab"]
FAULTS = {
    "repeated": (BOTH, WAVE * 2, {}, ["2020-01-01 occurs twice", "data.id"]),
    "repeated in a series": ([*BOTH, f"{DAYS[50]},a"], [*WAVE, *WAVE, 3], {"id": "shop"}, ["twice in series 'a'"]),
    "empty": ([f"{day}," for day in DAYS], WAVE, {"missing": "previous"}, ["column 'shop' is empty", "data.columns"]),
    "short": ([f"{day},1" for day in DAYS[:10]], WAVE, {}, ["10 rows", "need 21"]),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_named_in_one_line(tmp_path: Path, kind: str) -> None:
    stamps, values, options, parts = FAULTS[kind]
    with pytest.raises(DataError) as caught:
        loaded(write(tmp_path, stamps, values, "day,shop,sold"), **options)
    assert "\n" not in str(caught.value)
    assert all(part in str(caught.value) for part in parts)


def test_a_held_out_part_shorter_than_a_window_suggests_windows_across_parts(tmp_path: Path) -> None:
    path = write(tmp_path, DAYS)
    with pytest.raises(DataError, match=r"or set data\.windows: across_parts"):
        loaded(path, windows="within_parts", test=15)
    test = loaded(path, test=15).test
    assert test is not None
    np.testing.assert_array_equal(test.index, 105 + np.arange(9))  # 15 rows hold 9 horizons of 7


def test_a_series_that_begins_among_the_test_rows_of_others_is_left_out_and_named(tmp_path: Path) -> None:
    late = [f"{day},c" for day in DAYS[-11:]]
    found = loaded(write(tmp_path, [*BOTH, *late], [*WAVE, *WAVE, *WAVE], "day,shop,sold"), id="shop")
    assert set(series_of(found.train)) == {"a", "b"}


STORES = [(day, shop, item) for shop in ("a", "b") for item in (1, 2) for day in DAYS]


def stores(folder: Path) -> Path:
    rows = [f"{day},{shop},{item}" for day, shop, item in STORES]
    return write(folder, rows, [item * 5 + value for item in (1, 2) for value in WAVE] * 2, "day,shop,item,sold")


def test_two_columns_together_name_series(tmp_path: Path) -> None:
    found = loaded(stores(tmp_path), id=["shop", "item"])
    assert set(series_of(found.train)) == {"a / 1", "a / 2", "b / 1", "b / 2"}
    assert found.train.y.min() == 15  # of item 1
    assert found.train.y[series_of(found.train) == "b / 2"].min() == 20


def test_two_columns_that_name_series_are_found(tmp_path: Path) -> None:
    text = experiment_for(str(stores(tmp_path)), None, tmp_path / "s.yaml").text
    assert "id: [shop, item]" in text
    assert "4 series" in text


def test_one_of_two_columns_that_name_series_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"occurs twice in series 'a'\. .* list another column in data\.id"):
        loaded(stores(tmp_path), id="shop")


def test_a_constant_series_is_read_and_has_no_scale(tmp_path: Path) -> None:
    found = loaded(write(tmp_path, DAYS, [5] * 120))
    assert set(found.train.y.reshape(-1).tolist()) == {5.0}


@pytest.mark.parametrize(
    ("start", "change", "ahead"),
    [("2020-10-20", "2020-10-25T01:00", (2, 1)), ("2021-03-20", "2021-03-28T01:00", (1, 2))],
    ids=["an hour that is told twice", "an hour that is missing in the night of spring"],
)
def test_a_change_of_the_clock_is_neither_a_repeat_nor_a_gap(
    tmp_path: Path, start: str, change: str, ahead: tuple[int, int]
) -> None:
    utc = np.datetime64(start, "m") + np.arange(240) * np.timedelta64(1, "h")
    local = utc + np.where(utc < np.datetime64(change), *ahead) * np.timedelta64(1, "h")
    found = loaded(write(tmp_path, [str(time).replace("T", " ") for time in local], WAVE * 2))
    assert any("clock is changed once" in note for note in found.notes)
    assert len(found.train) + len(found.test if found.test is not None else []) == 240 - 14 - 6 - 6


def test_rows_to_predict_have_the_times_of_the_file_where_clocks_change(tmp_path: Path) -> None:
    utc = np.datetime64("2020-03-20T00:00") + np.arange(24 * 230) * np.timedelta64(1, "h")
    summer = (utc >= np.datetime64("2020-03-29T01:00")) & (utc < np.datetime64("2020-10-25T01:00"))
    local = utc + np.where(summer, 2, 1) * np.timedelta64(1, "h")
    path = write(tmp_path, [str(time).replace("T", " ") for time in local], WAVE * 46)
    options = {"time": "day", "target": "sold", "columns": ["sold"], "lookback": 14, "delay": 2}
    data = TimeseriesCsv.model_validate({"path": str(path), **options})
    rows = data.read(path, data.load().task)
    times = rows.columns["time"].astype("M8[us]")
    inside = rows.index < len(local)
    np.testing.assert_array_equal(times[inside], local[rows.index[inside]])
    np.testing.assert_array_equal(times[~inside], local[-1] + np.arange(1, 4) * np.timedelta64(1, "h"))


def test_a_cell_that_is_to_be_known_in_advance_is_not_made_up(tmp_path: Path) -> None:
    cells = [*(f"{place % 2},{place % 7}" for place in range(113)), *(f"{place % 2}," for place in range(7))]
    path = write(tmp_path, DAYS, cells, "day,open,sold")
    options = {"time": "day", "target": "sold", "lookback": 14, "horizon": 7, "columns": ["sold"], "known": ["open"]}
    data = TimeseriesCsv.model_validate({"path": str(path), **options})
    assert len(data.ahead(path, 7)) == 1
    path = write(tmp_path, DAYS, [*cells[:115], ",", *cells[116:]], "day,open,sold")
    with pytest.raises(DataError, match=r"s\.csv:117: column 'open': the cell is missing"):
        data.ahead(path, 7)


def test_a_last_window_across_a_gap_says_what_to_do(tmp_path: Path) -> None:
    path = write(tmp_path, [*DAYS[:110], *DAYS[111:]])
    options = {"time": "day", "target": "sold", "columns": ["sold"], "lookback": 14, "horizon": 7}
    data = TimeseriesCsv.model_validate({"path": str(path), **options, "gaps": "allow"})
    with pytest.raises(DataError, match=r"the last 14 rows of the series cross a gap.*data\.gaps=fill"):
        data.ahead(path, 7)
    filled = TimeseriesCsv.model_validate({"path": str(path), **options, "gaps": "fill"})
    assert len(filled.ahead(path, 7)) == 1


def test_windows_begin_after_the_first_value_of_a_column(tmp_path: Path) -> None:
    path = write(tmp_path, DAYS, ["", "", *(str(place % 7) for place in range(118))])
    options = {"time": "day", "target": "sold", "columns": ["sold"], "lookback": 14, "missing": "previous"}
    data = TimeseriesCsv.model_validate({"path": str(path), **options})
    loaded = data.load()
    assert loaded.train.index[0] == 16  # rows 2 to 15 are the first whole window
    assert np.isfinite(loaded.train.array).all()


def test_a_column_that_is_known_in_advance_needs_its_first_value(tmp_path: Path) -> None:
    path = write(tmp_path, DAYS, [",0", *(f"{place % 2},{place % 7}" for place in range(119))], "day,open,sold")
    options = {"time": "day", "target": "sold", "columns": ["sold"], "known": ["open"], "lookback": 14}
    data = TimeseriesCsv.model_validate({"path": str(path), **options, "missing": "previous"})
    with pytest.raises(DataError, match=r"s\.csv:2: column 'open': the cell is missing, and no value is before it"):
        data.load()


@pytest.mark.parametrize("gaps", ["error", "allow", "fill"])
def test_no_window_reaches_into_another_series_without_times(tmp_path: Path, gaps: str) -> None:
    path = write(tmp_path, ["a"] * 20 + ["b"] * 20, range(40), "shop,sold")
    options = {"id": "shop", "target": "sold", "columns": ["sold"], "lookback": 3, "gaps": gaps}
    data = TimeseriesCsv.model_validate({"path": str(path), **options})
    assert data.read(path, data.task(1, 0)).index.tolist() == [*range(3, 21), *range(23, 41)]


def test_the_last_rows_of_several_stretches_are_in_order() -> None:
    assert last_rows([(0, 3), (7, 10)], 4) == [(2, 3), (7, 10)]
    assert last_rows([(0, 3), (7, 10)], 2) == [(8, 10)]
    assert last_rows([(0, 3), (7, 10)], 9) == [(0, 3), (7, 10)]
