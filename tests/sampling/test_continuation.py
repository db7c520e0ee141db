"""Going on with a text in one graph: as the model itself would, token by token."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.data.task import Input, Output, Task
from dlpy.sampling.text import Continuation, Manner, draw

pytestmark = pytest.mark.slow  # imports Keras

WINDOW, TOKENS = 12, 9
EVERY = Task.single(Input("sequence", (WINDOW,), TOKENS), Output("tokens", TOKENS, steps=WINDOW))
LAST = Task.single(Input("sequence", (WINDOW,), TOKENS), Output("tokens", TOKENS))
ALL = np.ones(TOKENS, bool)
OPENING = np.array([3, 1, 4, 1, 5], np.int32)
FAMILIES = [
    {"cell": "lstm", "embedding": "one_hot"},
    {"cell": "lstm", "units": [6, 5], "dropout": 0.3, "recurrent_dropout": 0.2, "head": [7], "head_dropout": 0.5},
    {"cell": "gru", "embedding": 4, "units": [6, 4]},
    {"cell": "gru", "reset_after": False, "recurrent_activation": "hard_sigmoid"},
    {"cell": "simple", "activation": ["tanh", "relu"], "units": [5, 6]},
]


def network(task: Task, **family: object) -> keras.Model:
    keras.utils.set_random_seed(3)
    model = Model.registry.get("rnn").model_validate({"name": "rnn", "units": 8, **family}).build(task)
    for variable in model.trainable_variables:
        variable.assign(variable * 3)  # so that probabilities differ
    return model


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_at_temperature_0_it_is_the_likeliest_that_the_model_gives_for_the_growing_text(family: dict) -> None:
    model = network(EVERY, **family)
    (found,) = Continuation(model, ALL)(OPENING, 7, Manner((0.0,)))
    text = OPENING.tolist()
    for _ in range(7):
        filled = np.array([text + [0] * (WINDOW - len(text))])
        text.append(int(np.argmax(np.asarray(model(filled))[0, len(text) - 1])))
    assert found.tolist() == text[len(OPENING) :]


def test_the_state_kept_is_that_of_the_whole_text_read_anew() -> None:
    model = network(LAST, cell="lstm", embedding="one_hot")
    text = np.arange(WINDOW, dtype=np.int32) % TOKENS
    (found,) = Continuation(model, ALL)(text, 1, Manner((0.0,)))
    assert found[0] == np.argmax(np.asarray(model(text[None]))[0])


def test_the_same_seed_writes_the_same_and_another_one_something_else() -> None:
    write = Continuation(network(EVERY), ALL)
    first, again, other = (write(OPENING, 60, Manner((1.0,), None, seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_texts_longer_than_a_call_go_on_where_it_ended(monkeypatch) -> None:
    write = Continuation(network(EVERY), ALL)
    whole = write(OPENING, 50, Manner((0.7, 1.0)))
    monkeypatch.setattr("dlpy.sampling.text._TOKENS_A_CALL", 7)
    np.testing.assert_array_equal(write(OPENING, 50, Manner((0.7, 1.0))), whole)
    assert whole.shape == (2, 50)


def test_it_is_traced_once_and_sees_weights_as_they_are() -> None:
    model = network(EVERY)
    write = Continuation(model, ALL)
    before = write(OPENING, 40, Manner((0.0,)))
    for variable in model.trainable_variables:
        variable.assign(-variable)
    assert not np.array_equal(write(OPENING, 40, Manner((0.0,))), before)
    assert write._go_on.experimental_get_tracing_count() == 1


def test_what_may_not_be_written_never_is() -> None:
    writable = np.arange(TOKENS) != 4
    found = Continuation(network(EVERY), writable)(OPENING, 500, Manner((0.0, 5.0)))
    assert 4 not in found
    assert len(np.unique(found[1])) == TOKENS - 1


def drawn(probabilities: list[float], temperature: float, top_k: int, draws: int = 20_000) -> np.ndarray:
    """Return the share of each token among draws."""
    noise = tf.random.stateless_uniform((draws, len(probabilities)), [1, 2], 1e-20)
    given = tf.repeat(tf.constant([probabilities]), draws, axis=0)
    how = (tf.fill([draws], temperature), tf.constant(top_k))
    tokens = draw(given, tf.zeros(len(probabilities)), how, -tf.math.log(-tf.math.log(noise)))
    return np.bincount(tokens, minlength=len(probabilities)) / draws


def test_temperature_sharpens_and_flattens_as_it_should() -> None:
    given = np.array([0.6, 0.3, 0.1], np.float32)
    np.testing.assert_allclose(drawn([0.6, 0.3, 0.1], 1.0, 3), given, atol=0.01)
    squared = given**2 / (given**2).sum()  # temperature 1/2
    np.testing.assert_allclose(drawn([0.6, 0.3, 0.1], 0.5, 3), squared, atol=0.01)
    assert drawn([0.3, 0.6, 0.1], 1e-4, 3).tolist() == [0, 1, 0]
    assert drawn([0.3, 0.6, 0.1], 0.0, 3).tolist() == [0, 1, 0]
    shares = [drawn([0.6, 0.3, 0.1], temperature, 3) for temperature in (0.2, 0.5, 1.0, 1.2, 5.0)]
    entropies = [-(share[share > 0] * np.log(share[share > 0])).sum() for share in shares]
    assert entropies == sorted(entropies)
    assert entropies[-1] < np.log(3)


def test_top_k_leaves_the_likeliest_and_their_proportion() -> None:
    share = drawn([0.2, 0.1, 0.4, 0.3], 1.0, 2)
    np.testing.assert_allclose(share, [0, 0, 4 / 7, 3 / 7], atol=0.01)
    assert drawn([0.2, 0.1, 0.4, 0.3], 1.0, 1).tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize("options", [((-0.1,),), ((float("nan"),),), ((float("inf"),),), ((1.0,), 0)])
def test_a_manner_that_makes_no_sense_is_refused(options: tuple) -> None:
    with pytest.raises(ConfigError, match=r"temperature .*: expected 0|top-k 0: expected"):
        Manner(*options)
