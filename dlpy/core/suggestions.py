"""Shell commands suggested in messages."""

from __future__ import annotations

import shlex
from pathlib import Path


def command(*words: str | Path) -> str:
    """Return a dlpy command with its words quoted for the shell."""
    return shlex.join(["dlpy", *(_word(word) for word in words)])


def _word(word: str | Path) -> str:
    is_like_an_option = isinstance(word, Path) and str(word).startswith("-")
    return f"./{word}" if is_like_an_option else str(word)
