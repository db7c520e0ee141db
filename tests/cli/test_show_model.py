"""`dlpy show model`: the network of an experiment as text, for Graphviz and as a drawing."""

import numpy as np
import pytest
from PIL import Image

from dlpy.data.task import Input, Output, Task
from dlpy.models.graph import Graph
from dlpy.networks.summary import dot, table, uses_of
from dlpy.training.network import new_model

pytestmark = pytest.mark.slow

LAYERS = {
    "a": {"layer": "Dense", "units": 3, "activation": "relu"},
    "b": {"like": "a", "of": "input"},
    "c": {"layer": "Concatenate", "of": ["a", "b"]},
}


def test_a_line_for_each_layer_and_the_totals(bench) -> None:
    path = bench.experiment(model={"name": "graph", "layers": LAYERS})
    status, out, err = bench.run("show", "model", path)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "layer   kind         output     weights  from",
        "input   input        (4)",
        "a       Dense        (3)             15  input",
        "b       Dense        (3)     those of a  input",
        "c       Concatenate  (6)                 a, b",
        "target  Dense        (3)             21  c",
        "36 of 36 weights learn; 1 more use of shared layers",
    ]


def test_any_family_is_shown_with_overrides(bench) -> None:
    status, out, _ = bench.run("show", "model", bench.experiment(), "model.units=[8, 5]")
    assert status == 0
    assert [line.split()[:3] for line in out.splitlines()[1:-1]] == [
        ["input", "input", "(4)"], ["dense", "Dense", "(8)"], ["dense_1", "Dense", "(5)"], ["target", "Dense", "(3)"],
    ]  # fmt: skip
    assert out.splitlines()[-1] == "103 of 103 weights learn"


def test_the_language_of_graphviz(bench) -> None:
    path = bench.experiment(model={"name": "graph", "layers": LAYERS})
    status, out, _ = bench.run("show", "model", path, "--dot")
    assert status == 0
    lines = out.splitlines()
    assert (lines[0], lines[-1]) == ('digraph "experiment" {', "}")
    assert '  "a" [label="a\\nDense (3)\\n15 weights"];' in lines
    assert '  "a" -> "c";' in lines
    assert '  "a" -> "b" [dir=none, style=dashed, constraint=false];' in lines


def test_a_drawing(bench) -> None:
    path = bench.experiment(model={"name": "graph", "layers": LAYERS})
    status, _, err = bench.run("show", "model", path, "--png", "network.png")
    assert (status, err) == (0, "")
    image = np.asarray(Image.open("network.png").convert("RGB"))
    assert min(image.shape[:2]) > 200
    assert (image == (0, 0x72, 0xB2)).all(axis=2).sum() > 500  # frames of boxes
    orange = (np.abs(image.astype(int) - (0xD5, 0x5E, 0)) < 40).all(axis=2)
    assert orange.any()  # the line between both uses of a layer


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("model",), "show model: give an experiment file."),
        (("models", "dense", "--dot"), "--dot and --png belong to 'dlpy show model EXPERIMENT'."),
        (("data", "x.yaml", "--png", "x.png"), "--dot and --png belong to 'dlpy show model EXPERIMENT'."),
    ],
)
def test_mistakes_on_the_command_line(arguments: tuple[str, ...], message: str, bench) -> None:
    status, _, err = bench.run("show", *arguments)
    assert (status, err.strip()) == (2, f"error: {message}")


def test_networks_in_networks_are_indented_and_weights_counted_once() -> None:
    layers = {
        "seen": {"family": "convnet", "filters": [4], "units": [5], "of": "photo"},
        "again": {"like": "seen", "of": "other"},
        "joined": {"layer": "Add", "of": ["seen", "again"]},
    }
    photo = Input("array", (8, 8, 3))
    task = Task({"photo": photo, "other": photo}, {"price": Output("regression"), "sold": Output("binary")})
    graph = Graph.model_validate({"name": "graph", "layers": layers, "outputs": {"price": "joined", "sold": "joined"}})
    uses = uses_of(graph.build(task), graph.uses())
    assert [use.name for use in uses] == ["photo", "other", "seen", "again", "joined", "price", "sold"]
    assert sum(use.weights for use in uses) == (27 * 4 + 4) + (36 * 5 + 5) + 2 * 6
    lines = table(uses)
    assert sum(line.startswith("  ") for line in lines) == 5
    assert '"seen" [label="seen\\nnetwork of 5 layers (5)\\n297 weights"];' in dot(uses, "x")


def test_wrapped_layers_and_weights_that_do_not_learn_are_named() -> None:
    text = {
        "a": {"layer": "Bidirectional", "wrapped": {"layer": "GRU", "units": 2}},
        "b": {"layer": "BatchNormalization"},
    }
    graph = Graph.model_validate({"name": "graph", "layers": text})
    model = graph.build(Task.single(Input("array", (5, 3)), Output("regression")))
    model.layers[-1].trainable = False
    assert [line.split("  ")[0].strip() for line in table(uses_of(model))][1:] == ["input", "a", "b", "target"]
    lines = [" ".join(line.split()) for line in table(uses_of(model))]
    assert lines[2:] == [
        "a Bidirectional GRU (4) 84 input",  # 2 x (3 x 6 + 2 x 6 + 2 x 6)
        "b BatchNormalization (4) 16 (8 learn) a",
        "target Dense (1) 5 frozen b",
    ]


def test_the_generator_stands_beside_the_discriminator(bench) -> None:
    small = {"latent": 4, "generator": {"start": 4, "layers": [{"filters": 4, "kernel": 4, "stride": 2}], "kernel": 3},
             "discriminator": {"layers": [{"filters": 4, "kernel": 4, "stride": 2}]}}  # fmt: skip
    data = {
        "name": "mnist",
        "fallback": "stand_in",
        "transforms": [{"name": "rescale", "scale": 0.00784, "offset": -1.0}],
    }
    path = bench.experiment(data=data, model={"name": "gan", **small}, training={"epochs": 1})
    status, out, err = bench.run("show", "model", path)
    assert (status, err) == (0, "")
    tops = [line.split()[0] for line in out.splitlines()[1:-1] if not line.startswith(" ")]
    assert tops == ["input", "discriminator", "verdict", "generator"]


def test_names_in_graphviz_are_quoted() -> None:
    from dlpy.networks.summary import LayerUse

    assert dot([LayerUse('a"b', "Dense", (3,), ())], 'x"').splitlines()[0] == 'digraph "x\\"" {'


def test_the_operations_behind_the_last_layer_are_one_box() -> None:
    task = Task({"x": Input("array", (4,))}, {"size": Output("ordinal", 3, ("s", "m", "l")), "sold": Output("binary")})
    layers = {"h": {"layer": "Dense", "units": 2}}
    family = Graph(name="graph", layers=layers, outputs={"size": "h", "sold": "h"})
    uses = {use.name: use for use in uses_of(new_model(family, task, 0), family.uses())}
    assert uses.keys() == {"x", "h", "size", "sold", "size output"}
    last = uses["size output"]
    assert (last.of, last.shape, last.kind.split()[1], last.weights) == (("size",), (3,), "operations", 0)
