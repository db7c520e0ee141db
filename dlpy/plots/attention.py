"""What a seq2seq model reads while it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import new_figure, panels
from dlpy.runs.attention import ReadTokens, read_attention
from dlpy.runs.directory import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST, _COLUMNS = 6, 2  # rows
_INCHES, _MARGIN = 0.21, 1.6  # of a token; of a panel's labels
_LONGEST = 14  # characters of a token
_SPACES = {" ": "␣", "\n": "⏎", "\t": "⇥"}


class Attention(Plot):
    """How much of each source token is read for each token that is written, in a few validation rows."""

    name: Literal["attention"] = "attention"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        found = read_attention(run.attention)[:_MOST]
        return {"": _figure(run, found)} if found else {}


def _figure(run: Run, found: list[ReadTokens]) -> Figure:
    columns = min(_COLUMNS, len(found))
    widest, highest = (max(len(getattr(one, side)) for one in found) for side in ("source", "written"))
    lines = -(-len(found) // columns)
    width, height = _MARGIN + max(3.0, _INCHES * widest), _MARGIN + max(1.5, _INCHES * highest)
    figure = new_figure(f"Attention to source tokens (white 0, dark 1), {run.id}", columns * width, lines * height)
    for axes, one in zip(panels(figure, len(found), columns), found, strict=True):
        _panel(axes, one)
    return figure


def _panel(axes: Axes, one: ReadTokens) -> None:
    axes.imshow(one.weights, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.grid(visible=False)
    long = max(map(len, one.source)) > 2
    axes.set_xticks(range(len(one.source)), [_label(token) for token in one.source], rotation=60 if long else 0)
    axes.set_yticks(range(len(one.written)), [_label(token) for token in one.written])
    axes.tick_params(length=0, labelsize=8)
    axes.set(xlabel="source", ylabel="written")


def _label(token: str) -> str:
    """Return a token as a label; white space is made visible."""
    return caption(_SPACES.get(token, token), _LONGEST)
