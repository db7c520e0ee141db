"""The table of per-class scores that `dlpy evaluate` prints."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich.table import Table

from dlpy.cli.score_lines import score_text

_MOST_SHOWN = 20
_SHOWN = ("precision", "recall", "f1", "auc")


def class_lines(part: str, classes: list[dict[str, Any]]) -> Iterator[str | Table]:
    """Yield the table of a split's class scores, and footnotes; of many classes, only those with the lowest F1."""
    shown = classes if len(classes) <= _MOST_SHOWN else sorted(classes, key=_rank)[:_MOST_SHOWN]
    if not shown:
        return
    table = Table(box=None, pad_edge=False)
    for title in (part, "rows", "predicted", *_SHOWN):
        table.add_column(title, justify="left" if title == part else "right", overflow="ellipsis", no_wrap=True)
    for entry in shown:
        counts = (f"{entry['rows']:,}", f"{entry['predicted']:,}")
        table.add_row(entry["class"], *counts, *(score_text(entry[name]) for name in _SHOWN))
    yield ""
    yield table
    if len(shown) < len(classes):
        yield f"{len(shown)} of {len(classes):,} classes shown, those with the lowest F1; --json prints all"
    if any(math.isnan(entry[name]) for entry in classes for name in _SHOWN):
        yield "- means undefined (no rows or no predictions of the class); means over classes leave it out"


def span_lines(part: str, spans: list[dict[str, Any]]) -> Iterator[str | Table]:
    """Yield the table of the scores of spans, such as names: each kind, and all together."""
    if not spans:
        return
    shown = [name for name in ("precision", "recall", "f1", "baseline_f1") if name in spans[0]]
    table = Table(box=None, pad_edge=False)
    for title in (f"{part}: spans", "spans", "predicted", *shown):
        is_first = title.endswith(": spans")
        table.add_column(title, justify="left" if is_first else "right", overflow="ellipsis", no_wrap=True)
    for entry in spans:
        counts = (f"{entry['spans']:,}", f"{entry['predicted']:,}")
        table.add_row(entry["kind"], *counts, *(score_text(entry[name]) for name in shown))
    yield ""
    yield table


def _rank(entry: dict[str, Any]) -> float:
    return math.inf if math.isnan(entry["f1"]) else entry["f1"]
