"""Prices of houses in Boston."""

from __future__ import annotations

from typing import Literal

from dlpy.data.rows import Loaded, Source
from dlpy.data.task import Task
from dlpy.datasets._house_prices import HousePrices, price_task, read_houses
from dlpy.stand_ins.tables import boston
from dlpy.storage.locate import Remote, locate

HOUSES = Remote(
    "boston_housing.npz",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/boston_housing.npz",
    "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
)
COLUMNS = ("CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B", "LSTAT")


class BostonHousing(HousePrices):
    """506 districts of Boston in 1978: 13 numbers each, and the median price of a house in k$ (Harrison & Rubinfeld).

    One of the columns, B, was made from the share of black inhabitants: fit for exercises, not for decisions.
    `path` is Keras' npz file, or a CSV file in the order of the source with the price as its last column or as MEDV.
    """

    name: Literal["boston_housing"] = "boston_housing"

    def outline(self) -> Task:
        return price_task(len(COLUMNS))

    def load(self) -> Loaded:
        path = locate(HOUSES, self.path)
        return self.split(self.shuffled(read_houses(path, len(COLUMNS), ("MEDV",))), Source("file", str(path)))

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        source = Source("stand-in", "a generated stand-in for boston_housing")
        return self.split(boston(seed), source, limit)
