"""The layout of a directed graph in ranks from top to bottom, so that boxes do not overlap and few edges cross."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

_SWEEPS = 12
_GAP = 0.25  # between neighbours of a rank, in the unit of the widths
_THREAD = 0.1  # the width of the place that an edge takes where it passes a rank

Node = Hashable


@dataclass(frozen=True)
class Layout:
    """Where boxes stand and edges run: centres as (x, rank), ranks counted from the top."""

    boxes: dict[str, tuple[float, int]]
    paths: list[list[tuple[float, int]]]  # for each edge, from its source over the ranks that it passes to its target


def layout(widths: Mapping[str, float], edges: Sequence[tuple[str, str]]) -> Layout:
    """Return the layout of boxes of these widths, which are listed so that every edge leads to a later box."""
    ranks = _ranks(list(widths), edges)
    rows, chains, links = _with_threads(ranks, edges)
    wide = {node: widths.get(node, _THREAD) if isinstance(node, str) else _THREAD for row in rows for node in row}
    _order(rows, links)
    places = _places(rows, links, wide)
    left = min((places[name] - widths[name] / 2 for name in widths), default=0.0)
    return Layout(
        {name: (places[name] - left, ranks[name]) for name in widths},
        [
            [(places[node] - left, ranks[source] + step) for step, node in enumerate(chain)]
            for (source, _), chain in zip(edges, chains, strict=True)
        ],
    )


def _ranks(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the rank of each box: one below the lowest that leads to it; a source stands just above its first use."""
    ranks = dict.fromkeys(names, 0)
    above = {name: [source for source, target in edges if target == name] for name in names}
    below = {name: [target for source, target in edges if source == name] for name in names}
    for name in names:
        ranks[name] = max((ranks[source] + 1 for source in above[name]), default=0)
    for name in reversed(names):
        if below[name] and not above[name]:
            ranks[name] = min(ranks[target] for target in below[name]) - 1
    return ranks


def _with_threads(
    ranks: Mapping[str, int], edges: Sequence[tuple[str, str]]
) -> tuple[list[list[Node]], list[list[Node]], list[tuple[Node, Node]]]:
    """Return the nodes of each rank, each edge as a chain of nodes of consecutive ranks, and all links in them."""
    rows: list[list[Node]] = [[] for _ in range(max(ranks.values(), default=0) + 1)]
    for name, rank in ranks.items():
        rows[rank].append(name)
    chains: list[list[Node]] = []
    for number, (source, target) in enumerate(edges):
        threads = [(number, rank) for rank in range(ranks[source] + 1, ranks[target])]
        for thread in threads:
            rows[thread[1]].append(thread)
        chains.append([source, *threads, target])
    return rows, chains, [link for chain in chains for link in itertools.pairwise(chain)]


def _neighbours(links: Sequence[tuple[Node, Node]]) -> tuple[dict[Node, list[Node]], dict[Node, list[Node]]]:
    above: dict[Node, list[Node]] = {}
    below: dict[Node, list[Node]] = {}
    for source, target in links:
        above.setdefault(target, []).append(source)
        below.setdefault(source, []).append(target)
    return above, below


def _order(rows: list[list[Node]], links: Sequence[tuple[Node, Node]]) -> None:
    """Sort each rank by the mean position of the neighbours above and below, in turn; keep the fewest crossings."""
    above, below = _neighbours(links)
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        beside, near = (rows, above) if down else (rows[::-1], below)
        for before, row in itertools.pairwise(beside):
            at = {node: place for place, node in enumerate(before)}
            own = {node: place for place, node in enumerate(row)}
            row.sort(key=lambda node: (_mean([at[one] for one in near.get(node, [])], own[node]), own[node]))
        found = _crossings(rows, below)
        if found < fewest:
            best, fewest = [list(row) for row in rows], found
    rows[:] = best


def _crossings(rows: Sequence[Sequence[Node]], below: Mapping[Node, Sequence[Node]]) -> int:
    total = 0
    for row, after in itertools.pairwise(rows):
        at = {node: place for place, node in enumerate(after)}
        ends = [(place, at[target]) for place, node in enumerate(row) for target in below.get(node, [])]
        total += sum(a < c and b > d for a, b in ends for c, d in ends)
    return total


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _places(rows: Sequence[Sequence[Node]], links: Sequence[tuple[Node, Node]], wide: Mapping[Node, float]) -> dict:
    """Return the horizontal place of each node: near the mean of its neighbours, with gaps between boxes."""
    above, below = _neighbours(links)
    places: dict[Node, float] = {}
    for row in rows:
        places.update(zip(row, _apart(row, [0.0] * len(row), wide), strict=True))
    both = {node: above.get(node, []) + below.get(node, []) for row in rows for node in row}
    for sweep in range(2 * _SWEEPS):
        near = both if sweep >= _SWEEPS else (above, below)[sweep % 2]
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = [_mean([places[one] for one in near.get(node, [])], places[node]) for node in row]
            places.update(zip(row, _apart(row, wanted, wide), strict=True))
    return places


def _apart(row: Sequence[Node], wanted: Sequence[float], wide: Mapping[Node, float]) -> list[float]:
    """Return places as near as possible to the wanted ones (least squares), in order and without overlaps."""
    offsets, far = [], 0.0
    for position, node in enumerate(row):
        if position:
            far += (wide[row[position - 1]] + wide[node]) / 2 + _GAP
        offsets.append(far)
    groups: list[tuple[float, int]] = []  # (mean, count) of neighbours that touch: isotonic regression
    for want, offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while groups and groups[-1][0] > mean:
            other, many = groups.pop()
            mean, count = (mean * count + other * many) / (count + many), count + many
        groups.append((mean, count))
    bases = [mean for mean, count in groups for _ in range(count)]
    return [base + offset for base, offset in zip(bases, offsets, strict=True)]
