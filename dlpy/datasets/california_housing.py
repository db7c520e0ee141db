"""California house prices."""

from __future__ import annotations

from typing import Literal

import numpy as np

from dlpy.data.rows import Loaded, Source
from dlpy.data.task import Task
from dlpy.datasets._house_prices import HousePrices, price_task, read_houses
from dlpy.stand_ins.tables import california
from dlpy.storage.locate import Remote, locate

HOUSES = Remote(
    "california_housing.npz",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/california_housing.npz",
    "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f",
)
_COLUMNS = 8
_PRICES = ("median_house_value", "MedHouseVal")
_SMALL = 600


class CaliforniaHousing(HousePrices):
    """20,640 districts of California in 1990 with 8 features; the target is the median house value in dollars.

    Pace & Barry 1997. `path` is Keras' npz file, or a CSV file in the original row order whose value column is named
    median_house_value or comes last.
    """

    name: Literal["california_housing"] = "california_housing"
    version: Literal["large", "small"] = "large"
    """large: all districts; small: the first 600."""

    def outline(self) -> Task:
        return price_task(_COLUMNS)

    def load(self) -> Loaded:
        path = locate(HOUSES, self.path)
        part = self._sized(read_houses(path, _COLUMNS, _PRICES))
        return self.split(self.shuffled(part), Source("file", str(path)))

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        source = Source("stand-in", "a generated stand-in for california_housing")
        return self.split(self._sized(california(seed)), source, limit)

    def _sized(self, part: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        end = _SMALL if self.version == "small" else None
        return part[0][:end], part[1][:end]
