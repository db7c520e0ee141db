"""Figures of attention: for each head a map of tokens by tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.captions import caption
from dlpy.drawing.figures import new_figure, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_HEADS = 16
_MOST_LABELS = 60


def attention_figure(weights: np.ndarray, tokens: Sequence[str], title: str) -> Figure:
    """Return a panel for each head: how much each token (line) attends to each other one (column).

    Args:
        weights: (heads, queries, keys).
        tokens: the tokens of queries and keys alike.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    heads = min(len(weights), _MOST_HEADS)
    across = min(2, heads)
    side = float(np.clip(0.16 * len(tokens), 2.5, 9.0))
    figure = new_figure(title, across * (side + 1.2), -(-heads // across) * (side + 1.1) + 0.5)
    names = [caption(token, 14) for token in tokens]
    colours = Normalize(0, float(weights[:heads].max()))
    for number, axes in enumerate(panels(figure, heads, across)):
        axes.imshow(weights[number], cmap="viridis", norm=colours)
        axes.set_title(f"head {number + 1:d} of {len(weights):d}")
        axes.grid(visible=False)
        if len(names) <= _MOST_LABELS:
            axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
            axes.set_yticks(range(len(names)), names, fontsize=7)
    bar = ScalarMappable(colours, "viridis")
    figure.colorbar(bar, ax=figure.axes, label="attention weight", shrink=0.6)
    return figure
