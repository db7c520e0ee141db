"""Fills missing cells with a statistic of the training rows or with a constant."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Table
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.tables.calendar import shown
from dlpy.data.task import State, Task
from dlpy.data.unfamiliar import Unfamiliar
from dlpy.transforms._numbers import known_in_graph, table_of

Counts = Callable[[], Any]  # returns the categories of a column in alphabetical order, and their counts
RULES = ("error", "mean", "median", "most_frequent")


def _known_rule(rule: str | float) -> str | float:
    """Raise ValueError for a misspelt rule, which would otherwise be used as a constant."""
    near = difflib.get_close_matches(rule.lower(), RULES, n=1, cutoff=0.75) if isinstance(rule, str) else []
    if near and rule != near[0]:
        raise ValueError(f"unknown rule '{rule}'. Did you mean '{near[0]}'? Known: {', '.join(RULES)}")
    return rule


Rule = Annotated[str | float, AfterValidator(_known_rule)]


def rule_of(rule: str | float | dict[str, str | float], name: str) -> str | float:
    """Return the rule for one column; "error" if a mapping does not list it."""
    return rule.get(name, "error") if isinstance(rule, dict) else rule


class FillMissing(Transform):
    """Fills missing cells per column with the mean, median or most frequent value of the training rows, or a constant.

    For text columns, `mean` and `median` use the most frequent text; ties go to the first in alphabetical order. Table
    columns with the rule `error` stay unchanged. In an array, NaN marks a missing value.
    """

    name: Literal["fill_missing"] = "fill_missing"
    rule: Rule | dict[str, Rule] = "median"
    """mean, median, most_frequent, a constant, or a mapping from table columns to these,
    e.g. {age: mean, city: unknown}."""

    def outline(self, task: Task) -> Task:
        named = isinstance(self.rule, dict)
        if task.input.kind not in ("array", "table") or (named and task.input.kind != "table"):
            raise ConfigError(f"fill_missing{' by column' if named else ''} does not support {task.input}.")
        if task.input.last is not None:
            raise ConfigError("fill_missing does not support windows of a series, which are complete. Remove it.")
        return task

    def fit(self, rows: Rows, task: Task) -> State:
        if isinstance(rows.x, np.ndarray):
            numbers = rows.x
            flat = numbers.reshape(len(numbers), -1)
            fills = [_number(flat[:, i], rule_of(self.rule, ""), str(i)) for i in range(flat.shape[1])]
            return {"numeric": np.array(fills).reshape(numbers.shape[1:])}
        if not isinstance(rows.x, Table):  # image bytes: nothing is missing
            return {}
        names = rows.x.numeric_names
        numeric = [_number(rows.x.numeric[:, i], rule_of(self.rule, name), name) for i, name in enumerate(names)]
        columns = rows.x.categorical.T
        found = [partial(np.unique, column[column != ""], return_counts=True) for column in columns]
        return self._of_table(numeric, rows.x.categorical_names, found)

    def fit_in_pieces(self, pieces: Pieces, task: Task) -> State:
        table = table_of(pieces.first, self.name)
        columns = zip(table.numeric_names, pieces.columns(), strict=True)
        numeric = [_number(column, rule_of(self.rule, name), name) for name, column in columns]
        return self._of_table(numeric, table.categorical_names, [partial(tuple, one) for one in pieces.counts])

    def _of_table(self, numeric: list[float], names: Sequence[str], found: Sequence[Counts]) -> State:
        """Return the state of a table.

        Args:
            numeric: what fills each numeric column.
            names: of the categorical columns.
            found: what returns the categories of each, in alphabetical order, and their counts.
        """
        text = [_text(one, rule_of(self.rule, name), name) for name, one in zip(names, found, strict=True)]
        return {"numeric": np.array(numeric, np.float64), "categorical": np.array(text, np.str_)}

    def unfamiliar(self, rows: Rows, state: State) -> list[Unfamiliar]:
        """Return the table columns with missing cells, and the values that fill them."""
        if not isinstance(rows.x, Table):
            return []
        names = (*rows.x.numeric_names, *rows.x.categorical_names)
        gaps = [*np.isnan(rows.x.numeric).sum(axis=0), *(rows.x.categorical == "").sum(axis=0)]
        dates = rows.x.date_names
        numbers = zip(rows.x.numeric_names, state["numeric"], strict=True)
        fills = [shown(number) if name in dates else f"{number:.6g}" for name, number in numbers]
        fills += [f"'{text}'" for text in state["categorical"]]
        return [
            Unfamiliar(name, "missing cells", int(count), len(rows), known=f"filled with {fill}", is_usual=True)
            for name, count, fill in zip(names, gaps, fills, strict=True)
            if count
        ]

    def apply(self, rows: Rows, state: State) -> Rows:
        if isinstance(rows.x, Table):
            numeric = np.where(np.isnan(rows.x.numeric), state["numeric"], rows.x.numeric)
            text = np.where(rows.x.categorical == "", state["categorical"], rows.x.categorical)
            return rows.with_x(replace(rows.x, numeric=numeric, categorical=text))
        if not isinstance(rows.x, np.ndarray) or rows.x.dtype.kind != "f":
            return rows
        return rows.with_x(np.where(np.isnan(rows.x), state["numeric"].astype(rows.x.dtype), rows.x))

    def in_graph(self, numbers: Any, state: State) -> Any:
        from keras import ops

        if "numeric" not in state:
            return numbers
        return ops.where(known_in_graph(numbers), numbers, state["numeric"].astype(np.float32))

    def beside(self, columns: Sequence[str], state: State) -> dict[str, Any]:
        return {"fill": [None if np.isnan(number) else number for number in state["numeric"].tolist()]}


def _number(column: np.ndarray, rule: str | float, name: str) -> float:
    """Return the fill value of a numeric column; NaN leaves missing cells unchanged."""
    if not isinstance(rule, str):
        return float(rule)
    if rule not in RULES[1:]:
        return np.nan
    present = column[~np.isnan(column)]
    _require(len(present), name)
    if rule == "most_frequent":
        values, counts = np.unique(present, return_counts=True)
        return float(values[counts.argmax()])
    return float(np.mean(present) if rule == "mean" else np.median(present))


def _text(found: Counts, rule: str | float, name: str) -> str:
    """Return the fill value of a text column; "" leaves missing cells unchanged."""
    if rule == "error":
        return ""
    if rule not in RULES:
        return str(rule)
    values, counts = found()
    _require(len(values), name)
    return str(values[counts.argmax()])


def _require(present: int, name: str) -> None:
    if not present:
        raise DataError(f"column '{name}': all cells of the training rows are missing. List the column under 'ignore'.")
