"""The tables that `dlpy explain` prints of importances, partial dependence and single rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from rich.console import Console

_MOST_LINES = 30


def show_tables(console: Console, found: Mapping[str, Any]) -> None:
    """Print what was found of a run over tables or series."""
    for score in found.get("scores", []):
        unit = f" {score['unit']}" if score["unit"] else ""
        now = f"{score['score']} (now {score['value']:.4g}{unit})"
        console.print(f"importance: how much worse {now} becomes when the column is shuffled", soft_wrap=True)
        console.print(_importances(score))
    if "scores" in found:
        console.print(f"{found['rows']:,} {found['of_rows']}, {found['shuffles']} shuffles")
    for pair in found.get("related", [])[:5]:
        first, second = pair["columns"]
        strength = f"their association is {pair['strength']:.2f}"
        console.print(f"note: {first} and {second} share their importance: {strength}", soft_wrap=True)
    more = len(found.get("related", [])) - 5
    if more > 0:
        console.print(f"note: {more:,} more pairs of columns depend on each other (--json lists them)")
    if "scores" not in found:
        for one in found.get("dependence", []):
            for curve in one["columns"]:
                told = f"partial dependence: the mean prediction of {curve['rows']:,} {found['of_rows']}"
                console.print(f"{told} with this {curve['column']}", soft_wrap=True)
                console.print(_curve(curve))
    for row in found.get("rows", []) if "scores" not in found else []:
        _show_row(console, row)


def _importances(score: Mapping[str, Any]) -> Table:
    """Return the importances, the most important first."""
    table = Table(box=None, pad_edge=False)
    table.add_column("column")
    for name in ("importance", "deviation"):
        table.add_column(name, justify="right")
    for line in _inputs_first(score["importances"])[:_MOST_LINES]:
        name = f"{line['name']} (input)" if line["kind"] == "input" else line["name"]
        deviation = line["deviation"]
        table.add_row(name, f"{line['importance']:.4g}", "-" if deviation != deviation else f"{deviation:.2g}")
    left = len(score["importances"]) - _MOST_LINES
    if left > 0:
        table.add_row(f"{left:,} more (--json)", "", "")
    return table


def _inputs_first(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(lines, key=lambda line: line["kind"] != "input")


def _curve(curve: Mapping[str, Any]) -> Table:
    """Return the mean prediction for each value of a column."""
    table = Table(box=None, pad_edge=False)
    for name in (curve["column"], curve["of"]):
        table.add_column(name, justify="right")
    for value, prediction in zip(curve["values"], curve["prediction"], strict=True):
        shown = f"{value:.6g}" if isinstance(value, int | float) else value or "(missing)"
        table.add_row(shown, f"{prediction:.5g}")
    return table


def _show_row(console: Console, row: Mapping[str, Any]) -> None:
    """Print what the columns of a row contribute to its prediction."""
    table = Table(
        title=f"row {row['row']}: {row['of']}", title_justify="left", title_style="", box=None, pad_edge=False
    )
    table.add_column("column")
    for name in ("cell", "contribution", "standard error"):
        table.add_column(name, justify="right")
    lines = sorted(row["columns"], key=lambda line: -abs(line["contribution"]))
    for line in lines[:_MOST_LINES]:
        error = line["error"]
        numbers = f"{line['contribution']:+.4g}", "-" if error != error else f"{error:.2g}"
        table.add_row(line["column"], line["cell"], *numbers)
    console.print(table)
    rest = sum(line["contribution"] for line in lines[_MOST_LINES:])
    others = f" (others {rest:+.4g})" if lines[_MOST_LINES:] else ""
    total = sum(line["contribution"] for line in lines)
    told = (
        f"mean prediction {row['mean']:.5g} + contributions {total:+.5g}{others} = prediction {row['prediction']:.5g}"
    )
    console.print(told, soft_wrap=True)
