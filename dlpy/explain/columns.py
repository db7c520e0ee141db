"""The columns of raw rows, before all transforms, and rows put together from cells of other rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.data.features import Features, Table, take
from dlpy.data.rows import Rows
from dlpy.data.task import Task

Kind = Literal["number", "category", "date", "whole"]


@dataclass(frozen=True)
class Column:
    """A column of an input, or a whole input that has no columns, such as a text.

    place: its position among the columns of its kind. label: its name in tables and plots.
    """

    input: str
    name: str
    kind: Kind
    place: int = 0
    label: str = ""

    def cells(self, rows: Rows) -> np.ndarray:
        """Return the cells of the column: (rows,) numbers or str."""
        x = rows.inputs[self.input]
        if isinstance(x, Table):
            return (x.categorical if self.kind == "category" else x.numeric)[:, self.place]
        if isinstance(x, np.ndarray) and self.kind == "number":
            return x[:, self.place]
        raise TypeError(f"{self.name} is a whole input")


def columns_of(rows: Rows, task: Task) -> list[Column]:
    """Return all columns of raw rows; with several inputs, the name of the input stands in front."""
    found = []
    for name, x in rows.inputs.items():
        own = _columns_of_input(name, x, task.inputs[name].columns)
        before = f"{name}." if len(rows.inputs) > 1 else ""
        found += [replace(one, label=name if one.kind == "whole" else before + one.name) for one in own]
    return found


def _columns_of_input(name: str, x: Features, names: tuple[str, ...]) -> list[Column]:
    if isinstance(x, Table):
        numbers = [
            Column(name, one, "date" if one in x.date_names else "number", place)
            for place, one in enumerate(x.numeric_names)
        ]
        return numbers + [Column(name, one, "category", place) for place, one in enumerate(x.categorical_names)]
    if isinstance(x, np.ndarray) and x.ndim == 2:
        given = names if len(names) == x.shape[1] else [f"column_{place + 1}" for place in range(x.shape[1])]
        return [Column(name, one, "number", place) for place, one in enumerate(given)]
    return [Column(name, name, "whole")]


def named(columns: Sequence[Column], name: str) -> Column:
    """Return the column of this name.

    Raises:
        ConfigError: there is none, or it is a whole input.
    """
    known = [column for column in columns if column.kind != "whole"]
    for column in known:
        if name in (column.label, column.name):
            return column
    raise ConfigError(f"--column {name}: there is no such column.{did_you_mean(name, [one.label for one in known])}")


def assembled(pool: Rows, columns: Sequence[Column], positions: np.ndarray) -> Rows:
    """Return new rows whose cells come from different rows of a pool.

    Args:
        columns: all columns of the pool.
        positions: (rows, columns), the row of the pool that each cell is taken from.
    """
    inputs = {}
    for name, x in pool.inputs.items():
        own = [number for number, column in enumerate(columns) if column.input == name]
        inputs[name] = _assembled_input(x, [columns[number] for number in own], positions[:, own])
    return Rows(inputs, {}, np.arange(len(positions)))


def _assembled_input(x: Features, columns: Sequence[Column], positions: np.ndarray) -> Features:
    if isinstance(x, Table):
        numbers = len(x.numeric_names)  # its columns stand first
        return replace(
            x,
            numeric=np.take_along_axis(x.numeric, positions[:, :numbers], axis=0),
            categorical=np.take_along_axis(x.categorical, positions[:, numbers:], axis=0),
        )
    if isinstance(x, np.ndarray) and x.ndim == 2:
        return np.take_along_axis(x, positions, axis=0)
    return take(x, positions[:, 0])


def whole_rows(count: int, columns: Sequence[Column]) -> np.ndarray:
    """Return the positions for `assembled` that give the first `count` rows of the pool as they are."""
    return np.repeat(np.arange(count)[:, None], len(columns), axis=1)
