"""Drawings of networks: a box for each layer, in ranks from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlpy.core.captions import caption
from dlpy.drawing.figures import BLUE, GREY, ORANGE, new_figure, save, style
from dlpy.drawing.layered import Layout, layout

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CHARACTER = 0.068  # inches, of the font in boxes
_LINE = 0.16
_SPACE = 0.34  # inches between ranks
_PORT = 0.16  # inches between edges that meet at a box
_LONGEST = 40  # characters of a line
_LONGEST_TITLE = 60
Edges = Sequence[tuple[str, str]]


def draw_network(title: str, boxes: Mapping[str, Sequence[str]], edges: Edges, shared: Edges, path: Path) -> None:
    """Write a drawing of a network as a PNG; the arguments are those of `network_figure`."""
    with style():
        save(network_figure(title, boxes, edges, shared), path, [])


def network_figure(title: str, boxes: Mapping[str, Sequence[str]], edges: Edges, shared: Edges) -> Figure:
    """Return a drawing of a network, in the style of the block that it is called in.

    Args:
        boxes: the lines of text of each box, in an order in which data flows.
        edges: from box to box.
        shared: pairs of boxes that have the same weights; dashed lines join them.
    """
    texts = {name: [caption(line, _LONGEST) for line in lines] for name, lines in boxes.items()}
    widths = {name: max(map(len, lines)) * _CHARACTER + 0.2 for name, lines in texts.items()}
    placed, height = layout(widths, edges), max(map(len, texts.values())) * _LINE + 0.12
    ranks = max(rank for _, rank in placed.boxes.values()) + 1
    right = max(x + widths[name] / 2 for name, (x, _) in placed.boxes.items())
    right = max(right, *(x for points in placed.paths for x, _ in points)) if placed.paths else right
    width = max(right + 0.4, 3.0, 0.1 * min(len(title), _LONGEST_TITLE))
    figure = new_figure(title, width, ranks * (height + _SPACE) + 0.5)
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_aspect("equal")
    axes.set_xlim(-0.1, right + 0.1)
    axes.set_ylim(-ranks * (height + _SPACE) + _SPACE - 0.05, 0.05)
    _draw_edges(axes, placed, height)
    _draw_shared(axes, placed, height, shared)
    for name, lines in texts.items():
        _draw_box(axes, placed.boxes[name], (widths[name], height), lines)
    return figure


def _top(rank: int, height: float) -> float:
    return -rank * (height + _SPACE)


def _draw_box(axes: Axes, centre: tuple[float, int], size: tuple[float, float], lines: Sequence[str]) -> None:
    from matplotlib.patches import FancyBboxPatch

    (x, rank), (width, height) = centre, size
    top = _top(rank, height)
    look = {"boxstyle": "round,pad=0,rounding_size=0.06", "facecolor": "#F3F7FB", "edgecolor": BLUE, "linewidth": 1.0}
    axes.add_patch(FancyBboxPatch((x - width / 2, top - height), width, height, zorder=3, **look))
    first = top - height / 2 + (len(lines) - 1) * _LINE / 2
    for number, line in enumerate(lines):
        weight, colour = ("bold", "black") if number == 0 else ("normal", GREY)
        text = axes.text(x, first - number * _LINE, caption(line, _LONGEST), ha="center", va="center", zorder=4)
        text.set(fontsize=8, weight=weight, color=colour)


def _draw_edges(axes: Axes, placed: Layout, height: float) -> None:
    """Draw each edge from the bottom of its source, past the boxes of the ranks between, to the top of its target."""
    from matplotlib.patches import FancyArrowPatch

    starts, ends = _spread(placed.paths, 0), _spread(placed.paths, -1)
    for points, start, end in zip(placed.paths, starts, ends, strict=True):
        corners = [(start, _top(points[0][1], height) - height)]
        for x, rank in points[1:-1]:
            corners += [(x, _top(rank, height)), (x, _top(rank, height) - height)]
        corners.append((end, _top(points[-1][1], height)))
        axes.plot(*zip(*corners, strict=True), color=GREY, linewidth=1.0, solid_joinstyle="round", zorder=1)
        look = {"arrowstyle": "-|>", "mutation_scale": 9, "color": GREY, "linewidth": 1.0, "shrinkA": 0, "shrinkB": 0}
        axes.add_patch(FancyArrowPatch(corners[-2], corners[-1], zorder=2, **look))


def _spread(paths: Sequence[list[tuple[float, int]]], end: int) -> list[float]:
    """Return where edges meet their source (end 0) or target (-1): side by side, in the order they come from."""
    beside = 1 if end == 0 else -2
    found = [0.0] * len(paths)
    for place in {points[end] for points in paths}:
        meeting = sorted((points[beside][0], number) for number, points in enumerate(paths) if points[end] == place)
        for position, (_, number) in enumerate(meeting):
            found[number] = place[0] + (position - (len(meeting) - 1) / 2) * min(_PORT, 0.6 / len(meeting))
    return found


def _draw_shared(axes: Axes, placed: Layout, height: float, shared: Edges) -> None:
    for first, other in shared:
        (x, rank), (right, below) = placed.boxes[first], placed.boxes[other]
        ys = [_top(rank, height) - height / 2, _top(below, height) - height / 2]
        axes.plot([x, right], ys, color=ORANGE, linewidth=1.2, linestyle="--", zorder=2)
