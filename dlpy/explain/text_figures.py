"""Figures of explained texts: each word on a ground whose color is its effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlpy.core.captions import caption
from dlpy.core.errors import on_a_line
from dlpy.drawing.figures import GREY, new_figure
from dlpy.explain.text_pages import ground, shares, summary

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH = 9.0  # inches
_LETTERS = 100  # in a line
_LINE = 0.22  # inches
_MOST_LINES = 120


def text_figure(text: Mapping[str, Any], separator: str, run: str) -> Figure:
    """Return the words of a text, blue where they raise the explained number, orange where they lower it."""
    places = list(_places([on_a_line(token["token"]) for token in text["tokens"]], len(separator)))
    lines = min(_MOST_LINES, 1 + max((line for line, _, _ in places), default=0))
    figure = new_figure(caption(f"{run}, {text['title']}", 80), _WIDTH, _LINE * lines + 0.9)
    axes = figure.add_subplot()
    axes.set_title(caption(summary(text), 130), fontsize=8, color=GREY)
    axes.set_xlim(0, _LETTERS)
    axes.set_ylim(lines, 0)
    axes.set_axis_off()
    for (line, start, word), share in zip(places, shares(text["tokens"]), strict=True):
        if line < lines:
            colour = tuple(part / 255 for part in ground(share))
            axes.axhspan(line + 0.06, line + 0.94, start / _LETTERS, (start + len(word)) / _LETTERS, color=colour)
            if word.strip():
                where = {"ha": "center", "va": "center", "family": "DejaVu Sans Mono", "fontsize": 10}
                axes.text(start + len(word) / 2, line + 0.52, caption(word, _LETTERS), **where)
    return figure


def _places(words: Sequence[str], gap: int) -> Iterator[tuple[int, int, str]]:
    """Yield the line, the first column and the shown word of each word."""
    line = column = 0
    for word in words:
        shown = word if len(word) <= _LETTERS else f"{word[: _LETTERS - 1]}…"
        if column and column + len(shown) > _LETTERS:
            line, column = line + 1, 0
        yield line, column, shown
        column += len(shown) + gap
