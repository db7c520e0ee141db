"""Explanations of runs over tables and over several inputs: importance, partial dependence, and single rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.drawing.figures import style
from dlpy.explain.base import Explanation
from dlpy.explain.columns import Column, assembled, columns_of, named
from dlpy.explain.dependence import Dependence, partial_dependence
from dlpy.explain.dependence_figures import contributions_figure, dependence_figure
from dlpy.explain.importance import Importances, ShuffledColumns, groups_of, importances, shuffles
from dlpy.explain.importance_figures import importance_figure
from dlpy.explain.part import PartRows, part_rows
from dlpy.explain.predictor import Predictor
from dlpy.explain.quantity import Quantity, output_named, quantity_of
from dlpy.explain.related_columns import related
from dlpy.explain.request import Ask
from dlpy.explain.run_scores import run_scores
from dlpy.explain.shapley import Contributions, shapley
from dlpy.explain.watcher import file_name

_DRAWN = 4  # columns whose partial dependence is drawn beside the importances
_CURVES = 500  # rows of a partial dependence
_BACKGROUND = 200  # rows that single rows are compared with


@dataclass(frozen=True)
class TableExplanation(Explanation):
    """Explains a run over tables into a folder."""

    def explain(self) -> dict[str, Any]:
        """Draw what is asked for; return the findings and the files written.

        Raises:
            ConfigError: there is no such column, row, score, class or target.
            DataError: the run has no such rows.
        """
        predictor = self.predictor()
        part = part_rows(self.run, predictor.experiment, self.ask.part)
        work = _Work(self, predictor, part, columns_of(part.rows, part.task))
        with style():
            found = self._found(work)
        return {"run": self.run.id, "part": part.name, "of_rows": part.title, **found}

    def _found(self, work: _Work) -> dict[str, Any]:
        if self.ask.rows:
            places = [work.part.position(number) for number in self.ask.rows]
            return {"explained": [work.row(place) for place in places]}
        if self.ask.columns:
            columns = [named(work.columns, name) for name in self.ask.columns]
            return {"dependence": [work.dependence([column]) for column in columns]}
        return work.importance()


@dataclass(frozen=True)
class _Work:
    """A restored run and its rows."""

    of: TableExplanation
    predictor: Predictor
    part: PartRows
    columns: list[Column]

    @property
    def ask(self) -> Ask:
        return self.of.ask

    @property
    def title(self) -> str:
        return self.of.run.id

    def importance(self) -> dict[str, Any]:
        """Draw the importance of all columns, and the partial dependence on the most important ones."""
        raw = self.part.rows.take(self.part.sample(self.ask.most, self.ask.seed))
        scores = run_scores(self.predictor, raw, self.ask.score)
        orders = shuffles(len(raw), self.ask.shuffles, self.ask.seed)
        shuffled = ShuffledColumns(self.predictor, raw, self.columns, orders)
        groups, usual = groups_of(self.columns), self.predictor.predict(raw)
        found = importances(groups, shuffled.predict, usual, scores, self.of.watcher.begins)
        pairs = related(raw, self.columns)
        told = {"rows": len(raw), "shuffles": len(orders), "scores": [self._drawn(one, raw) for one in found]}
        shown = self._most_important(found)
        more = {"dependence": [self.dependence(shown)]} if shown else {}
        return {**told, "related": [pair.record() for pair in pairs], **more}

    def _drawn(self, found: Importances, raw: Rows) -> dict[str, Any]:
        title = f"Importance of the columns of {self.title}, {found.of.name}"
        figure = importance_figure(found, title, f"{len(raw):,} {self.part.title}")
        return {**found.record(), "file": self.of.save(figure, file_name(f"importance-{found.of.name}"))}

    def _most_important(self, found: Sequence[Importances]) -> list[Column]:
        """Return the columns that matter most for the score of the explained output."""
        wanted = output_named(self.predictor.task, self.ask.target)
        own = next((one for one in found if wanted in one.of.view.task.outputs), found[0])
        names = [one.name for one in own.columns if one.mean > 0][:_DRAWN]
        return [column for name in names for column in self.columns if column.label == name]

    def dependence(self, columns: Sequence[Column]) -> dict[str, Any]:
        """Draw the partial dependence on columns."""
        raw = self.part.rows.take(self.part.sample(_CURVES, self.ask.seed))
        quantity = self._quantity(raw, is_row=False)
        curves: list[Dependence] = []
        for column in columns:
            self.of.watcher.begins(f"partial dependence on {column.label}")
            place = self.columns.index(column)
            curves.append(partial_dependence(self.predictor, raw, self.columns, place, quantity))
        name = columns[0].label if self.ask.columns else "most-important"
        figure = dependence_figure(curves, f"Partial dependence of {self.title}")
        file = self.of.save(figure, file_name(f"dependence-{name}"))
        return {"columns": [curve.record() for curve in curves], "file": file}

    def row(self, place: int) -> dict[str, Any]:
        """Draw what each column of a row contributes to its prediction."""
        row = self.part.rows.take(np.array([place]))
        number = int(row.index[0])
        self.of.watcher.begins(f"row {number}")
        if len(self.columns) < 2:
            raise ConfigError("--row: the run has one column or input, which all of a prediction is due to.")
        quantity = self._quantity(row, is_row=True)
        found = self._contributions(place, quantity)
        cells = [cell_text(column, row) for column in self.columns]
        title = f"Row {number} of {self.title}: {quantity.name}"
        figure = contributions_figure(found, self.columns, cells, title)
        columns = [
            {"column": column.label, "cell": cell, "contribution": float(value), "error": float(error)}
            for column, cell, value, error in zip(self.columns, cells, found.values, found.errors, strict=True)
        ]
        told = {"row": number, "of": quantity.name, "prediction": found.prediction, "mean": found.mean}
        return {**told, "columns": columns, "file": self.of.save(figure, f"row-{number}")}

    def _contributions(self, place: int, quantity: Quantity) -> Contributions:
        background = self.part.sample(_BACKGROUND, self.ask.seed)
        pool = self.part.rows.take(np.append(background, place))

        def predict(positions: np.ndarray) -> np.ndarray:
            return quantity.of(self.predictor.predict(assembled(pool, self.columns, positions)))

        return shapley(predict, len(background), len(self.columns), self.ask.pairs, self.ask.seed)

    def _quantity(self, rows: Rows, *, is_row: bool) -> Quantity:
        task, wanted = self.predictor.task, self.ask.wanted_class
        output = task.outputs[output_named(task, self.ask.target)]
        if wanted is None and not is_row and output.kind == "binary":
            wanted = (output.classes or ("0", "1"))[1]
        return quantity_of(task, self.ask.target, wanted, self.predictor.predict(rows))


def cell_text(column: Column, row: Rows) -> str:
    """Return the cell of a row as a short text."""
    if column.kind == "whole":
        return "(its own)"
    cell = column.cells(row)[0]
    if column.kind == "category":
        return str(cell) or "(missing)"
    if np.isnan(cell):
        return "(missing)"
    if column.kind == "date":
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(cell))).strftime("%Y-%m-%d %H:%M")
    return f"{cell:.6g}"
