"""Plain output of commands: lines with control characters escaped, JSON, and data."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from dlpy.core.errors import on_a_line, printable
from dlpy.core.suggestions import command

if TYPE_CHECKING:
    from dlpy.runs.directory import Run


def say(*lines: str) -> None:
    """Print lines on standard output; line breaks and invisible characters in them are escaped."""
    print(*map(on_a_line, lines), sep="\n")


def complain(*lines: str) -> None:
    """Print lines on standard error, escaped like those of `say`."""
    print(*map(on_a_line, lines), sep="\n", file=sys.stderr)


def say_json(value: Any) -> None:
    """Print JSON for scripts; non-finite numbers are null, characters beyond ASCII are escaped."""
    from dlpy.storage.atomic import json_text

    print(json_text(value))


def test_rows_lines(run: Run) -> list[str]:
    """Return the line that says how a run is scored on its test rows; none if it is known to have no such rows."""
    rows = run.summary().rows  # k-fold validation does not list them
    return [f"test rows: {command('evaluate', run.id, '--split', 'test')}"] if "test" in rows or not rows else []


def write_data(text: str) -> None:
    """Write data to standard output unchanged; on a terminal, control characters are escaped."""
    sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
