"""Text in figures: the one way for a name from outside (a class, a column, a run, a file) to get into a picture."""

from __future__ import annotations

from dlpy.core.errors import on_a_line, shortened


def caption(text: str, length: int = 60) -> str:
    """Return a text for a title, a label or a legend: on one line, nothing in it unseen, at most `length` signs.

    A blank one is shown as ''. Legends leave out what begins with an underscore, so a space is put in front of that.
    `$` needs no care: the plots' style takes it for a dollar sign.
    """
    line = shortened(on_a_line(" ".join(text.split())), length)
    return f" {line}" if line.startswith("_") else line or "''"
