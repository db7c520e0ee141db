"""Hides installed packages while another one is imported that would import them, for seconds, without using them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Hide packages that are not imported yet, as if they were not installed."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)
