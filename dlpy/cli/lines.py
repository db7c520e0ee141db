"""What commands print without a console: lines in which nothing from outside can steer a terminal, JSON and data."""

from __future__ import annotations

import sys
from typing import Any

from dlpy.core.errors import on_a_line, printable
from dlpy.storage.atomic import json_text


def say(*lines: str) -> None:
    """Print lines on standard output; a line break within one is spelled out, as whatever cannot be seen."""
    print(*map(on_a_line, lines), sep="\n")


def complain(*lines: str) -> None:
    """Print lines on standard error."""
    print(*map(on_a_line, lines), sep="\n", file=sys.stderr)


def say_json(value: Any) -> None:
    """Print JSON for scripts, null for numbers that are not finite; letters beyond ASCII are spelled out in it."""
    print(json_text(value))


def hand_over(text: str) -> None:
    """Write data to standard output as it is; on a terminal, what would steer it is spelled out."""
    sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
