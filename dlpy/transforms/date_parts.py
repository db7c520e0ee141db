"""Dates of a table as numbers that repeat with the year, the week and the day."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.features import Table
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.tables.calendar import Part, holidays_in, is_holiday, parts_that_vary
from dlpy.data.tables.parts_of_dates import PARTS, columns_of
from dlpy.data.task import State, Task
from dlpy.transforms._numbers import check_table, require_columns, table_of, with_numeric_names

_EVERY = (*PARTS, "elapsed")


class DateParts(Transform):
    """Replaces each column of dates in a table by its parts, such as the month and the hour, as numeric columns.

    A part that repeats becomes two columns, the sine and cosine of its angle on a circle, so that December is as close
    to January as to November. The new columns follow the numeric ones and are named like `sold month sin`. `csv`
    applies this automatically to the columns under `dates`; list it there to set an option.
    """

    name: Literal["date_parts"] = "date_parts"
    columns: list[str] | None = None
    """Columns of dates to replace, such as [sold]. Default: all columns of dates."""
    parts: list[Part] | None = None
    """Parts: year, month, day, weekday, hour, minute, day_of_year, and elapsed, the days since the first training row.
    Default: those that differ between training rows, without day_of_year, which month and day give."""
    cyclic: bool = True
    """Whether parts that repeat become a sine and a cosine. false: numbers from 0 (Monday, midnight) or 1 (January)."""
    holidays: str | None = None
    """Country, or country and region, such as DE or DE-BY, whose public holidays a column of 0 and 1 marks. It needs
    the package holidays."""

    def outline(self, task: Task) -> Task:
        check_table(self.name, task.input)
        if self.holidays is not None and importlib.util.find_spec("holidays") is None:
            raise ConfigError("date_parts: 'holidays' needs the package holidays: pip install 'dlpy[dates]'.")
        return task.with_input(replace(task.input, shape=(None,)))

    def measured(self, task: Task, state: State) -> Task:
        kept, names = state["kept"], task.input.columns[: len(state["kept"])]
        left = [name for name, is_kept in zip(names, kept.tolist(), strict=False) if is_kept]
        return with_numeric_names(task, (*left, *self._names(state)), len(kept))

    def fit(self, rows: Rows, task: Task) -> State:
        table = table_of(rows, self.name)
        chosen = self._chosen(table)
        return self._state(table, [table.numeric[:, table.numeric_names.index(name)] for name in chosen])

    def fit_in_pieces(self, pieces: Pieces, task: Task) -> State:
        table = table_of(pieces.first, self.name)
        places = [table.numeric_names.index(name) for name in self._chosen(table)]
        columns = {place: column for place, column in enumerate(pieces.columns()) if place in places}
        return self._state(table, [columns[place] for place in places])

    def _chosen(self, table: Table) -> list[str]:
        """Return the columns of dates that are replaced."""
        chosen = list(table.date_names if self.columns is None else self.columns)
        if not chosen:
            raise ConfigError("date_parts: the table has no dates: list their columns under 'dates'.")
        require_columns(self.name, chosen, table.numeric_names)
        if self.holidays is not None:
            holidays_in(self.holidays, [2000])  # fails for an unknown country
        return chosen

    def _state(self, table: Table, dates: list[np.ndarray]) -> State:
        """Return the state, given the dates of each column that is replaced."""
        chosen = self._chosen(table)
        parts = [parts_that_vary(seconds) if self.parts is None else self.parts for seconds in dates]
        return {
            "kept": ~np.isin(table.numeric_names, chosen),
            "names": np.array(chosen, np.str_),
            "parts": np.array([np.isin(_EVERY, some) for some in parts]),
            "first": np.array([np.nanmin(seconds) for seconds in dates]),
        }

    def apply(self, rows: Rows, state: State) -> Rows:
        table, kept = table_of(rows, self.name), state["kept"]
        columns = [table.numeric[:, kept], *self._columns(table, state)]
        names = (*np.array(table.numeric_names, object)[kept].tolist(), *self._names(state))
        left = tuple(name for name in table.date_names if name not in state["names"])
        numeric = np.concatenate(columns, axis=1)
        return rows.with_x(replace(table, numeric=numeric, numeric_names=names, date_names=left))

    def beside(self, columns: Sequence[str], state: State) -> dict[str, Any]:
        if self.holidays is not None:
            raise ConfigError("date_parts: public holidays have no counterpart outside dlpy.")
        told = {
            "kept": np.flatnonzero(state["kept"]).tolist(),
            "replaced": [columns.index(name) for name in state["names"].tolist()],
            "parts": [np.array(_EVERY)[chosen].tolist() for chosen in state["parts"]],
            "first": state["first"].tolist(),
            "cyclic": self.cyclic,
        }
        return {"dates": told}

    def _names(self, state: State) -> list[str]:
        """Return the names of the new columns."""
        found = []
        for name, chosen in zip(state["names"].tolist(), state["parts"], strict=True):
            for part in np.array(_EVERY)[chosen].tolist():
                ends = (" sin", " cos") if self._repeats(part) else ("",)
                found += [f"{name} {part.replace('_', ' ')}{end}" for end in ends]
            found += [f"{name} is holiday"] if self.holidays is not None else []
        return found

    def _columns(self, table: Table, state: State) -> list[np.ndarray]:
        """Return the new columns, in groups: (rows, columns) float64."""
        found = []
        for name, chosen, first in zip(state["names"].tolist(), state["parts"], state["first"], strict=True):
            seconds = table.numeric[:, table.numeric_names.index(name)]
            found.append(columns_of(seconds, np.array(_EVERY)[chosen].tolist(), first, cyclic=self.cyclic))
            found += [is_holiday(seconds, self.holidays)[:, None]] if self.holidays is not None else []
        return found

    def _repeats(self, part: str) -> bool:
        return self.cyclic and PARTS.get(part) is not None
