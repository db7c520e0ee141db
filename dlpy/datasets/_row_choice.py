"""Which rows of a user's table are used: `missing_target: drop` and `duplicates: drop` leave some out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.tables.chosen_rows import cells_of, rows_of, without_copies
from dlpy.datasets._cells import Cells

MissingTarget = Literal["error", "drop"]
Duplicates = Literal["keep", "drop"]


@dataclass(frozen=True)
class Chosen:
    """The rows in use.

    cells: those of the rows. rows: their positions in the file. lacking, copies: how many were dropped as they have no
    target, and as they repeat an earlier row.
    """

    cells: Cells
    rows: np.ndarray
    lacking: int = 0
    copies: int = 0

    def about(self) -> list[str]:
        """Return what the description of the source adds."""
        return [f"{told} dropped" for _, told in self._dropped()]

    def notes(self) -> list[str]:
        """Return lines on what was dropped."""
        return [f"dropped: {told} (data.{option}: drop)" for option, told in self._dropped()]

    def _dropped(self) -> Iterator[tuple[str, str]]:
        """Yield (option, rows) for each option that left rows out."""
        if self.lacking:
            yield "missing_target", f"{self.lacking:,} {'row' if self.lacking == 1 else 'rows'} without a target"
        if self.copies == 1:
            yield "duplicates", "1 copy of an earlier row"
        elif self.copies:
            yield "duplicates", f"{self.copies:,} copies of earlier rows"


def choose(cells: Cells, targets: Sequence[str], missing_target: MissingTarget, duplicates: Duplicates) -> Chosen:
    """Return the rows in use: all but those without a target and copies of earlier rows, where these are dropped."""
    chosen = all_rows(cells)
    if missing_target == "drop":
        chosen = with_targets(chosen, targets)
    return without_repeats(chosen) if duplicates == "drop" else chosen


def all_rows(cells: Cells) -> Chosen:
    """Return every row."""
    return Chosen(cells, np.arange(len(cells.file)))


def with_targets(chosen: Chosen, targets: Sequence[str]) -> Chosen:
    """Return the rows that have all of these columns.

    Raises:
        DataError: none has.
    """
    cells = chosen.cells
    gone = {row for name in targets for row in cells.columns[name].missing}
    if not gone:
        return chosen
    if len(gone) == len(cells.file):
        raise DataError(f"{cells.file.path.name}: column '{targets[0]}' is empty: no row has a target.")
    kept = np.setdiff1d(np.arange(len(cells.file)), [*gone])
    return replace(_taken(chosen, kept), lacking=len(gone))


def lacks_some(cells: Cells, targets: Sequence[str]) -> bool:
    """Return whether some rows of a file to predict lack one of these columns."""
    return any(cells.columns[name].missing for name in targets if name in cells.columns)


def without_repeats(chosen: Chosen) -> Chosen:
    """Return the rows without those that equal an earlier row in every column."""
    cells = chosen.cells
    kept = without_copies(cells.file, [*cells.columns.values()])
    copies = len(cells.file) - len(kept)
    return replace(_taken(chosen, kept), copies=copies) if copies else chosen


def _taken(chosen: Chosen, rows: np.ndarray) -> Chosen:
    cells = chosen.cells
    columns = {name: cells_of(cells.file, column, rows) for name, column in cells.columns.items()}
    return replace(
        chosen, cells=replace(cells, file=rows_of(cells.file, rows), columns=columns), rows=chosen.rows[rows]
    )
