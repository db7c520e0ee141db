"""Boston house prices."""

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
    """506 districts of Boston in 1978 with 13 features; the target is the median house price in k$.

    Harrison & Rubinfeld 1978. One column, B, is derived from the share of black residents: use it for exercises only.
    `path` is Keras' npz file, or a CSV file in the original row order whose price column is named MEDV or comes last.
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
