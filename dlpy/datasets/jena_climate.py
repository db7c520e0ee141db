"""Weather records from Jena, one every 10 minutes."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Literal

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.rows import Loaded, Source
from dlpy.data.splits import Holdout
from dlpy.data.tables import column_types, csv_file, timestamps
from dlpy.data.task import Task
from dlpy.datasets._series import Positive, Series, Steps
from dlpy.datasets._series_record import Record
from dlpy.datasets._series_spans import thinned
from dlpy.stand_ins.climate import COLUMNS, climate
from dlpy.storage.atomic import write_whole
from dlpy.storage.cache import own_cache
from dlpy.storage.locate import Remote, given, in_data_folder, locate

CLIMATE = Remote(
    "jena_climate_2009_2016.csv.zip",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/jena_climate_2009_2016.csv.zip",
    None,
    max_bytes=100_000_000,
)
ROWS = 420_551
_NAME = "jena_climate_2009_2016.csv"
_TIME = "Date Time"
_TARGET = COLUMNS.index("T (degC)")
_MOST_BYTES = 200_000_000
_DAMAGE = (OSError, KeyError, ValueError, EOFError, MemoryError, NotImplementedError, RuntimeError)


class JenaClimate(Series):
    """Weather in Jena from 2009 to 2016, 14 columns every 10 minutes; the target is the temperature one day ahead.

    Uses the windows of Chollet 2017, section 6.3: the target is `delay` rows after the row that follows the window, and
    the targets of the last windows of a split lie in the next split. `path` is jena_climate_2009_2016.csv or its zip
    file.
    """

    name: Literal["jena_climate"] = "jena_climate"
    lookback: Positive = 1440
    delay: Steps = 144
    step: Positive = 6
    unit: str = "degC"
    validation: Holdout | None = Holdout(rows=[200_001, 300_000])
    test: Holdout | None = Holdout(rows=[300_001, 420_550])
    book_windows: bool = True
    """Keep the last windows of a split, whose targets lie in the next split, as the book does; false drops them."""

    @property
    def reach(self) -> int:
        return 1 if self.book_windows else self.last_step

    def outline(self) -> Task:
        return self.task(len(COLUMNS), _TARGET)

    def span(self, times: int) -> tuple[int, int]:
        return self.lookback, times - self.last_step - self.book_windows

    def holdout(self, holdout: Holdout, times: int, source: Source) -> Holdout:
        if source.kind == "file" or not holdout.rows:
            return holdout
        first, last = ((row * times) // ROWS for row in holdout.rows)
        return Holdout(rows=[first, last])

    def load(self) -> Loaded:
        path = _path(self.path)
        file = csv_file.read(path)
        columns = column_types.columns_of(file)
        missing = [name for name in COLUMNS if name not in columns]
        if missing:
            raise DataError(f"{path} has no column '{missing[0]}'; is it really {_NAME}?")
        for name in COLUMNS:
            if columns[name].bad or columns[name].missing:
                row = min([*columns[name].missing, *(row for row, _ in columns[name].bad)])
                raise DataError(f"{file.where(row, name)}: not a number.")
        values = np.stack([columns[name].values for name in COLUMNS], axis=1)
        times, wrong = timestamps.times_of(file.texts(_TIME) if _TIME in file.names else [])
        known = times if wrong is None and len(times) == len(values) else None
        return self.loaded(Record(values, values[:, _TARGET], _TARGET, known, names=COLUMNS), Source("file", str(path)))

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        values = climate(seed)
        times = np.datetime64("2009-01-01T00:10:00", "us") + np.arange(len(values)) * np.timedelta64(10, "m")
        source = Source("stand-in", "a generated stand-in for jena_climate")
        loaded = self.loaded(Record(values, values[:, _TARGET], _TARGET, times, names=COLUMNS), source)
        train, test = thinned(loaded.train, limit), thinned(loaded.test, limit)
        return Loaded(train or loaded.train, test, loaded.task, source)


def _path(path: str | None) -> Path:
    """Return the path of the CSV file, unpacked from the published zip file if necessary."""
    found = given(path) if path is not None else in_data_folder(_NAME)
    unpacked = own_cache() / _NAME
    if found is None and unpacked.is_file():
        found = unpacked
    if found is None:
        found = locate(CLIMATE, None)
    if found.suffix == ".zip":
        write_whole(unpacked, lambda temporary: _unpack(found, temporary))
        return unpacked
    return found


def _unpack(archive: Path, target: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as file:
            if file.getinfo(_NAME).file_size > _MOST_BYTES:
                raise DataError(f"{archive}: {_NAME} inside it is larger than the published file.")
            target.write_bytes(file.read(_NAME))
    except (*_DAMAGE, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{archive} is not a zip file that contains {_NAME}: {error}.") from None
