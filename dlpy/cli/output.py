"""The console for tables, panels and progress bars; it shows every text literally.

Names and cells from users may contain rich markup or control characters; neither has any effect here. Plain lines are
printed by `dlpy.cli.lines`.
"""

from __future__ import annotations

import sys

from rich.console import Console, JustifyMethod, OverflowMethod
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.style import StyleType
from rich.text import Text

from dlpy.core.errors import printable


class _Output(Console):
    """A console that shows texts and table cells literally."""

    def render_str(
        self,
        text: str,
        *,
        style: StyleType = "",
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        **_: object,
    ) -> Text:
        """Return the text without interpreting markup or emoji codes, and without highlighting numbers."""
        return Text(printable(text), style=style, justify=justify, overflow=overflow)

    def on_broken_pipe(self) -> None:
        """Raise BrokenPipeError as `print` does, because rich would exit with an error."""
        raise BrokenPipeError


def output(*, quiet: bool = False) -> Console:
    """Return a console for standard output, as wide as the terminal; in a pipe, lines are not wrapped."""
    return _Output(quiet=quiet, width=None if sys.stdout.isatty() else 10_000)


def bar(console: Console) -> Progress:
    """Return a progress bar of steps that disappears when it is done."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)


def errors() -> Console:
    """Return a console for standard error, as wide as the terminal; in a pipe, lines are not wrapped."""
    return _Output(stderr=True, width=None if sys.stderr.isatty() else 10_000)
