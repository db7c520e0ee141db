"""A small dataset with two inputs and two outputs that can be learnt, and a graph for it."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from dlpy.components.dataset import NamedDataset
from dlpy.data.features import Sequences
from dlpy.data.rows import SAMPLE_WEIGHT, Loaded, Rows, Source
from dlpy.data.task import Input, Output, Task


class Homes(NamedDataset):
    """Five numbers and a few words; a price, positive and spread over magnitudes, and whether the home was sold."""

    name: Literal["homes"] = "homes"
    rows: int = 120
    missing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    groups: int = 0
    weights: bool = False
    wrong: float = 0.1
    outputs: list[str] = ["price", "sold"]

    def outline(self) -> Task:
        gaps = self.missing > 0
        outputs = {
            "price": Output("regression", unit="dollars", has_missing=gaps),
            "sold": Output("binary", 1, ("no", "yes"), has_missing=gaps),
        }
        inputs = {"facts": Input("array", (5,)), "words": Input("sequence", (None,), 20)}
        return Task(inputs, {name: outputs[name] for name in self.outputs})

    def load(self) -> Loaded:
        return Loaded(self._rows(1, self.rows), self._rows(2, 50), self.outline(), Source("file", "homes"))

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        train, test = self._rows(seed + 3, limit or self.rows), self._rows(seed + 4, 50)
        return Loaded(train, test, self.outline(), Source("stand-in", "generated homes"))

    def _rows(self, seed: int, count: int) -> Rows:
        rng = np.random.default_rng(seed)
        facts, lengths = rng.normal(size=(count, 5)).astype(np.float32), rng.integers(1, 10, count)
        splits = np.concatenate([[0], np.cumsum(lengths)])
        values = rng.integers(1, 20, splits[-1]).astype(np.int32)
        often = np.array([(values[a:b] > 12).mean() for a, b in pairwise(splits)])
        price = (100 * np.exp(0.8 * facts[:, 0] + often + 0.1 * rng.normal(size=count))).astype(np.float32)
        sold = ((facts[:, 1] + 2 * often > 0.7) ^ (rng.random(count) < self.wrong)).astype(np.int64)
        if self.missing:
            price[rng.random(count) < self.missing] = np.nan
            sold[rng.random(count) < self.missing] = -1
        columns = {"group": rng.integers(self.groups, size=count)} if self.groups else {}
        if self.weights:
            columns[SAMPLE_WEIGHT] = np.where(np.arange(count) % 2 == 0, 2.0, 0.5).astype(np.float32)
        inputs = {"facts": facts, "words": Sequences(values, splits)}
        targets = {"price": price, "sold": sold}
        return Rows(inputs, {name: targets[name] for name in self.outputs}, np.arange(count), columns)


PAD = {"transforms": [{"name": "pad", "length": 9}]}
HOMES: dict[str, Any] = {
    "name": "homes",
    "inputs": {"facts": {"transforms": ["standardize"]}, "words": PAD},
    "targets": {"price": {"transforms": ["log", "standardize"]}},
}
GRAPH: dict[str, Any] = {
    "name": "graph",
    "layers": {
        "read": {"family": "rnn", "units": 4, "embedding": 4, "dropout": 0.2, "of": "words"},
        "told": {"layer": "Dense", "units": 6, "activation": "relu", "of": "facts"},
        "joined": {"layer": "Concatenate", "of": ["read", "told"]},
        "left_out": {"layer": "Dropout", "rate": 0.2},
    },
    "outputs": {"price": "left_out", "sold": "joined"},
}
TRAINING: dict[str, Any] = {
    "optimizer": {"name": "adam", "learning_rate": 0.02},
    "epochs": 4,
    "batch_size": 16,
    "metrics": {"price": ["mae", "r2"], "sold": ["accuracy", "auc"]},
}


def homes(**options: Any) -> dict[str, Any]:
    """Return the block `data` of an experiment on homes."""
    return {**HOMES, **options}


def experiment(training: dict[str, Any] | None = None, **blocks: Any) -> dict[str, Any]:
    """Return an experiment on homes."""
    return {"data": HOMES, "model": GRAPH, "training": {**TRAINING, **(training or {})}, **blocks}
