"""What commands print without a console: lines in which nothing from outside can steer a terminal, JSON and data."""

from __future__ import annotations

import json
import sys
from typing import Any

from dlpy.errors import on_a_line, printable


def say(*lines: str) -> None:
    """Print lines on standard output; a line break within one is spelled out, as whatever cannot be seen."""
    print(*map(on_a_line, lines), sep="\n")


def complain(*lines: str) -> None:
    """Print lines on standard error."""
    print(*map(on_a_line, lines), sep="\n", file=sys.stderr)


def say_json(value: Any) -> None:
    """Print JSON for scripts; letters beyond ASCII are spelled out in it."""
    print(json.dumps(value, indent=2))


def hand_over(text: str) -> None:
    """Write data to standard output as it is; on a terminal, what would steer it is spelled out."""
    sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
