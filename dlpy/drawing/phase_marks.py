"""Vertical lines on plots over epochs that mark where each training phase starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlpy.core.captions import caption

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Starts = Sequence[tuple[int, float]]  # (phase, x position where it starts)

_LINE = 0.075  # height of a line of labels, as a fraction of the panel
_WIDTH = 0.16  # width of a full label, as a fraction of the panel


def mark_phases(axes: Axes, starts: Sequence[tuple[Starts, str]], name: str = "phase") -> None:
    """Draw a thin labelled line where each phase starts; call this after everything else is drawn.

    Args:
        starts: for each run, where its phases start and its colour. Each run has its own line of labels above the
            curves.
        name: the word in the labels.
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
    """Leave a share of the panel empty above the curves."""
    transform = axes.yaxis.get_transform()
    low, high = transform.transform(axes.get_ylim())
    inverse = transform.inverted().transform([low, low + (high - low) / (1 - share)])
    axes.set_ylim(*inverse)
