"""Whether this process runs a command line of dlpy and nothing else, so that it may be forked."""

from __future__ import annotations

_is_claimed = False


def claim() -> None:
    """Say that this process runs a command line."""
    global _is_claimed
    _is_claimed = True


def is_claimed() -> bool:
    """Return whether this process runs a command line; a program that imports dlpy has threads of its own."""
    return _is_claimed
