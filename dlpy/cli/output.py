"""The console that commands draw tables, panels and bars on; every text on it is only text.

Names and cells from outside may hold rich's markup or signs that steer a terminal; here both lose their meaning. What
needs no console is printed by `dlpy.cli.lines`.
"""

from __future__ import annotations

import sys

from rich.console import Console, JustifyMethod, OverflowMethod
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.style import StyleType
from rich.text import Text

from dlpy.core.errors import printable


class _Output(Console):
    """A console for which a text, be it printed or a cell of a table, is what is seen and nothing else."""

    def render_str(
        self,
        text: str,
        *,
        style: StyleType = "",
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        **_: object,
    ) -> Text:
        """Return a text as it is shown, without markup, emoji codes and colours for what looks like a number."""
        return Text(printable(text), style=style, justify=justify, overflow=overflow)

    def on_broken_pipe(self) -> None:
        """Let the command end as it does when `print` finds that nobody reads: rich would say it failed."""
        raise BrokenPipeError


def output(*, quiet: bool = False) -> Console:
    """Return a console for standard output, as wide as its terminal; what reads from a pipe wants whole words."""
    return _Output(quiet=quiet, width=None if sys.stdout.isatty() else 10_000)


def bar(console: Console) -> Progress:
    """Return a bar of steps that vanishes when it is done."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)


def errors() -> Console:
    """Return the same for standard error."""
    return _Output(stderr=True, width=None if sys.stderr.isatty() else 10_000)
