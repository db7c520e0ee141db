"""Progress reports of explanations, and the names of their files."""

from __future__ import annotations

import re
from pathlib import Path


class Watcher:
    """Receives progress reports; this base class ignores them."""

    def begins(self, what: str) -> None:
        """Called before each part."""

    def notice(self, text: str) -> None:
        """Called with a message for the user."""

    def wrote(self, path: Path) -> None:
        """Called after a file was written."""


def file_name(text: str) -> str:
    """Return a text as the name of a file, without its suffix."""
    return re.sub(r"[^\w.-]", "_", text)[:80]
