import json

import pytest

from dlpy.core.errors import RunError
from dlpy.drawing.figures import draw, style
from dlpy.plots.network import NetworkPlot
from dlpy.runs.network import read_network
from dlpy.runs.verify import verify

BLOCK = {"name": "conv", "kind": "Conv2D", "shape": [4, 4, 2], "weights": 20, "learning": 20}
LAYERS = [
    {"name": "photo", "kind": "input", "shape": [8, 8, 3]},
    {"name": "text", "kind": "input", "shape": [None]},
    {"name": "seen", "kind": "network", "shape": [32], "of": ["photo"], "weights": 1200, "learning": 0, "inside": [BLOCK]},
    {"name": "read", "kind": "LSTM", "shape": [32], "of": ["text"], "weights": 500, "learning": 500},
    {"name": "read (2)", "kind": "LSTM", "shape": [32], "of": ["text"], "same_as": "read"},
    {"name": "joined", "kind": "Concatenate", "shape": [96], "of": ["seen", "read", "read (2)"]},
]  # fmt: skip


def with_network(make_run, layers):
    run = make_run().task("binary").run
    (run.path / "network.json").write_text(json.dumps({"layers": layers}))
    return run


def test_each_use_of_a_layer_has_a_box_with_kind_shape_and_weights(make_run):
    run = with_network(make_run, LAYERS)
    with style():
        figure = NetworkPlot().draw([run])[""]
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts if text.get_text()] == [
        "photo", "input (8, 8, 3)",
        "text", "input (?)",
        "seen", "network of 1 layers (32)", "1,200 weights frozen",
        "read", "LSTM (32)", "500 weights",
        "read (2)", "LSTM (32)", "weights of read",
        "joined", "Concatenate (96)",
    ]  # fmt: skip
    assert figure.get_suptitle() == f"Network of {run.id}"
    assert [path.name for path in draw([run], ["network"], run.plots)] == ["network.png"]


def test_a_run_without_the_file_and_a_network_too_large_to_read_are_not_drawn(make_run, draw_parts):
    assert draw_parts("network", make_run("20260101-120000-chain").task("binary").run) == []
    layers = [{"name": str(number), "kind": "Dense"} for number in range(201)]
    assert draw_parts("network", with_network(make_run, layers)) == []


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([LAYERS[0], LAYERS[0]], "its layers are not in an order in which data flows"),
        ([{"name": "a", "kind": "Dense", "of": ["a"]}], "its layers are not in an order in which data flows"),
        ([{"name": "b", "kind": "LSTM", "same_as": "a"}], "its layers are not in an order in which data flows"),
        ([{"name": "a"}], "entry 'layers.kind' is missing"),
        ([{"name": "a", "kind": "Dense", "shape": ["x"]}], "'layers.shape' is invalid. Expected a whole number"),
    ],
)
def test_layers_that_dlpy_does_not_write_are_damage(make_run, layers, said):
    run = with_network(make_run, layers)
    with pytest.raises(RunError, match=r"network\.json is damaged: ") as caught:
        read_network(run)
    assert said in str(caught.value)
    assert any("network.json is damaged" in damage for damage in verify(run).damages)
