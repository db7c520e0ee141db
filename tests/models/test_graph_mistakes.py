"""Each mistake in a graph is one line with its own number, found without Keras."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dlpy.data.task import Input, Output, Task
from tests.machine import seconds
from tests.model_mistakes import mistakes_in

TASK = Task(
    {
        "words": Input("sequence", (100,), 10_000, padding="front"),
        "photo": Input("array", (64, 64, 3)),
        "facts": Input("array", (8,)),
    },
    {"price": Output("regression"), "sold": Output("binary", 1, ("no", "yes"))},
)
ONE = Task.single(Input("array", (8,)), Output("regression"))
SERIES = Task.single(Input("array", (20, 3)), Output("regression"))
IMAGES = Task.single(Input("array", (9, 9, 3)), Output("regression"))
ANY_SIZE = Task.single(Input("array", (None, None, 3)), Output("regression"))
TEXTS = Task.single(Input("sequence", (100,), 50, padding="front"), Output("regression"))


def mistakes(tmp_path: Path, layers: str, outputs: str = "", task: Task | None = None) -> list[str]:
    """Return the mistakes in a graph, each from its line number on; the first layer is in line 4."""
    behind = f"  outputs: {outputs}\n" if outputs else ""
    return mistakes_in(tmp_path, f"  name: graph\n  layers:\n{layers}{behind}", task)


def rows(*layers: str) -> str:
    return "".join(f"    {layer}\n" for layer in layers)


OF_THE_FILE = {
    "unknown layer": ("a: {layer: Denze, units: 3}", "4: model.layers.a.layer: Keras has no layer 'Denze'. Did you mean 'Dense'?"),
    "lower case": ("a: {layer: lstm, units: 3}", "4: model.layers.a.layer: Keras has no layer 'lstm'. Did you mean 'LSTM'?"),
    "function": ("a: {layer: Lambda}", "4: model.layers.a.layer: Lambda cannot be a layer of a graph, which takes and gives tensors of numbers."),
    "unknown option": ("a: {layer: Concatenate, axes: 1, of: [x, y]}",
                       "4: model.layers.a.axes: unknown option of Concatenate. Did you mean 'axis'? Known: axis, trainable."),
    "missing option": ("a: {layer: Dense}", "4: model.layers.a.units: required."),
    "missing options": ("a: {layer: Conv2D}", "4: model.layers.a.filters: required. Also required: kernel_size."),
    "no whole number": ("a: {layer: Dense, units: 2.5}", "4: model.layers.a.units: expected a whole number, 1 or more, got 2.5."),
    "no units": ("a: {layer: Dense, units: 0}", "4: model.layers.a.units: expected a whole number, 1 or more, got 0."),
    "size": ("a: {layer: Conv2D, filters: 3, kernel_size: [3, 0]}",
             "4: model.layers.a.kernel_size: expected whole numbers, 1 or more, got [3, 0]."),
    "rate": ("a: {layer: Dropout, rate: 1.5}", "4: model.layers.a.rate: expected a number from 0 to 1, got 1.5."),
    "true": ("a: {layer: LSTM, units: 3, return_sequences: 1}", "4: model.layers.a.return_sequences: expected true or false, got 1."),
    "two tensors": ("a: {layer: LSTM, units: 3, return_state: true}",
                    "4: model.layers.a.return_state: a layer of a graph gives one tensor: leave this option out."),
    "padding": ("a: {layer: Conv2D, filters: 3, kernel_size: 3, padding: causal}",
                "4: model.layers.a.padding: 'causal' is no padding of Keras. Known: same, valid."),
    "initializer": ("a: {layer: Dense, units: 3, kernel_initializer: {name: RandomNormal, std: 0.1}}",
                    "4: model.layers.a.kernel_initializer.std: unknown option of RandomNormal. Did you mean 'stddev'? Known: mean, seed, stddev."),
    "wrapped": ("a: {layer: Bidirectional, wrapped: {layer: LSTM, unit: 3}}",
                "4: model.layers.a.wrapped.unit: unknown option of LSTM. Did you mean 'units'?"),
    "nothing wrapped": ("a: {layer: TimeDistributed}", "4: model.layers.a.wrapped: required."),
    "no kind": ("a: {units: 3}", "4: model.layers.a: expected one of 'layer', 'family' and 'like', got 0."),
    "two kinds": ("a: {layer: Dense, like: b}", "4: model.layers.a: expected one of 'layer', 'family' and 'like', got 2."),
    "number": ("a: 3", "4: model.layers.a: expected a mapping such as {layer: Dense, units: 32}."),
    "of": ("a: {layer: Dense, units: 3, of: {b: c}}", "4: model.layers.a.of: expected the name of an input or of a layer above, or a list of names."),
    "family": ("a: {family: convnett}", "4: model.layers.a.family: unknown model 'convnett'. Did you mean 'convnet'?"),
    "option of a family": ("a: {family: convnet, filterz: 3}", "4: model.layers.a.filterz: unknown option. Did you mean 'filters'?"),
    "value of a family": ("a: {family: convnet, filters: [-3]}", "4: model.layers.a.filters.0: must be greater than 0, got -3."),
    "generative": ("a: {family: vae}", "4: model.layers.a.family: vae has no features that another layer could use."),
    "features": ("a: {family: pretrained, base: vgg16, train: features}",
                 "4: model.layers.a: pretrained transforms the rows before training, which a block cannot: use 'train: frozen'."),
    "cycle": ("a: {layer: Dense, units: 3, of: a}", "4: model.layers.a.of: its own output cannot go into a layer: that is a cycle."),
    "like with options": ("a: {layer: Dense, units: 3}\n    b: {like: a, units: 4}",
                          "5: model.layers.b: it shares the layer 'a' with all its options: remove 'units'."),
    "like nothing": ("a: {layer: Dense, units: 3}\n    b: {like: c}", "5: model.layers.b.like: there is no layer 'c'."),
    "later": ("a: {layer: Dense, units: 3, of: b}\n    b: {layer: Dense, units: 3}",
              "4: model.layers.a.of: 'b' comes later, and layers stand in the order in which data flows: move it above this layer."),
    "merge of one": ("a: {layer: Dense, units: 3}\n    b: {layer: Add}",
                     "5: model.layers.b: Add merges two or more tensors, not 1: list them, such as 'of: [a, b]'."),
    "several into one": ("a: {layer: Dense, units: 3}\n    b: {layer: Dense, units: 3, of: [a, c]}",
                         "5: model.layers.b.of: Dense takes one tensor, not 2: join them first, such as with {layer: Concatenate}."),
    "attention of one": ("a: {layer: Dense, units: 3}\n    b: {layer: Attention}",
                         "5: model.layers.b: Attention takes a list of query and value, and the key if it is not the value, not 1."),
    "dangling": ("a: {layer: Dense, units: 3}\n    b: {layer: Dense, units: 3, of: facts}",
                 "4: model.layers.a: nothing uses this layer: name it in 'of' of a layer below or in 'outputs', or remove it."),
    "name": ("a/b: {layer: Dense, units: 3}", "4: model.layers.a/b: the name of a layer has letters, digits, '_', '-' and '.', a letter first."),
}  # fmt: skip


@pytest.mark.parametrize("case", OF_THE_FILE)
def test_mistakes_that_the_file_alone_shows(case: str, tmp_path) -> None:
    layers, wanted = OF_THE_FILE[case]
    (line,) = mistakes(tmp_path, rows(layers))
    assert line.startswith(wanted)


def test_all_mistakes_come_at_once_in_the_order_of_the_file(tmp_path) -> None:
    layers = rows("a: {layer: Denze}", "b: {layer: Dense, units: 0}", "c: {layer: Dense, units: 3, activation: rellu}")
    found = mistakes(tmp_path, layers)
    assert [line.partition(":")[0] for line in found] == ["4", "5", "6"]
    assert found[2].startswith("6: model.layers.c.activation: 'rellu' is no activation of Keras. Did you mean 'relu'?")


def test_an_output_of_no_layer(tmp_path) -> None:
    (line,) = mistakes(tmp_path, rows("a: {layer: Dense, units: 3}"), "{price: b}")
    assert line == "5: model.outputs.price: there is no layer 'b'. Known: a."


def test_no_layers(tmp_path) -> None:
    assert mistakes(tmp_path, "    {}\n") == ["3: model.layers: must not be empty."]


OF_THE_TASK = {
    "unknown input": (SERIES, "a: {layer: LSTM, units: 3, of: inputt}",
                      "4: model.layers.a.of: there is no input or layer 'inputt'. Did you mean 'input'?"),
    "name of an input": (ONE, "input: {layer: Dense, units: 3}", "4: model.layers.input: an input has this name too: rename the layer."),
    "name of an output": (ONE, "target: {layer: Dense, units: 3}",
                          "4: model.layers.target: an output has this name, which its last layer gets: rename this layer."),
    "flat rows into LSTM": (ONE, "a: {layer: LSTM, units: 3}",
                            "4: model.layers.a: it needs sequences of vectors (time, size), not (8)."),
    "sequences into Conv2D": (SERIES, "a: {layer: Conv2D, filters: 3, kernel_size: 3}",
                              "4: model.layers.a: it needs images (height, width, channels), not (20, 3)."),
    "integers into LSTM": (TEXTS, "a: {layer: LSTM, units: 3}",
                           "4: model.layers.a: LSTM cannot read the integers of a sequence: put {layer: Embedding} in front."),
    "numbers into Embedding": (ONE, "a: {layer: Embedding, output_dim: 3}",
                               "4: model.layers.a: Embedding reads the integers of a sequence, not numbers: use {layer: Dense}."),
    "small Embedding": (TEXTS, "a: {layer: Embedding, input_dim: 40, output_dim: 3}\n    b: {layer: LSTM, units: 3}",
                        "4: model.layers.a.input_dim: the input has integers up to 49: leave this option out."),
    "nothing left": (IMAGES, "a: {layer: Conv2D, filters: 3, kernel_size: 7}\n    b: {layer: MaxPooling2D, pool_size: 4}\n    c: Flatten",
                     "5: model.layers.b: nothing is left of a side of 3 behind a window of 4: use 'padding: same'."),
    "different shapes": (SERIES, "a: {layer: LSTM, units: 3}\n    b: {layer: LSTM, units: 4, of: input}\n    c: {layer: Add, of: [a, b]}",
                         "6: model.layers.c: it needs tensors of one shape, not (3) and (4)."),
    "different sides": (IMAGES, "a: {layer: Conv2D, filters: 3, kernel_size: 3}\n    b: {layer: Concatenate, of: [a, input]}\n    c: Flatten",
                        "5: model.layers.b: it joins tensors that differ in one axis only (axis: -1), not (7, 7, 3) and (9, 9, 3)."),
    "different ranks": (SERIES, "a: {layer: LSTM, units: 3}\n    b: {layer: Concatenate, of: [a, input]}",
                        "5: model.layers.b: it joins tensors with one number of axes, not (3) and (20, 3)."),
    "unknown size": (ANY_SIZE, "a: Flatten\n    b: {layer: Dense, units: 3}",
                     "5: model.layers.b: its weights need a known number of features, and (?) has none."),
    "reshape": (ONE, "a: {layer: Reshape, target_shape: [3, 3]}\n    b: Flatten",
                "4: model.layers.a: target_shape: [3, 3] does not hold the 8 numbers of (8)."),
    "weights of another size": (SERIES, "a: {layer: Dense, units: 4}\n    b: {like: a, of: a}\n    c: Flatten",
                                "5: model.layers.b: it has the weights of 'a', for (20, 3): they do not fit (20, 4)."),
    "family of another size": (SERIES, "a: {layer: Conv1D, filters: 3, kernel_size: 2}\n    b: {family: conv1d, filters: [4], kernel: 3, of: input}\n"
                               "    c: {like: b, of: a}\n    d: {layer: Add, of: [b, c]}",
                               "6: model.layers.c: it has the weights of 'b', for (20, 3): they do not fit (19, 3)."),
    "no vector": (SERIES, "a: {layer: LSTM, units: 3, return_sequences: true}",
                  "4: model.layers.a: the last layer needs one vector for each row, and 'a' gives (20, 3): put {layer: Flatten} or a global pooling layer behind it."),
    "family": (ONE, "a: {family: convnet}", "4: model.layers.a: convnet needs images (height, width, channels), not array rows of shape (8)"),
    "unknown output": (ONE, "a: {layer: Dense, units: 3}\n  outputs: {tarhget: a}",
                       "5: model.outputs.tarhget: the data has no output 'tarhget'. Did you mean 'target'?"),
}  # fmt: skip


@pytest.mark.parametrize("case", OF_THE_TASK)
def test_mistakes_that_the_data_shows(case: str, tmp_path) -> None:
    task, layers, wanted = OF_THE_TASK[case]
    assert mistakes(tmp_path, rows(layers)) == [] or "outputs" in layers
    line = mistakes(tmp_path, rows(layers), task=task)[0]
    assert line.startswith(wanted)


JOINED = rows(
    "code: {layer: Embedding, output_dim: 8, of: words}",
    "read: {layer: LSTM, units: 8}",
    "seen: {family: convnet, filters: [4], of: photo}",
    "joined: {layer: Concatenate, of: [read, seen, facts]}",
)


def test_a_right_graph_has_no_mistakes(tmp_path) -> None:
    assert mistakes(tmp_path, JOINED, "{price: joined, sold: seen}", TASK) == []


def test_an_output_of_which_only_the_file_knows_more_needs_only_its_name(tmp_path) -> None:
    unknown = Task(TASK.inputs, {"price": Output("unknown"), "sold": Output("binary")})  # type: ignore
    assert mistakes(tmp_path, JOINED, "{price: code, sold: joined}", unknown) == []


def test_a_missing_output(tmp_path) -> None:
    (line,) = mistakes(tmp_path, JOINED, "{price: joined}", TASK)
    assert line == "8: model.outputs: the output 'sold' of the data is missing: give it a layer."


def test_outputs_that_are_needed(tmp_path) -> None:
    (line,) = mistakes(tmp_path, JOINED, task=TASK)
    assert line == (
        "1: model.outputs: required, because the task has several: outputs: {price: ..., sold: ...}, each with a layer."
    )


def test_an_input_that_nothing_uses(tmp_path) -> None:
    layers = JOINED.replace("[read, seen, facts]", "[read, seen]")
    (line,) = mistakes(tmp_path, layers, "{price: joined, sold: joined}", TASK)
    assert line == "3: model.layers: no layer uses the input 'facts': name it in 'of', or remove it from the data."


def test_a_first_layer_of_one_of_several_inputs(tmp_path) -> None:
    layers = JOINED.replace(", of: words", "")
    (line,) = mistakes(tmp_path, layers, "{price: joined, sold: joined}", TASK)
    assert line == "4: model.layers.code: say with 'of' which input goes in: words, photo, facts."


def test_a_misspelt_name_in_a_list(tmp_path) -> None:
    layers = JOINED.replace("[read, seen, facts]", "[raed, seen, facts]")
    (line,) = mistakes(tmp_path, layers, "{price: joined, sold: joined}", TASK)
    assert line.startswith("7: model.layers.joined.of.0: there is no input or layer 'raed'. Did you mean 'read'?")


def test_a_line_of_its_own_in_the_block_style(tmp_path) -> None:
    layers = "    read:\n      layer: LSTM\n      units: 8\n      dropout: 2\n"
    assert mistakes(tmp_path, layers) == ["7: model.layers.read.dropout: expected a number from 0 to 1, got 2."]


def test_a_graph_of_forty_layers_is_checked_in_milliseconds(tmp_path) -> None:
    blocks = []
    for number in range(13):
        above = f"sum{number - 1}" if number else "input"
        options = "filters: 3, kernel_size: 3, padding: same, activation: relu"
        blocks += [f"a{number}: {{layer: Conv2D, {options}, of: {above}}}", f"b{number}: {{layer: Conv2D, {options}}}"]
        blocks.append(f"sum{number}: {{layer: Add, of: [b{number}, {above}]}}")
    layers = rows(*blocks, "top: GlobalAveragePooling2D")
    assert mistakes(tmp_path, layers, task=IMAGES) == []
    began = time.process_time()
    assert len(mistakes(tmp_path, layers.replace("kernel_size: 3", "kernel_size: 0"), task=IMAGES)) == 26
    assert time.process_time() - began < seconds(0.1)
