"""Series that are read in pieces: the same windows, transforms and mistakes as those of the same file in memory."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Windows
from dlpy.data.rows import Loaded, Rows
from dlpy.data.stored import mapped_rows
from dlpy.data.stored.mapped_rows import in_file
from dlpy.data.tables import piece_reader
from dlpy.data.tables.csv_file import CsvFile
from dlpy.datasets import _series_order, _series_rows, _series_table
from dlpy.datasets._series_spans import windows_of
from dlpy.datasets.timeseries_csv import TimeseriesCsv
from dlpy.training.pipeline import Pipeline, split, transform

_SMALL = "0.001KB"
_OPTIONS = [
    {},
    {"gaps": "fill", "missing": "previous"},
    {"gaps": "allow", "missing": "interpolate", "horizon": 2},
    {"gaps": "fill", "missing": "interpolate", "columns": ["a"]},
    {"gaps": "allow", "missing": "drop", "delay": 1},
    {"gaps": "fill", "missing": "previous", "columns": ["a", "y"], "known": ["b"], "horizon": 2},
    {"time": None, "missing": "previous", "windows": "across_parts"},
]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read some 100 bytes, and gather some rows, at a time."""
    monkeypatch.setattr(piece_reader, "PIECE_BYTES", 100)
    monkeypatch.setattr(mapped_rows, "_BLOCK_BYTES", 50)
    monkeypatch.setattr(_series_rows, "_AT_ONCE", 5)
    monkeypatch.setattr(_series_table, "_AT_ONCE", 7)
    monkeypatch.setattr(_series_order, "_AT_ONCE", 4)
    monkeypatch.setattr(mapped_rows, "_GATHERED", 3)


def _series(path: Path, **options: object) -> TimeseriesCsv:
    given = {"name": "timeseries_csv", "path": str(path), "time": "day", "target": "y", "lookback": 3}
    return TimeseriesCsv.model_validate(given | options)


def _outcome(data: TimeseriesCsv) -> Loaded | str:
    try:
        loaded = data.load()
        split(data, loaded)
        return loaded
    except (DataError, ConfigError) as error:
        return str(error)


def _same_rows(one: Rows, other: Rows) -> None:
    for name in ("targets", "columns"):
        own, its = getattr(one, name), getattr(other, name)
        assert own.keys() == its.keys()
        for key, array in own.items():
            np.testing.assert_array_equal(array, its[key])
            assert array.dtype == its[key].dtype
    np.testing.assert_array_equal(one.index, other.index)
    assert isinstance(one.x, Windows)
    assert isinstance(other.x, Windows)
    np.testing.assert_array_equal(one.x.numbers(), other.x.numbers())
    assert list(one.x.guesses()) == list(other.x.guesses())


def _compare(data: TimeseriesCsv) -> None:
    """Check that a file in pieces is the file in memory: its rows, what is said of it, and after its transforms."""
    whole, pieces = (_outcome(data.model_copy(update={"memory": size})) for size in ("1TB", _SMALL))
    if isinstance(whole, str) or isinstance(pieces, str):
        assert str(whole) == re.sub(r", read in pieces: .* is too large for data.memory", "", str(pieces))
        return
    assert isinstance(pieces.train.x, Windows)
    assert pieces.train.x.in_file
    assert (whole.task, whole.resolved, whole.notes) == (pieces.task, pieces.resolved, pieces.notes)
    assert whole.fingerprint() == pieces.fingerprint()
    parts = [split(data, loaded) for loaded in (whole, pieces)]
    fitted = [Pipeline.fit(data.all_transforms(), one.train, whole.task) for one in parts]
    (one, rows, task), (other, rows_again, task_again) = fitted
    assert task == task_again
    for state, again in zip(one.states, other.states, strict=True):
        assert state.keys() == again.keys()
        for key, array in state.items():
            np.testing.assert_array_equal(array, again[key])
    _same_rows(rows, rows_again)
    assert rows_again.x.read(np.arange(len(rows))).tobytes() == rows.x.numbers().astype(np.float32).tobytes()
    for name in ("train", "validation", "test"):
        _same_rows(getattr(parts[0], name), getattr(parts[1], name))
    np.testing.assert_equal(_arrays(one), _arrays(other))
    known = data.model_copy(update={"columns": whole.resolved["columns"]})
    _compare_predicted(known)


def _arrays(pipeline: Pipeline) -> dict[str, np.ndarray]:
    return {} if pipeline.ranges is None else pipeline.ranges.arrays()


def _compare_predicted(data: TimeseriesCsv) -> None:
    path = Path(str(data.path))
    whole = data.model_copy(update={"memory": "1TB"}).read(path, None)
    parts = [rows for rows, _ in data.model_copy(update={"memory": _SMALL}).read_pieces(path, [])]
    assert max(map(len, parts)) <= 5
    np.testing.assert_array_equal(whole.index, np.concatenate([rows.index for rows in parts]))
    np.testing.assert_array_equal(whole.x.numbers(), np.concatenate([rows.x.numbers() for rows in parts]))
    for name, column in whole.columns.items():
        np.testing.assert_array_equal(column, np.concatenate([rows.columns[name] for rows in parts]))


@st.composite
def _tables(draw: st.DrawFn) -> tuple[str, bool]:
    """Return a file with one or three series, with gaps, missing cells, repeated and unsorted rows."""
    several, flaws = draw(st.booleans()), draw(st.integers(0, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    lines = []
    for name in ("one", "b", "aa") if several else ("x",):
        days = np.arange(np.datetime64("2020-01-01"), np.datetime64("2020-01-01") + rng.integers(30, 60))
        for day in days:
            if flaws and rng.random() < 0.05:
                continue
            cells = ["" if flaws > 1 and rng.random() < 0.1 else f"{number:.3f}" for number in rng.normal(size=3)]
            lines.append(f"{day},{name},{','.join(cells)}")
    if draw(st.booleans()):
        lines = [lines[place] for place in rng.permutation(len(lines))]
    return "\n".join(["day,shop,a,b,y", *lines]) + "\n", several


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=_tables(), options=st.sampled_from(_OPTIONS), scaled=st.sampled_from([[], ["standardize"]]))
def test_series_are_those_of_memory(
    tmp_path: Path, table: tuple[str, bool], options: dict[str, object], scaled: list[str]
) -> None:
    text, several = table
    path = tmp_path / "s.csv"
    path.write_text(text)
    _compare(_series(path, id="shop" if several else None, transforms=scaled, **options))


def test_the_first_rows_are_not_read_again_with_each_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = np.arange("2020-01-01", "2020-03-01", dtype="M8[D]")
    path = tmp_path / "s.csv"
    path.write_text("\n".join(["day,y", *(f"{day},{row}" for row, day in enumerate(days))]) + "\n")
    texts, read = CsvFile.texts, []

    def noted(file: CsvFile, name: str) -> list[str]:
        read.append(len(file))
        return texts(file, name)

    monkeypatch.setattr(CsvFile, "texts", noted)
    assert isinstance(_outcome(_series(path, memory=_SMALL, columns=["y"])), Loaded)
    assert len([rows for rows in read if rows < 60]) > 5
    assert len([rows for rows in read if rows == 60]) < 5


def test_dates_whose_order_only_later_rows_show_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piece_reader, "SAMPLE_BYTES", 300)  # the hours of January 1
    hours = np.datetime64("2016-01-01T00") + np.arange(24 * 20).astype("timedelta64[h]")
    lines = [f"{hour.astype(object):%m/%d/%Y %H:%M},{row % 7}" for row, hour in enumerate(hours)]
    path = tmp_path / "s.csv"
    path.write_text("\n".join(["day,y", *lines]) + "\n")
    data = _series(path, columns=["y"])
    whole = _outcome(data)
    assert isinstance(whole, Loaded)
    found = _outcome(data.model_copy(update={"memory": _SMALL}))
    assert isinstance(found, str)
    assert "dates from here on could start with the day or the month. Set data.date_order" in found
    again = _outcome(data.model_copy(update={"memory": _SMALL, "date_order": "month_first"}))
    assert isinstance(again, Loaded)
    _same_rows(whole.train, again.train)


def test_no_array_with_an_entry_for_each_row_stays_in_memory(tmp_path: Path) -> None:
    days = np.arange("2020-01-01", "2020-07-01", dtype="M8[D]")
    lines = [f"{day},{shop},{row % 7}.5,{row % 5}" for row, day in enumerate(days) for shop in "ab"]
    path = tmp_path / "s.csv"
    path.write_text("\n".join(["day,shop,a,y", *lines]) + "\n")
    data = _series(path, id="shop", memory=_SMALL, transforms=["standardize"])
    loaded = data.load()
    made, _ = transform(data, split(data, loaded), loaded.task)
    for rows in (loaded.train, loaded.test, made.train, made.validation, made.test):
        assert rows is not None
        x = windows_of(rows)
        arrays = [rows.index, x.series, x.starts, x.owner, *rows.targets.values(), *rows.columns.values()]
        assert len(arrays) >= 6
        assert all(in_file(array) for array in arrays)


def test_rows_in_order_of_time_with_series_side_by_side_are_those_of_memory(tmp_path: Path) -> None:
    hours = np.datetime64("2021-03-27T12") + np.arange(24 * 9).astype("timedelta64[h]")
    local = [hour if hour < np.datetime64("2021-03-28T02") else hour + np.timedelta64(1, "h") for hour in hours]
    lines = [f"{hour},{shop},{row * 3 % 7},{row % 5}" for row, hour in enumerate(local) for shop in "cab"]
    path = tmp_path / "s.csv"
    path.write_text("\n".join(["day,shop,a,y", *lines]) + "\n")
    _compare(_series(path, id="shop", gaps="allow", lookback=5))


@pytest.mark.parametrize("sign", ["/", "."])
def test_dates_of_two_orders_are_refused_with_both_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sign: str
) -> None:
    monkeypatch.setattr(piece_reader, "SAMPLE_BYTES", 500)
    days = np.datetime64("2016-01-01") + np.arange(90)
    written = [f"{day.astype(object):%m{sign}%d{sign}%Y}" for day in days[:60]]
    written += [f"{day.astype(object):%d{sign}%m{sign}%Y}" for day in days[60:]]
    path = tmp_path / "s.csv"
    path.write_text("\n".join(["day,y", *(f"{day},{row % 7}" for row, day in enumerate(written))]) + "\n")
    found = _outcome(_series(path, columns=["y"], memory=_SMALL))
    assert isinstance(found, str)
    first, second = f"'01{sign}13{sign}2016' in line 14 with the month", f"'13{sign}03{sign}2016' starts with the day"
    assert first in found
    assert second in found
    assert found.startswith("s.csv:74: column 'day': ")
