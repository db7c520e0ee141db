"""Where commands print tables and text."""

from __future__ import annotations

import sys

from rich.console import Console


class _Output(Console):
    def on_broken_pipe(self) -> None:
        """Let the command end as it does when `print` finds that nobody reads: rich would say it failed."""
        raise BrokenPipeError


def output(*, quiet: bool = False) -> Console:
    """Return a console for standard output, as wide as its terminal; what reads from a pipe wants whole words."""
    return _Output(quiet=quiet, width=None if sys.stdout.isatty() else 10_000)
