"""A transformer continues a text with cached keys and values as it would by reading its window each time."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlpy.components.model import Model
from dlpy.data.task import Input, Output, Task
from dlpy.sampling.text import Continuation, Manner
from dlpy.sampling.text_steps import AttentionStep, reads_tokens, step_of

pytestmark = pytest.mark.slow  # imports Keras

WINDOW, TOKENS = 12, 9
TEXT = Task.single(Input("sequence", (WINDOW,), TOKENS), Output("tokens", TOKENS, steps=WINDOW))
ALL = np.ones(TOKENS, bool)
OPENING = np.array([3, 1, 4, 1, 5], np.int32)
FAMILIES = [
    {"positions": "learned"},
    {"positions": "sinusoidal", "head": [7], "head_dropout": 0.5, "blocks": 1},
    {"positions": "rotary", "dropout": 0.3},
    {"positions": "learned", "embedding": "one_hot"},
]


def network(**family: object) -> keras.Model:
    keras.utils.set_random_seed(3)
    options = {"name": "transformer", "size": 8, "blocks": 2, **family}
    model = Model.registry.get("transformer").model_validate(options).build(TEXT)
    for variable in model.trainable_variables:
        variable.assign(variable * 3)  # so that probabilities differ
    return model


def read_at_once(model: keras.Model, text: list[int]) -> np.ndarray:
    """Return the probabilities of the next token behind each token of a text: (tokens, vocabulary)."""
    windows = [window_of(text[: place + 1]) for place in range(len(text))]
    found = np.asarray(model(np.array([[*tokens, *[0] * (WINDOW - len(tokens))] for tokens in windows])))
    return np.stack([row[len(tokens) - 1] for row, tokens in zip(found, windows, strict=True)])


def window_of(text: list[int]) -> list[int]:
    """Return the tokens that the next one is predicted from: a full window is cut to its last half by the next token."""
    tokens: list[int] = []
    for token in text:
        tokens = [*(tokens if len(tokens) < WINDOW else tokens[-(WINDOW // 2) :]), token]
    return tokens


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_probabilities_from_cached_keys_are_those_of_the_window_also_beyond_its_end(family: dict) -> None:
    model = network(**family)
    text = np.random.default_rng(4).integers(0, TOKENS, 40).tolist()
    step = step_of(model, TOKENS)
    assert isinstance(step, AttentionStep)
    assert [len(window_of([0] * n)) for n in (1, 12, 13, 18, 19)] == [1, 12, 7, 12, 7]
    read, remembered, found = tf.function(step, autograph=False), step.start(1), []
    for token in text:
        probabilities, remembered = read(tf.constant([token], tf.int32), remembered)
        found.append(probabilities.numpy()[0])
    np.testing.assert_allclose(found, read_at_once(model, text), rtol=1e-4, atol=1e-5)


def test_at_temperature_0_the_likeliest_token_of_the_window_is_taken() -> None:
    model = network()
    (found,) = Continuation(model, ALL)(OPENING, 25, Manner((0.0,)))
    text = [*OPENING.tolist(), *found.tolist()]
    assert found.tolist() == read_at_once(model, text)[len(OPENING) - 1 : -1].argmax(-1).tolist()


def test_several_texts_are_continued_at_once_across_calls_and_the_same_seed_repeats_them(monkeypatch) -> None:
    write = Continuation(network(), ALL)
    whole = write(OPENING, 50, Manner((0.0, 0.7, 1.0), None, 1))
    assert len({tuple(text) for text in whole.tolist()}) == 3
    monkeypatch.setattr("dlpy.sampling.text._TOKENS_A_CALL", 7)
    np.testing.assert_array_equal(write(OPENING, 50, Manner((0.0, 0.7, 1.0), None, 1)), whole)
    np.testing.assert_array_equal(write(OPENING, 50, Manner((0.0,))), whole[:1])


def test_one_compiled_operation_reads_a_token_whatever_the_number_of_blocks() -> None:
    def operations(blocks: int) -> int:
        step = step_of(network(blocks=blocks), TOKENS)
        read = tf.function(step, autograph=False)
        graph = read.get_concrete_function(tf.constant([1]), step.start(1)).graph
        return len([one for one in graph.get_operations() if one.type not in ("Placeholder", "Identity", "Const")])

    assert operations(1) == operations(3) < 15


def test_an_opening_longer_than_the_window_is_read_to_its_end() -> None:
    model = network()
    opening = np.arange(3 * WINDOW + 2, dtype=np.int32) % TOKENS
    (found,) = Continuation(model, ALL)(opening, 1, Manner((0.0,)))
    assert found[0] == np.argmax(read_at_once(model, opening.tolist())[-1])


def test_a_network_of_dense_layers_reads_no_tokens() -> None:
    assert reads_tokens(network())
    assert not reads_tokens(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
