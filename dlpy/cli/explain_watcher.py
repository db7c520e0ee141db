"""Progress of `dlpy explain`: the files written and, on a terminal, the current step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from dlpy.cli.progress import shown_path
from dlpy.core.errors import printable
from dlpy.explain.watcher import Watcher

if TYPE_CHECKING:
    from rich.console import Console


class ShownProgress(Watcher):
    """Prints each file when it is written and, on a terminal, the current step."""

    def __init__(self, console: Console) -> None:
        self._console, self._status = console, console.status("")

    def begins(self, what: str) -> None:
        if self._console.is_terminal and not self._console.quiet:
            self._status.update(Text(printable(what)))
            self._status.start()

    def notice(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)

    def wrote(self, path: Path) -> None:
        self._console.print(shown_path(path), soft_wrap=True)

    def close(self) -> None:
        """Remove the line of the current step."""
        self._status.stop()
