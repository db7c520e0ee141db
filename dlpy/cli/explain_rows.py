"""`dlpy explain` for runs over tables, series and texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlpy.cli.explain_options import Shown
from dlpy.cli.explain_tables import show_series, show_tables
from dlpy.cli.explain_texts import show_texts
from dlpy.cli.explain_watcher import ShownProgress
from dlpy.cli.lines import say_json
from dlpy.cli.output import output as console_of
from dlpy.explain.request import Ask
from dlpy.explain.series import SeriesExplanation
from dlpy.explain.tables import TableExplanation
from dlpy.explain.texts import TextExplanation

if TYPE_CHECKING:
    from rich.console import Console

    from dlpy.explain.kinds import Kind
    from dlpy.explain.watcher import Watcher
    from dlpy.runs.directory import Run

_EXPLANATIONS: dict[str, Callable[[Run, Ask, Path, Watcher], Any]] = {
    "tables": TableExplanation,
    "series": SeriesExplanation,
    "texts": TextExplanation,
}
_SHOW: dict[str, Callable[[Console, Mapping[str, Any]], None]] = {
    "tables": show_tables,
    "series": show_series,
    "texts": show_texts,
}


def explain_rows(run: Run, kind: Kind, ask: Ask, shown: Shown) -> None:
    """Explain a run, write the files, and print what was found."""
    watcher = ShownProgress(console_of(quiet=shown.as_json))
    try:
        found = _EXPLANATIONS[kind](run, ask, shown.output or run.path / "explain", watcher).explain()
    finally:
        watcher.close()
    if shown.as_json:
        say_json(found)
    else:
        _SHOW[kind](console_of(), found)
