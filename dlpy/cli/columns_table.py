"""The table of what the columns of a user's table were taken for."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from dlpy.starter.overview import MOST_ON_SCREEN, TITLES, ColumnLine, shown


def show_columns(console: Console, lines: Sequence[ColumnLine]) -> None:
    """Print a line for each column; nothing if there are none."""
    if not lines:
        return
    table = Table(box=None, pad_edge=False)
    for title in TITLES:
        table.add_column(title, justify="right" if title == "distinct" else "left", overflow="fold")
    chosen, rest = shown(lines, MOST_ON_SCREEN)
    for line in chosen:
        table.add_row(*line.cells())
    console.print(table)
    if rest:
        console.print(rest)
