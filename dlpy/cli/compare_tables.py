"""The tables and lines that `dlpy compare` prints."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich.table import Table

from dlpy.cli.lines import say
from dlpy.cli.output import output
from dlpy.cli.score_lines import interval_text, score_text
from dlpy.core.errors import shortened
from dlpy.runs.predictions import PARTS

_MOST_LETTERS = 40  # of the value of an option
_MOST_CLASSES = 20


def show(record: dict[str, Any]) -> None:
    """Print a comparison.

    Args:
        record: as `compare` returns it.
    """
    console = output()
    say(_heading(record))
    console.print(_scores(record))
    if any(run["bands"] for run in record["runs"]):
        say("")
        console.print(_bands(record))
    for name, told in record["mcnemar"].items():
        for line in _mcnemar(record, name, told):
            say(line)
    for name, classes in record.get("classes", {}).items():
        say("")
        console.print(_classes(record, name, classes))
        if len(classes) > _MOST_CLASSES:
            say(f"{_MOST_CLASSES} of {len(classes):,} classes shown, those with the smallest p; --json prints all")
    if record["options"]:
        say("")
        console.print(_options(record))
    say("", *_notes(record))


def _heading(record: dict[str, Any]) -> str:
    rows = ", ".join(f"{name}: {count:,}" if name else f"{count:,}" for name, count in record["rows"].items())
    return f"{PARTS[record['part']]} ({rows}), compared with {record['to']}"


def _scores(record: dict[str, Any]) -> Table:
    """Return a table with a line for each score and run."""
    table = Table(box=None, pad_edge=False)
    level = f"{100 * record['level']:g} % interval"
    for title in ("score", "run", "value", level, "compared", "p"):
        table.add_column(title, justify="right" if title in ("value", "p") else "left", no_wrap=title != "compared")
    for score, differences in record["differences"].items():
        for number, run in enumerate(record["runs"]):
            found, told = run["scores"][score], differences.get(run["name"])
            cells = ("" if number else score, run["name"], score_text(found["value"]), _ends(found))
            table.add_row(*cells, told["verdict"] if told else "", _p(told["p_corrected"]) if told else "")
    return table


def _bands(record: dict[str, Any]) -> Table:
    """Return a table with the coverage and the width of each band of each run that predicts quantiles."""
    table = Table(box=None, pad_edge=False)
    for title in ("band", "run", "covered", "mean width"):
        table.add_column(title, justify="right" if title in ("covered", "mean width") else "left", no_wrap=True)
    for run in record["runs"]:
        for band in run["bands"]:
            table.add_row(f"{band['asked']:.0%}", run["name"], f"{band['covered']:.1%}", score_text(band["width"]))
    return table


def _ends(found: dict[str, float | None]) -> str:
    return interval_text([found["low"], found["high"]])


def _p(p: float) -> str:
    if math.isnan(p):
        return "-"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _mcnemar(record: dict[str, Any], output_name: str, told: dict[str, Any]) -> Iterator[str]:
    of = f" of {output_name}" if len(record["rows"]) > 1 else ""
    for name, found in told.items():
        counts = f"{found['only_to']:,} rows right in {record['to']} alone, {found['only_this']:,} in {name} alone"
        yield f"McNemar's test{of}: {counts}; p {_p(found['p_corrected'])}"


def _classes(record: dict[str, Any], output_name: str, classes: dict[str, Any]) -> Table:
    """Return a table with F1 by class, of many classes those whose differences are the least due to chance."""
    table = Table(box=None, pad_edge=False)
    title = f"class of {output_name}" if len(record["rows"]) > 1 else "class"
    for column in (title, "rows", "run", "F1", "interval", "compared", "p"):
        table.add_column(column, justify="right" if column in ("rows", "F1", "p") else "left", no_wrap=True)
    shown = list(classes) if len(classes) <= _MOST_CLASSES else sorted(classes, key=lambda name: _least(classes[name]))
    for name in shown[:_MOST_CLASSES]:
        told = classes[name]
        for number, (run, found) in enumerate(told["f1"].items()):
            difference = told["differences"].get(run)
            first = ("", "") if number else (name, f"{told['rows']:,}")
            cells = (*first, run, score_text(found["value"]), _ends(found))
            verdict, p = (difference["verdict"], _p(difference["p_corrected"])) if difference else ("", "")
            table.add_row(*cells, verdict, p)
    return table


def _least(told: dict[str, Any]) -> float:
    return min(math.inf if math.isnan(one["p"]) else one["p"] for one in told["differences"].values())


def _options(record: dict[str, Any]) -> Table:
    """Return a table of the options that differ."""
    table = Table(box=None, pad_edge=False)
    for title in ("option that differs", *(run["name"] for run in record["runs"])):
        table.add_column(title, overflow="fold")
    for told in record["options"]:
        table.add_row(told["option"], *(_value(value) for value in told["values"]))
    return table


def _value(value: object) -> str:
    return "-" if value is None else shortened(str(value), _MOST_LETTERS)


def _notes(record: dict[str, Any]) -> Iterator[str]:
    """Yield what the numbers assume."""
    if record["part"] == "validation":
        also = " and the widths of its bands" if any(run["bands"] for run in record["runs"]) else ""
        yield f"The validation rows also chose the epoch of each run{also}: test rows are fairer (dlpy evaluate)."
    if record["unit"] != "rows":
        yield f"Rows are not independent: {record['unit']} are resampled."
    if any(run["folds"] for run in record["runs"]):
        yield "Intervals contain the chance of rows and of folds, but not that folds share training rows."
    elif all(run["trainings"] == 1 for run in record["runs"]):
        yield "Two trained models are compared; to compare experiments, give several seeds of each (--help)."
    elif any(run["trainings"] == 1 for run in record["runs"]):
        yield "Of runs with one seed, the chance of the seed is not in the intervals."
    if record["corrected_for"] > 1:
        yield f"p is corrected for {record['corrected_for']} comparisons of each score (Holm); intervals are not."
    if record["left_out"]:
        yield f"{record['left_out']:,} rows with predictions that are not finite were left out."
    if record["other_inputs"]:
        yield "The runs read other columns or values of these rows: the same positions and targets were matched."
