"""The table of values that no training row had."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from dlpy.data.unfamiliar import Unfamiliar

_MOST = 30  # lines


def show_unfamiliar(console: Console, found: list[Unfamiliar], what: str) -> None:
    """Print a line for each column with values that no training row had; nothing if there are none."""
    if not found:
        return
    only_usual = all(item.is_usual for item in found)
    heading = (
        f"{what}: unknown or missing" if only_usual else f"warning: {what} contain values that no training row had"
    )
    console.print(f"{heading}:")
    table = Table(box=None, pad_edge=False)
    for title in ("column", "what", "rows", "which"):
        table.add_column(title, no_wrap=title != "which")
    for item in found[:_MOST]:
        table.add_row(*item.cells())
    console.print(table)
    if len(found) > _MOST:
        console.print(f"and {len(found) - _MOST:,} more columns")
