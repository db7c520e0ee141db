"""How much each searched option matters for the score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.drawing.figures import BLUE, GREY, new_figure
from dlpy.plots._trials import MOST_OPTIONS, Searched, searched
from dlpy.runs.directory import Run
from dlpy.scores.forest import Importance, permutation_importance

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FEWEST = 10  # trials, below which a forest finds nothing


class ImportancePlot(Plot):
    """Of a search: how much each option matters, by shuffling it in a random forest that predicts the trials' ranks.

    An option that exists only with some choices is shuffled among the trials that have it; the shares sum to 1. Ranks
    are used, since a few diverged trials would decide an importance for the scores themselves.
    """

    name: Literal["importance"] = "importance"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        found = searched(runs)
        if found is None or len(found.trials) < _FEWEST or len(found.options) < 2 or np.ptp(found.scores) == 0:
            return {}
        return {"": _figure(found, permutation_importance(*_table(found)))}


def _table(found: Searched) -> tuple[np.ndarray, np.ndarray]:
    """Return the options and the ranks of the trials: (trials, options) and (trials,); equal scores share a rank."""
    inputs = np.stack([option.values for option in found.options], axis=1)
    _, places, counts = np.unique(found.scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return inputs, (last - (counts - 1) / 2)[places]


def _figure(found: Searched, importance: Importance) -> Figure:
    order = np.argsort(-importance.shares, kind="stable")[:MOST_OPTIONS]
    names = [caption(found.options[place].name, 36) for place in order]
    shares = importance.shares[order] / (importance.shares.sum() or 1.0)
    figure = new_figure(f"Importance of the options of {found.run.id}", 8, 0.34 * len(names) + 1.9)
    axes = figure.add_subplot()
    axes.barh(range(len(names)), shares, color=BLUE, height=0.6)
    for place, share in enumerate(shares):
        axes.text(share, place, f" {share:.2f}", va="center", fontsize=8)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, max(1e-3, 1.12 * float(shares.max())))
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("permutation importance (share of all options)")
    told = f"it explains {100 * importance.explained:.0f} % of the variance of unseen ones"
    axes.set_title(f"random forest on the ranks of {len(found.trials):,} trials; {told}", fontsize=8, color=GREY)
    return figure
