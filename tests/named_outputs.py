"""A small dataset with three outputs, and an experiment that trains them, for tests of what reads such runs."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from dlpy.components.dataset import Dataset
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.task import Input, Output, Task

LABELS = ("north", "south", "warm")


class Weather(Dataset):
    """Points whose size, side and labels are to be told."""

    name: Literal["weather"] = "weather"
    rows: int = 120

    def outline(self) -> Task:
        outputs = {
            "size": Output("regression", unit="m"),
            "side": Output("binary", 1, ("left", "right")),
            "signs": Output("multilabel", 3, LABELS),
        }
        return Task({"points": Input("array", (4,))}, outputs)

    def load(self) -> Loaded:
        return Loaded(self._rows(1, self.rows), self._rows(2, 40), self.outline(), Source("file", "points"))

    def _rows(self, seed: int, count: int) -> Rows:
        x = np.random.default_rng(seed).normal(size=(count, 4)).astype(np.float32)
        targets = {
            "size": (x @ np.float32([1, 2, 0, 0])).astype(np.float32),
            "side": (x[:, 0] > 0).astype(np.int64),
            "signs": (x[:, 1:] > 0).astype(np.float32),
        }
        return Rows({"points": x}, targets, np.arange(count))


def three_outputs(**training: Any) -> dict[str, Any]:
    """Return the blocks of an experiment that trains the three outputs."""
    return {
        "data": {"name": "weather"},
        "model": {
            "name": "graph",
            "layers": {"hidden": {"layer": "Dense", "units": 6, "activation": "relu"}},
            "outputs": {"size": "hidden", "side": "hidden", "signs": "hidden"},
        },
        "training": {"epochs": 2, "optimizer": "adam", **training},
    }
