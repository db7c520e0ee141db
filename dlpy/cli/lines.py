"""Plain output of commands: lines with control characters escaped, JSON, and data."""

from __future__ import annotations

import sys
from typing import Any

from dlpy.core.errors import on_a_line, printable
from dlpy.storage.atomic import json_text


def say(*lines: str) -> None:
    """Print lines on standard output; line breaks and invisible characters in them are escaped."""
    print(*map(on_a_line, lines), sep="\n")


def complain(*lines: str) -> None:
    """Print lines on standard error, escaped like those of `say`."""
    print(*map(on_a_line, lines), sep="\n", file=sys.stderr)


def say_json(value: Any) -> None:
    """Print JSON for scripts; non-finite numbers are null, characters beyond ASCII are escaped."""
    print(json_text(value))


def write_data(text: str) -> None:
    """Write data to standard output unchanged; on a terminal, control characters are escaped."""
    sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
