"""Where the phases of a training began, on plots over epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlpy.core.captions import caption

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Starts = Sequence[tuple[int, float]]  # phases, and where on the axis they begin

_LINE = 0.075  # of the height of a panel: room for a line of labels
_WIDTH = 0.16  # of the width of a panel: room for a label in full


def mark_phases(axes: Axes, starts: Sequence[tuple[Starts, str]], name: str = "phase") -> None:
    """Draw a thin line where a phase begins, with a label over it; everything else is drawn already.

    Args:
        starts: for each training with phases, where they begin and its colour. Each has a line of labels of its own,
            above the curves.
        name: what a phase is called.
    """
    from matplotlib.transforms import blended_transform_factory

    marked = [(found, colour) for found, colour in starts if found]
    if not marked:
        return
    _make_room(axes, _LINE * len(marked))
    left, right = axes.get_xlim()
    place = blended_transform_factory(axes.transData, axes.transAxes)
    for line, (found, colour) in enumerate(marked):
        ends = [at for _, at in found[1:]] + [right]
        for (phase, at), end in zip(found, ends, strict=True):
            axes.axvline(at, color=colour, linewidth=0.8, zorder=1)
            text = f" {caption(name)} {phase:d}" if end - at > _WIDTH * (right - left) else f" {phase:d}"
            height = 0.995 - line * _LINE
            axes.text(at, height, text, transform=place, color=colour, fontsize=7.5, va="top", clip_on=True)


def _make_room(axes: Axes, share: float) -> None:
    """Leave so much of the panel empty above what is drawn."""
    transform = axes.yaxis.get_transform()
    low, high = transform.transform(axes.get_ylim())
    inverse = transform.inverted().transform([low, low + (high - low) / (1 - share)])
    axes.set_ylim(*inverse)
