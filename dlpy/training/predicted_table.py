"""The table of predictions, as CSV or as records."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from dlpy.data.unfamiliar import Unfamiliar
from dlpy.runs.results import cell
from dlpy.storage.atomic import number_text, number_texts


@dataclass(frozen=True)
class Predicted:
    """The predictions for some rows as a table, and the values in them that no training row held."""

    names: list[str]
    lines: list[list[str | float]]
    unfamiliar: list[Unfamiliar]

    def to_csv(self, *, with_names: bool = True) -> str:
        """Return the table as CSV; no text in it is read as a formula."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if with_names:
            writer.writerow(map(cell, self.names))
        writer.writerows(zip(*map(_column, zip(*self.lines, strict=True)), strict=True))
        return text.getvalue()

    def records(self) -> list[dict[str, str | float]]:
        """Return each line as a mapping from column names to values."""
        return [dict(zip(self.names, line, strict=True)) for line in self.lines]


def _column(values: Sequence[str | float]) -> list[str]:
    """Return the cells of a column of a CSV file."""
    if {*map(type, values)} == {float}:
        return number_texts([float(value) for value in values])
    texts = {value: cell(value) for value in {*values} if isinstance(value, str)}
    return [texts[value] if isinstance(value, str) else number_text(value) for value in values]
