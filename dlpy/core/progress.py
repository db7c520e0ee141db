"""Progress of long operations before training: a bar in a terminal, and elsewhere a line from time to time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dlpy.core.errors import printable
from dlpy.core.memory import shown_size

Progress = Callable[[int, int | None], None]  # amount done, and total if known

_FIRST, _NEXT = 20.0, 60.0  # seconds until the first line, and between two of them


@contextmanager
def progress_bar(name: str, *, in_bytes: bool = False) -> Iterator[Progress]:
    """Yield a callback that updates a progress bar on stderr; where that is no terminal, it writes a line at times."""
    if not sys.stderr.isatty():
        yield _Lines(name, in_bytes=in_bytes)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    count = DownloadColumn() if in_bytes else MofNCompleteColumn()
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), count, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(printable(name), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Lines:
    """Writes a line once a minute, so that short operations write none."""

    def __init__(self, name: str, *, in_bytes: bool) -> None:
        self._name, self._in_bytes, self._began = name, in_bytes, time.monotonic()
        self._due = self._began + _FIRST

    def __call__(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _NEXT
            amounts = progress_line(done, total, now - self._began, in_bytes=self._in_bytes)
            _print_line(f"{printable(self._name)}: {amounts}")


def _print_line(line: str) -> None:
    from rich.console import Console

    Console(stderr=True).print(line, markup=False, highlight=False, soft_wrap=True)


def progress_line(done: int, total: int | None, seconds: float, *, in_bytes: bool) -> str:
    """Return how far an operation is, such as "1.25 GB of 5 GB (25%), 3 min left"."""
    amount, *rest = (shown_size(one) if in_bytes else f"{one:,}" for one in (done, total) if one is not None)
    if total is None or not 0 < done < total:
        return f"{amount} of {rest[0]}" if rest else amount
    left = seconds * (total - done) / done
    shown = f"{left / 60:.0f} min" if left >= 120 else f"{left:.0f} s"
    return f"{amount} of {rest[0]} ({done / total:.0%}), {shown} left"
