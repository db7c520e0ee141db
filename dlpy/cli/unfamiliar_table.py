"""The table of what no training row held."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from dlpy.data.unfamiliar import Unfamiliar

_MOST = 30  # lines


def tell_unfamiliar(console: Console, found: list[Unfamiliar], what: str) -> None:
    """Print a line for each column that holds what the training rows did not; nothing where there is none."""
    if not found:
        return
    only_usual = all(item.is_usual for item in found)
    heading = f"{what}: unknown or missing" if only_usual else f"warning: {what} hold what no training row held"
    console.print(f"{heading}:")
    table = Table(box=None, pad_edge=False)
    for title in ("column", "what", "rows", "which"):
        table.add_column(title, no_wrap=title != "which")
    for item in found[:_MOST]:
        table.add_row(*item.cells())
    console.print(table)
    if len(found) > _MOST:
        console.print(f"and {len(found) - _MOST:,} more columns")
