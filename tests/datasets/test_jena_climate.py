"""The book's windows on Jena's climate, and what its stand-in is like."""

import zipfile

import numpy as np
import pytest

from dlpy.core.errors import DataError, UnavailableError
from dlpy.datasets.jena_climate import ROWS, JenaClimate
from dlpy.stand_ins.climate import COLUMNS, climate
from dlpy.training.pipeline import split, transform

NAME = "jena_climate_2009_2016.csv"


def table(rows: int) -> str:
    header = ",".join(f'"{name}"' for name in ("Date Time", *COLUMNS))
    times = np.datetime64("2009-01-01T00:10") + np.arange(rows) * np.timedelta64(10, "m")
    cells = climate(1, 5000)[:rows]
    lines = [header]
    for time, row in zip(times.astype(str), cells.astype(str), strict=True):
        lines.append(f"{time[8:10]}.{time[5:7]}.{time[:4]} {time[11:]}:00," + ",".join(row))
    return "\n".join(lines)


def test_the_parts_are_those_of_the_book():
    dataset = JenaClimate()
    source = dataset.stand_in(0, 5).source
    parts = dataset.parts([(0, ROWS)], source)
    assert [parts.spans(number, (0, ROWS)) for number in (1, 2)] == [[(200_001, 300_001)], [(300_001, 420_551)]]
    anchors = dataset.anchors(ROWS)
    of = dataset._part_of(parts, anchors, None)
    for number, begin, end in ((0, 0, 200_000), (1, 200_001, 300_000), (2, 300_001, ROWS - 144 - 1)):
        inside = anchors[of == number]
        assert (inside[0], inside[-1]) == (begin + 1440, end - 1)


def test_windows_and_targets_of_a_file_are_the_books(workplace):
    (workplace / NAME).write_text(table(3000))
    rows = {"validation": {"rows": [1900, 2400]}, "test": {"rows": [2401, 2999]}}
    dataset = JenaClimate(path=str(workplace / NAME), lookback=240, delay=24, **rows)
    parts = split(dataset, dataset.load())
    values = climate(1, 5000)[:3000]
    for found, low, high in ((parts.train, 0, 1899), (parts.validation, 1900, 2400), (parts.test, 2401, 2975)):
        anchors = np.arange(low + 240, high)
        np.testing.assert_array_equal(found.index - 24, anchors)
        np.testing.assert_array_equal(found.x.take(np.array([0])).numbers()[0], values[low : low + 240 : 6])
        np.testing.assert_array_equal(found.y, values[anchors + 24, 1].astype(np.float32))
    strict = JenaClimate(path=str(workplace / NAME), lookback=240, delay=24, book_windows=False, **rows)
    assert split(strict, strict.load()).train.index.max() == 1899


def test_the_published_zip_file_is_unpacked(workplace):
    with zipfile.ZipFile(workplace / f"{NAME}.zip", "w") as archive:
        archive.writestr(NAME, table(3000))
    rows = {"validation": {"rows": [1900, 2400]}, "test": {"rows": [2401, 2999]}}
    loaded = JenaClimate(path=str(workplace / f"{NAME}.zip"), lookback=240, delay=24, **rows).load()
    assert loaded.task.input.shape == (40, 14)
    (workplace / "no.zip").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"no.zip is not a zip file that contains"):
        JenaClimate(path=str(workplace / "no.zip")).load()


def test_a_missing_or_short_file_is_told(workplace):
    with pytest.raises(UnavailableError, match="DLPY_OFFLINE forbids"):
        JenaClimate().load()
    (workplace / NAME).write_text(table(2000))
    with pytest.raises(DataError, match=r"data\.test: row 420,550 does not exist: the series has 2,000 rows"):
        JenaClimate(path=str(workplace / NAME)).load()
    (workplace / NAME).write_text("a,b\n1,2")
    with pytest.raises(DataError, match=r"has no column 'p \(mbar\)'"):
        JenaClimate(path=str(workplace / NAME)).load()


def test_the_stand_in_has_the_books_shapes_and_spans():
    dataset = JenaClimate(transforms=["standardize"])
    loaded = dataset.stand_in(2, None)
    data, _ = transform(dataset, split(dataset, loaded), loaded.task)
    shares = [len(part) / 60_000 for part in (data.train, data.validation, data.test)]
    np.testing.assert_allclose(shares, [0.45, 0.21, 0.26], atol=0.01)
    assert data.task.input.shape == (240, 14)
    last = data.validation.x.guesses()["the last value"]
    assert 0.25 < np.abs(last - data.validation.y).mean() < 0.4  # 0.29 of the real weather


def test_pressure_and_humidity_foretell_the_temperature():
    values = climate(3)
    change = values[150:, 1] - values[:-150, 1]
    known = np.stack([values[:-150, 0], values[:-150, 1], values[:-150, 4], np.ones(len(change))], axis=1)
    left = change - known @ np.linalg.lstsq(known, change, rcond=None)[0]
    assert np.abs(left).mean() < 0.9 * np.abs(change).mean()
    assert values[:, 4].min() >= 14
    assert values[:, 4].max() <= 100
    np.testing.assert_array_equal(values, climate(3))
