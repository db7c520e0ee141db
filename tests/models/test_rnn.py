"""Recurrent networks: the book's numbers of parameters, and its loop."""

import keras
import numpy as np
import pytest

from dlpy.components.model import Model
from dlpy.data.task import Input, Output, Task

pytestmark = pytest.mark.slow  # imports Keras

REVIEWS = Task.single(Input("sequence", (500,), 10_000, padding="front"), Output("binary"))
SHORT = Task.single(Input("sequence", (20,), 10_000, padding="front"), Output("binary"))
GLOVE = Task.single(Input("sequence", (100,), 10_000, padding="front"), Output("binary"))
CLIMATE = Task.single(Input("array", (240, 14)), Output("regression"))
NIETZSCHE = Task.single(Input("sequence", (60,), 57), Output("tokens", 57))
BOOKS_GRU = {"reset_after": False, "recurrent_activation": "hard_sigmoid"}


@pytest.mark.parametrize(
    ("family", "task", "parameters"),
    [
        ({"name": "dense", "units": [], "embedding": 8}, SHORT, 80_161),
        ({"name": "dense", "units": [32], "embedding": 100}, GLOVE, 1_320_065),
        ({"name": "rnn", "cell": "simple", "units": 32}, REVIEWS, 322_113),
        ({"name": "rnn", "cell": "simple", "units": [32, 32, 32, 32]}, REVIEWS, 328_353),
        ({"name": "rnn", "cell": "lstm", "units": 32}, REVIEWS, 328_353),
        ({"name": "dense", "units": [32]}, CLIMATE, 107_585),
        ({"name": "rnn", "cell": "gru", "units": 32}, CLIMATE, 4_641),
        ({"name": "rnn", "cell": "gru", "units": 32, **BOOKS_GRU}, CLIMATE, 4_545),
        ({"name": "rnn", "cell": "gru", "units": [32, 64], "activation": ["tanh", "relu"]}, CLIMATE, 23_489),
        ({"name": "rnn", "cell": "gru", "units": [32, 64], **BOOKS_GRU}, CLIMATE, 23_201),
        ({"name": "rnn", "cell": "lstm", "embedding": 128}, REVIEWS, 1_300_641),
        ({"name": "rnn", "cell": "lstm", "bidirectional": True}, REVIEWS, 336_705),
        ({"name": "rnn", "cell": "gru", "bidirectional": True}, CLIMATE, 9_281),
        ({"name": "rnn", "cell": "gru", "bidirectional": True, **BOOKS_GRU}, CLIMATE, 9_089),
        ({"name": "rnn", "cell": "lstm", "units": 128, "embedding": "one_hot"}, NIETZSCHE, 102_585),
        ({"name": "conv1d", "embedding": 128, "filters": [32, 32], "kernel": 7, "pooling": [5, 1]}, REVIEWS, 1_315_937),
        ({"name": "conv1d", "filters": [32, 32, 32], "pooling": [3, 3, 1]}, CLIMATE, 12_609),
        ({"name": "conv1d", "filters": [32, 32], "pooling": [3, 1], "recurrent": {"cell": "gru"}}, CLIMATE, 13_793),
        ({"name": "conv1d", "filters": [32, 32], "pooling": [3, 1], "recurrent": {"cell": "gru", **BOOKS_GRU}}, CLIMATE, 13_697),
    ],
)  # fmt: skip
def test_the_books_networks_have_the_books_number_of_parameters(family: dict, task: Task, parameters: int) -> None:
    assert Model.registry.get(family["name"]).model_validate(family).build(task).count_params() == parameters


def test_a_simple_recurrent_layer_is_the_books_loop() -> None:
    task = Task.single(Input("array", (100, 32)), Output("regression", 64))
    family = {"name": "rnn", "cell": "simple", "units": 64}
    network = Model.registry.get("rnn").model_validate(family).build(task)
    layer = next(layer for layer in network.layers if isinstance(layer, keras.layers.SimpleRNN))
    w, u, b = layer.get_weights()
    inputs = np.random.default_rng(0).random((100, 32)).astype(np.float32)
    state = np.zeros(64, np.float32)
    for x in inputs:  # Chollet 2017, listing 6.21
        state = np.tanh(x @ w + state @ u + b)
    given = keras.Model(network.inputs, layer.output)([inputs[None]])
    np.testing.assert_allclose(np.asarray(given)[0], state, rtol=1e-5, atol=1e-6)


def test_what_fills_a_row_up_changes_nothing_with_masking() -> None:
    family = Model.registry.get("rnn").model_validate({"name": "rnn", "embedding": 4, "bidirectional": True})
    network = family.build(SHORT)
    row = np.array([[5, 9, 2, 7]])
    filled = [np.pad(row, ((0, 0), (front, 16 - front))) for front in (0, 16)]
    expected = np.asarray(network(row))
    for longer in filled:
        np.testing.assert_allclose(np.asarray(network(longer)), expected, rtol=1e-5, atol=1e-7)
