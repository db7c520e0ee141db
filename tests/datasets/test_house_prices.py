from pathlib import Path

import numpy as np
import pytest

from dlpy.core.errors import DataError
from dlpy.datasets.boston_housing import COLUMNS, BostonHousing
from dlpy.datasets.california_housing import CaliforniaHousing

BOSTON = Path(__file__).parents[2] / "../shared/data/boston.csv"


def table(rows: int, columns: int) -> np.ndarray:
    return np.arange(rows * columns, dtype=np.float64).reshape(rows, columns) / 8


def save_csv(path: Path, numbers: np.ndarray, header: str = "") -> str:
    lines = [",".join(str(cell) for cell in row) for row in numbers.tolist()]
    path.write_text("\n".join([header, *lines] if header else lines))
    return str(path)


@pytest.mark.skipif(not BOSTON.is_file(), reason="the real data is not here")
def test_the_real_boston_is_the_books() -> None:
    loaded = BostonHousing(path=str(BOSTON)).load()
    assert loaded.test is not None
    assert (len(loaded.train), len(loaded.test)) == (404, 102)
    prices = loaded.train.y
    assert prices.dtype == np.float32
    assert np.round(prices.astype(float), 1)[:5].tolist() == [15.2, 42.3, 50.0, 21.1, 17.7]
    assert np.round(prices.astype(float), 1)[-3:].tolist() == [19.4, 19.4, 29.1]
    assert round(prices.sum(dtype=np.float64), 1) == 9047.6


def test_districts_are_shuffled_and_split_as_keras_does(tmp_path: Path) -> None:
    x, y = table(11, 13), np.arange(11.0)
    np.savez(tmp_path / "boston.npz", x=x, y=y)
    order = np.arange(11)
    np.random.RandomState(113).shuffle(order)
    loaded = BostonHousing(path=str(tmp_path / "boston.npz")).load()
    assert loaded.test is not None
    assert len(loaded.train) == 8  # int(11 * 0.8)
    assert [*loaded.train.y.tolist(), *loaded.test.y.tolist()] == order.tolist()
    assert np.array_equal(loaded.train.x, x[order[:8]])  # type: ignore
    assert loaded.task == BostonHousing().outline()


def test_a_csv_file_gives_the_same_as_the_npz_file(tmp_path: Path) -> None:
    x, y = table(11, 13), np.arange(11.0)
    np.savez(tmp_path / "boston.npz", x=x, y=y)
    wanted = BostonHousing(path=str(tmp_path / "boston.npz")).load().fingerprint()
    last = np.column_stack([x, y])
    first = np.column_stack([y, x])
    bare = save_csv(tmp_path / "bare.csv", last)
    named = save_csv(tmp_path / "named.csv", first, ",".join(["MEDV", *COLUMNS]))
    unnamed = save_csv(tmp_path / "unnamed.csv", last, ",".join([*COLUMNS, "price"]))
    for path in (bare, named, unnamed):
        assert BostonHousing(path=path).load().fingerprint() == wanted


def test_the_small_california_is_the_first_600_rows_before_shuffling(tmp_path: Path) -> None:
    np.savez(tmp_path / "c.npz", x=table(700, 8).astype(np.float32), y=np.arange(700, dtype=np.float32))
    loaded = CaliforniaHousing(path=str(tmp_path / "c.npz"), version="small").load()
    assert loaded.test is not None
    assert (len(loaded.train), len(loaded.test)) == (480, 120)
    assert sorted([*loaded.train.y.tolist(), *loaded.test.y.tolist()]) == list(range(600))
    assert len(CaliforniaHousing(path=str(tmp_path / "c.npz")).load().train) == 560


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "contains no rows"),
        ("1,2,3\n4,5,6\n", r"should contain 13 numbers per row and a price; x is float64 \(2, 2\)"),
        ("1,2,3\n4,5\n", "is not a CSV file of numbers"),
        ("A,B\n1,x\n", "is not a CSV file of numbers"),
    ],
)
def test_other_csv_files_are_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "houses.csv").write_text(content)
    with pytest.raises(DataError, match=f"houses.csv {message}"):
        BostonHousing(path=str(tmp_path / "houses.csv")).load()


def test_other_npz_files_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=table(5, 8), y=np.arange(4))
    with pytest.raises(DataError, match=r"should contain one price for each of 5 rows; y is int64 \(4,\)"):
        CaliforniaHousing(path=str(tmp_path / "a.npz")).load()
    with pytest.raises(DataError, match="should contain 13 numbers per row"):
        BostonHousing(path=str(tmp_path / "a.npz")).load()
