"""Windows of a file to predict with the targets that the file holds."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlpy.core.errors import DataError
from dlpy.data.rows import PLACE, Rows, series_of
from dlpy.datasets.timeseries_csv import TimeseriesCsv

GONE = np.nan


def rows_of(path: Path, table: str, **options: Any) -> tuple[Rows, Rows]:
    """Return the windows of a table with the targets that it holds, and those that `read` gives."""
    path.write_text(table, encoding="utf-8")
    given = {"name": "timeseries_csv", "path": str(path), "time": "day", "target": "x", "columns": ["x"], "lookback": 2}
    data = TimeseriesCsv.model_validate(given | {"horizon": 2} | options)
    task = data.task(1, 0)
    return data.history(path, task), data.read(path, task)


def table(values: list[str], days: list[int] | None = None) -> str:
    days = days or list(range(1, len(values) + 1))
    return "\n".join(["day,x", *(f"2024-01-{day:02d},{value}" for day, value in zip(days, values, strict=True))]) + "\n"


def test_targets_behind_the_end_are_not_known(tmp_path: Path) -> None:
    found, read = rows_of(tmp_path / "x.csv", table(["1", "2", "3", "4"]))
    np.testing.assert_array_equal(found.y, [[3, 4], [4, GONE], [GONE, GONE]])
    np.testing.assert_array_equal(found.index, read.index)
    assert not read.targets


def test_a_delay_moves_the_targets(tmp_path: Path) -> None:
    found, _ = rows_of(tmp_path / "x.csv", table(["1", "2", "3", "4", "5"]), delay=1)
    np.testing.assert_array_equal(found.y, [[4, 5], [5, GONE], [GONE, GONE], [GONE, GONE]])


def test_targets_behind_a_gap_are_not_known(tmp_path: Path) -> None:
    given = table(["1", "2", "3", "4", "5", "6"], [1, 2, 3, 7, 8, 9])
    found, _ = rows_of(tmp_path / "x.csv", given, gaps="allow")
    np.testing.assert_array_equal(found.index, [2, 3, 5, 6])
    np.testing.assert_array_equal(found.y, [[3, GONE], [GONE, GONE], [6, GONE], [GONE, GONE]])


def test_filled_cells_are_no_targets(tmp_path: Path) -> None:
    found, _ = rows_of(tmp_path / "x.csv", table(["1", "2", "3", "", "5"]), missing="previous")
    np.testing.assert_array_equal(found.y, [[3, GONE], [GONE, 5], [5, GONE], [GONE, GONE]])


def test_targets_of_another_series_are_not_known(tmp_path: Path) -> None:
    lines = [f"{name},2024-01-0{day},{value}" for name, first in (("a", 1), ("b", 5)) for day, value in
             zip(range(1, 4), range(first, first + 3), strict=True)]  # fmt: skip
    found, _ = rows_of(tmp_path / "x.csv", "\n".join(["shop,day,x", *lines]) + "\n", id="shop")
    np.testing.assert_array_equal(found.y, [[3, GONE], [GONE, GONE], [7, GONE], [GONE, GONE]])
    assert series_of(found).tolist() == ["a", "a", "b", "b"]


def test_a_target_that_is_no_column_may_lack_cells_and_be_left_out(tmp_path: Path) -> None:
    both = "day,w,x\n2024-01-01,1,9\n2024-01-02,2,\n2024-01-03,3,7\n2024-01-04,4,\n"
    found, _ = rows_of(tmp_path / "x.csv", both, columns=["w"])
    np.testing.assert_array_equal(found.y, [[7, GONE], [GONE, GONE], [GONE, GONE]])
    found, _ = rows_of(tmp_path / "x.csv", table(["1", "2", "3"]).replace("day,x", "day,w"), columns=["w"])
    assert not found.targets


def test_a_single_target_is_one_number(tmp_path: Path) -> None:
    found, _ = rows_of(tmp_path / "x.csv", table(["1", "2", "3"]), horizon=None)
    np.testing.assert_array_equal(found.y, [3, GONE])


def test_cells_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        rows_of(tmp_path / "x.csv", table(["1", "2", "three"]))


@pytest.mark.parametrize("memory", ["1TB", "0.001KB"])
def test_a_text_in_a_target_that_is_no_column_is_no_target(tmp_path: Path, memory: str) -> None:
    both = "day,w,x\n2024-01-01,1,9\n2024-01-02,2,8\n2024-01-03,3,closed\n2024-01-04,4,6\n2024-01-05,5,5\n"
    found, _ = rows_of(tmp_path / "x.csv", both, columns=["w"], memory=memory)
    np.testing.assert_array_equal(found.y, [[GONE, 6], [6, 5], [5, GONE], [GONE, GONE]])


def test_rows_of_the_future_of_another_series_do_not_change_the_number_of_a_target_without_times(
    tmp_path: Path,
) -> None:
    lines = [f"{shop},{row % 3},{'' if row > 29 else row}" for shop in "ab" for row in range(33)]
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["shop,p,x", *lines]) + "\n")
    given = {"name": "timeseries_csv", "path": str(path), "id": "shop", "target": "x", "columns": ["x"], "known": ["p"]}
    data = TimeseriesCsv.model_validate(given | {"lookback": 4, "horizon": 2, "test": 8, "validation": 8})
    loaded = data.load()
    found = data.history(path, loaded.task)
    known = ~np.isnan(found.y).any(axis=1)
    assert found.index[known].tolist() == [*range(4, 29), *range(37, 62)]
    assert found.columns[PLACE][known].tolist() == [*range(4, 29), *range(34, 59)]
    assert loaded.test is not None
    assert loaded.test.index.tolist() == [26, 27, 28, 56, 57, 58]


@pytest.mark.parametrize("horizon", [None, 2])
def test_a_file_without_a_whole_window_has_no_rows(tmp_path: Path, horizon: int | None) -> None:
    found, read = rows_of(tmp_path / "x.csv", table(["1", "", "3"]), missing="drop", horizon=horizon)
    assert len(found) == len(read) == 0
