"""Safe text for figures: every user-supplied name (class, column, run, file) shown in a plot passes through here."""

from __future__ import annotations

from dlpy.core.errors import on_a_line, shortened


def caption(text: str, length: int = 60) -> str:
    """Return a text for a title, label or legend: one line, printable, at most `length` characters.

    A blank text is shown as ''. Legends omit texts that begin with an underscore, so a space is put in front of those.
    `$` needs no escape: in the plot style it is a dollar sign.
    """
    line = shortened(on_a_line(" ".join(text.split())), length)
    return f" {line}" if line.startswith("_") else line or "''"
