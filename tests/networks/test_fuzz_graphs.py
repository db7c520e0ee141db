"""Whatever a graph's layers are given, there is a mistake with a place, or a graph; nothing else is raised."""

import random
from collections import Counter

from pydantic import ValidationError

from dlpy.core.errors import ConfigErrors
from dlpy.data.task import Input, Output, Task
from dlpy.experiment.messages import mistakes_of
from dlpy.models.graph import Graph
from dlpy.networks.keras_layers import LAYERS
from dlpy.networks.option_checks import options_of

VALUES = [
    None, True, 0, 1, -1, 3, 2.5, float("nan"), 10**40, "relu", "", "valid", "l2", -0.5, [], [1], [1, 2], [2, 1],
    [1, 2, 3], [[1, 2], [3]], [[1, 1], [2, 2]], [1, [2, 2]], [None], [-1], [4, -1], ["a"], [True], {}, {1: 2},
    {"l2": 0.1}, {"name": "he_normal"}, {"layer": "LSTM", "units": 3}, {"layer": "Dense"}, {"layer": {}},
]  # fmt: skip
SHAPES = [(8,), (30, 4), (12, 12, 3), (6, 6, 6, 2), (None, None, 3), (None, 4), ()]
KEYS = ["of", "units", "like", "family", "layer", "wrapped", "padding", "axis", 3, None]
ODD = [(), "a", 3, None, ["a"], ["in", "in"], ["in", "other"], ["in", "other", "in"], "in", "later", ""]


def test_only_mistakes_come_of_any_layers() -> None:
    rng, seen = random.Random(3), Counter()
    for _ in range(4000):
        first = {"layer": rng.choice(list(LAYERS)), "of": rng.choice(ODD)}
        for option, default in options_of(str(first["layer"])).items():
            if default is ... or rng.random() < 0.1:
                first[option] = rng.choice(VALUES)
        layers = {"a": first, "later": {"layer": "Flatten"}, "b": {"family": "dense"}}
        if rng.random() < 0.3:
            layers[rng.choice(["a", "later", "b", 3, "x/y"])] = rng.choice(VALUES)
        if rng.random() < 0.3:
            layers["later"] = {"layer": "Dense", rng.choice(KEYS): rng.choice([*VALUES, *ODD])}
        shapes = {name: Input("array", rng.choice(SHAPES)) for name in ("in", "other")}
        values = {"name": "graph", "layers": layers, "outputs": rng.choice([None, {"y": "b"}, {"y": "a"}, {"x": "b"}])}
        kind, places = outcome(values, Task(shapes, {"y": Output("regression")}))
        seen[kind] += 1
        assert all(keys[0] in ("layers", "outputs") for keys in places)
        assert bool(places) == (kind != "right")
    assert min(seen["wrong"], seen["misfit"], seen["right"]) > 0


def outcome(values: dict, task: Task) -> tuple[str, list[tuple]]:
    """Return what becomes of a graph, and the place of each mistake."""
    try:
        graph = Graph.model_validate(values)
    except ValidationError as error:
        return "wrong", [mistake.keys for mistake in mistakes_of(error, values)]
    try:
        graph.check(task)
    except ConfigErrors as error:
        return "misfit", [keys for keys, _ in error.found]
    return "right", []
