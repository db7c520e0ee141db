"""The layout of a drawn network: boxes in ranks, without overlaps, edges that pass beside boxes."""

import itertools

import numpy as np
import pytest

from dlpy.drawing.layered import layout


def test_a_chain_is_one_column() -> None:
    found = layout({"a": 1.0, "b": 3.0, "c": 1.0}, [("a", "b"), ("b", "c")])
    assert found.boxes == {"a": (1.5, 0), "b": (1.5, 1), "c": (1.5, 2)}
    assert found.paths == [[(1.5, 0), (1.5, 1)], [(1.5, 1), (1.5, 2)]]


def test_an_input_stands_just_above_its_first_use() -> None:
    found = layout({"a": 1.0, "b": 1.0, "c": 1.0, "late": 1.0, "d": 1.0},
                   [("a", "b"), ("b", "c"), ("c", "d"), ("late", "d")])  # fmt: skip
    assert [found.boxes[name][1] for name in ("a", "b", "c", "late", "d")] == [0, 1, 2, 2, 3]


def test_an_edge_over_several_ranks_passes_beside_the_boxes_between() -> None:
    found = layout({"a": 2.0, "b": 2.0, "c": 2.0}, [("a", "b"), ("b", "c"), ("a", "c")])
    shortcut = found.paths[2]
    assert [rank for _, rank in shortcut] == [0, 1, 2]
    assert abs(shortcut[1][0] - found.boxes["b"][0]) > 1.0


def test_two_pairs_do_not_cross() -> None:
    found = layout({"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0}, [("a", "d"), ("b", "c")])
    assert (found.boxes["a"][0] < found.boxes["b"][0]) == (found.boxes["d"][0] < found.boxes["c"][0])


@pytest.mark.parametrize("count", [5, 12, 40])
def test_boxes_never_overlap(count: int) -> None:
    rng = np.random.default_rng(count)
    names = [f"layer {number}" for number in range(count)]
    widths = dict(zip(names, rng.uniform(0.5, 3.0, count), strict=True))
    edges = [(names[source], names[target]) for target in range(1, count)
             for source in {*rng.integers(0, target, 1 + target % 3).tolist()}]  # fmt: skip
    found = layout(widths, edges)
    for (one, (x, rank)), (other, (right, below)) in itertools.combinations(found.boxes.items(), 2):
        assert rank != below or abs(x - right) >= (widths[one] + widths[other]) / 2 + 0.24
    for source, target in edges:
        assert found.boxes[source][1] < found.boxes[target][1]
    for path, (source, target) in zip(found.paths, edges, strict=True):
        for x, rank in path[1:-1]:
            beside = [abs(x - at) - widths[name] / 2 for name, (at, row) in found.boxes.items() if row == rank]
            assert min(beside) > 0, (source, target)
    assert min(x - widths[name] / 2 for name, (x, _) in found.boxes.items()) == pytest.approx(0)
    assert layout(widths, edges) == found
