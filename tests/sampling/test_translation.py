"""Decoding against a decoder written by hand in NumPy."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlpy.core.errors import ConfigError
from dlpy.data.task import Input, Output, Task
from dlpy.data.text.marked import END, START
from dlpy.models.seq2seq import Seq2seq
from dlpy.sampling.translation import Search, Translator
from dlpy.sampling.translation_steps import steps_of

pytestmark = pytest.mark.slow

WORDS, LENGTH = 8, 5
CAN = np.arange(WORDS) >= 4
CAN[END] = True
SOURCES = np.arange(40)[:, None]


class Table:
    """The probability of a token depends on the source, the token before and the position."""

    def __init__(self, seed: int) -> None:
        logits = np.random.default_rng(seed).normal(scale=1.5, size=(len(SOURCES), WORDS, LENGTH, WORDS))
        self.table = (np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)).astype(np.float32)

    def read(self, source: tf.Tensor, length: int) -> tuple[Any, Any]:
        return (source[:, 0],), [tf.zeros_like(source[:, :1])]

    def step(self, fixed: Any, states: Any, token: tf.Tensor, position: tf.Tensor) -> tuple[tf.Tensor, Any]:
        place = tf.stack([fixed[0], token, tf.fill(tf.shape(token), position)], axis=1)
        return tf.gather_nd(self.table, place), states


def log_probability(table: np.ndarray, tokens: list[int]) -> float:
    total = 0.0
    for at, (before, token) in enumerate(zip([START, *tokens], tokens, strict=False)):
        total += float(np.log(table[before, at, token]))
    return total / len(tokens)


def by_hand(table: np.ndarray, beam: int) -> list[int]:
    """Return the best text of one source."""
    kept: list[list[int]] = [[]]
    for _ in range(LENGTH):
        longer = [one for one in kept if one[-1:] == [END]]
        longer += [[*one, int(token)] for one in kept if one[-1:] != [END] for token in np.flatnonzero(CAN)]
        kept = sorted(longer, key=lambda one: -log_probability(table, one))[:beam]
    return kept[0]


def trimmed(tokens: np.ndarray) -> list[int]:
    return [int(token) for token in tokens if token]


@pytest.mark.parametrize("beam", [1, 2, 5])
def test_a_search_writes_what_one_by_hand_writes(beam: int) -> None:
    steps = Table(beam)
    written = Translator(steps, CAN, LENGTH)(SOURCES, Search(beam))
    greedy = [by_hand(steps.table[row], 1) for row in range(len(SOURCES))]
    found = [by_hand(steps.table[row], beam) for row in range(len(SOURCES))]
    wanted = [
        max(pair, key=lambda one, t=steps.table[row]: log_probability(t, one))
        for row, pair in enumerate(zip(found, greedy, strict=True))
    ]
    assert [trimmed(tokens) for tokens in written.tokens] == wanted
    assert len({len(one) for one in wanted}) > 1
    likelihood = [log_probability(steps.table[row], one) for row, one in enumerate(wanted)]
    np.testing.assert_allclose(written.likelihood, likelihood, rtol=1e-5)


def test_a_beam_is_never_less_likely_than_the_likeliest_tokens() -> None:
    translator = Translator(Table(7), CAN, LENGTH)
    one, two, five = (translator(SOURCES, Search(beam)).likelihood for beam in (1, 2, 5))
    assert (two >= one).all()
    assert (five >= one).all()
    assert (two > one).any()


def test_samples_follow_the_probabilities_and_their_seed() -> None:
    steps = Table(3)
    translator, many = Translator(steps, CAN, LENGTH), np.zeros((20_000, 1), np.int64)
    first = translator(many, Search(temperature=1.0)).tokens[:, 0]
    wanted = np.where(CAN, steps.table[0, START, 0], 0)
    share = np.bincount(first, minlength=WORDS) / len(many)
    np.testing.assert_allclose(share, wanted / wanted.sum(), atol=0.015)
    again, other = (translator(many, Search(temperature=1.0, seed=seed)).tokens[:, 0] for seed in (0, 1))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize(
    "options",
    [
        {"cell": "gru", "attention": "multiplicative"},
        {"cell": "lstm", "attention": "additive", "layers": 2, "bidirectional": False},
        {"cell": "gru", "attention": "none", "layers": 2},
        {"cell": "transformer", "layers": 2, "heads": 2},
    ],
)
def test_a_step_continues_what_the_model_computes_at_once(options: dict[str, Any]) -> None:
    keras.utils.set_random_seed(1)
    side = Input("sequence", (6,), 12, padding="back")
    target = Input("sequence", (LENGTH,), WORDS, padding="back")
    task = Task({"source": side, "decoder": target}, {"target": Output("tokens", WORDS, steps=LENGTH)})
    family = Seq2seq.model_validate({"name": "seq2seq", "units": 8, "dropout": 0.1, **options})
    family.check(task)
    model, random = family.build(task), np.random.default_rng(2)
    for weight in model.trainable_weights:
        weight.assign(random.normal(scale=0.7, size=weight.shape))
    source = random.integers(1, 12, (3, 6)).astype(np.int32)
    source[0, 4:] = 0
    tokens = random.integers(4, WORDS, (3, LENGTH)).astype(np.int32)
    tokens[:, 0] = START
    wanted: Any = model({"source": source, "decoder": tokens}, training=False)
    steps = steps_of(model)
    fixed, states = steps.read(tf.constant(source), LENGTH)
    for at in range(LENGTH):
        given, states = steps.step(fixed, states, tf.constant(tokens[:, at]), tf.constant(at))
        np.testing.assert_allclose(given, wanted[:, at], rtol=1e-4, atol=1e-6)
    attention = steps.attention(source, tokens)
    if options.get("attention") == "none":
        assert attention is None
    else:
        np.testing.assert_allclose(attention.sum(-1), 1, rtol=1e-5)
        assert (attention[0, :, 4:] == 0).all()
    for beam in (1, 3):
        written = Translator(steps, CAN, LENGTH)(source, Search(beam))
        assert written.tokens.shape == (3, LENGTH)
        assert CAN[written.tokens[written.tokens > 0]].all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beam": 0}, "--beam 0: expected a number from 1 to 100."),
        ({"temperature": -1.0}, "--temperature -1: expected 0 (the likeliest token) or more."),
        ({"beam": 2, "temperature": 0.5}, "give one of them."),
    ],
)
def test_wrong_searches_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Search(**options)
    assert message in str(caught.value)
