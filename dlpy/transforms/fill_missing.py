"""Missing cells filled with what the training rows suggest, or with a constant."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Table
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task
from dlpy.data.unfamiliar import Unfamiliar

RULES = ("error", "mean", "median", "most_frequent")


def _known_rule(rule: str | float) -> str | float:
    """Refuse a misspelt rule, which would pass for a constant text."""
    near = difflib.get_close_matches(rule.lower(), RULES, n=1, cutoff=0.75) if isinstance(rule, str) else []
    if near and rule != near[0]:
        raise ValueError(f"'{rule}' is no rule. Did you mean '{near[0]}'? Rules: {', '.join(RULES)}")
    return rule


Rule = Annotated[str | float, AfterValidator(_known_rule)]


def rule_of(rule: str | float | dict[str, str | float], name: str) -> str | float:
    """Return the rule for one column; a column that a mapping leaves out has none: "error"."""
    return rule.get(name, "error") if isinstance(rule, dict) else rule


class FillMissing(Transform):
    """Missing cells replaced, by column: `mean`, `median`, `most_frequent` of the training rows, or a constant.

    Text has no mean: there `mean` and `median` take the most frequent text, the first in the alphabet of several.
    Of a table, columns whose rule is `error` stay as they are; of an array, NaN is what is missing.
    """

    name: Literal["fill_missing"] = "fill_missing"
    rule: Rule | dict[str, Rule] = "median"
    """mean, median, most_frequent, a number, a text, or a mapping from columns of a table to one of these."""

    def outline(self, task: Task) -> Task:
        named = isinstance(self.rule, dict)
        if task.input.kind not in ("array", "table") or (named and task.input.kind != "table"):
            raise ConfigError(f"fill_missing{' by column' if named else ''} does not fit {task.input}.")
        if task.input.last is not None:
            raise ConfigError("fill_missing does not fit windows of a series, which has a value at every time.")
        return task

    def fit(self, rows: Rows, task: Task) -> State:
        if isinstance(rows.x, np.ndarray):
            numbers = rows.x
            flat = numbers.reshape(len(numbers), -1)
            fills = [_number(flat[:, i], rule_of(self.rule, ""), str(i)) for i in range(flat.shape[1])]
            return {"numeric": np.array(fills).reshape(numbers.shape[1:])}
        if not isinstance(rows.x, Table):  # bytes of pictures: none is missing
            return {}
        names = rows.x.numeric_names
        numeric = [_number(rows.x.numeric[:, i], rule_of(self.rule, name), name) for i, name in enumerate(names)]
        names = rows.x.categorical_names
        text = [_text(rows.x.categorical[:, i], rule_of(self.rule, name), name) for i, name in enumerate(names)]
        return {"numeric": np.array(numeric, np.float64), "categorical": np.array(text, np.str_)}

    def unfamiliar(self, rows: Rows, state: State) -> list[Unfamiliar]:
        """Return the columns of a table with missing cells, and what fills them."""
        if not isinstance(rows.x, Table):
            return []
        names = (*rows.x.numeric_names, *rows.x.categorical_names)
        gaps = [*np.isnan(rows.x.numeric).sum(axis=0), *(rows.x.categorical == "").sum(axis=0)]
        fills = [*(f"{number:.6g}" for number in state["numeric"]), *(f"'{text}'" for text in state["categorical"])]
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


def _number(column: np.ndarray, rule: str | float, name: str) -> float:
    """Return what fills the gaps of a column of numbers; NaN leaves them."""
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


def _text(column: np.ndarray, rule: str | float, name: str) -> str:
    """Return what fills the gaps of a column of texts; "" leaves them."""
    if rule == "error":
        return ""
    if rule not in RULES:
        return str(rule)
    values, counts = np.unique(column[column != ""], return_counts=True)
    _require(len(values), name)
    return str(values[counts.argmax()])


def _require(present: int, name: str) -> None:
    if not present:
        raise DataError(f"column '{name}': every training row's cell is missing. Put the column under 'ignore'.")
