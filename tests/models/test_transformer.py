"""The family `transformer`: what it predicts from, what it refuses, and that padding counts for nothing."""

from typing import Any

import keras
import numpy as np
import pytest

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.data.task import Input, Output, Task
from dlpy.models._inlined import inlined

pytestmark = [
    pytest.mark.slow,  # imports Keras
    pytest.mark.filterwarnings("ignore:.*was passed an input with a mask attached to it"),  # of a network without dlpy
]

FRONT = Task.single(Input("sequence", (12,), 30, padding="front"), Output("regression"))
BACK = Task.single(Input("sequence", (12,), 30, padding="back"), Output("regression"))
SERIES = Task.single(Input("array", (14, 3)), Output("regression"))
IMAGES = Task.single(Input("array", (12, 8, 2)), Output("multiclass", 3))
TEXT = Task.single(Input("sequence", (12,), 9), Output("tokens", 9, steps=12))
POOLS, POSITIONS = ["mean", "max", "last", "token"], ["learned", "sinusoidal", "rotary"]


def family(**options: Any) -> Model:
    return Model.registry.get("transformer").model_validate({"name": "transformer", "size": 8, **options})


def network(task: Task, **options: Any) -> keras.Model:
    keras.utils.set_random_seed(3)
    model = family(**options).build(task)
    for variable in model.trainable_variables:
        variable.assign(variable * 2)  # so that attention is far from a mean
    return model


@pytest.mark.parametrize(  # only the token in front of the others moves their positions: it is tested with each kind
    ("positions", "pool"),
    [*((positions, "token") for positions in POSITIONS), *zip(POSITIONS, ("mean", "max", "last"), strict=True)],
)
@pytest.mark.parametrize("task", [FRONT, BACK], ids=["front", "back"])
def test_padding_changes_no_prediction(task: Task, positions: str, pool: str) -> None:
    model = network(task, positions=positions, pool=pool, blocks=2)
    row = np.array([[5, 9, 2, 7]])
    alone = np.asarray(model(row))
    for length in (6, 12):
        missing = length - 4
        filled = np.pad(row, ((0, 0), (missing, 0) if task is FRONT else (0, missing)))
        np.testing.assert_allclose(np.asarray(model(filled)), alone, rtol=1e-4, atol=1e-5)
    changed = np.asarray(model(np.array([[5, 2, 9, 7]])))
    assert np.abs(changed - alone).max() > 1e-4  # the order counts
    assert np.isfinite(np.asarray(model(np.zeros((1, 12), int)))).all()  # a row without a token


@pytest.mark.filterwarnings("ignore:You are using a softmax")
@pytest.mark.parametrize("pool", POOLS)
def test_a_row_without_a_token_has_the_prediction_of_its_length_1(pool: str) -> None:
    model = network(FRONT, pool=pool, positions="learned")
    np.testing.assert_allclose(
        np.asarray(model(np.zeros((1, 12), int))), np.asarray(model(np.zeros((1, 1), int))), rtol=1e-5
    )


def test_pooling_by_hand() -> None:
    from dlpy.models._pooling import pooled

    x = np.array([[[1, 9], [2, 8], [6, 1]]], np.float32)
    front, back = np.array([[False, True, True]]), np.array([[True, True, False]])
    pooling = {kind: type(pooled(keras.Input((3, 2)), "mean")._keras_history.operation)(kind) for kind in POOLS}
    assert {kind: layer(x).numpy().tolist() for kind, layer in pooling.items()} == {
        "mean": [[3, 6]], "max": [[6, 9]], "last": [[6, 1]], "token": [[1, 9]],
    }  # fmt: skip
    assert {kind: layer(x, mask=front).numpy().tolist() for kind, layer in pooling.items()} == {
        "mean": [[4, 4.5]], "max": [[6, 8]], "last": [[6, 1]], "token": [[1, 9]],
    }  # fmt: skip
    assert {kind: layer(x, mask=back).numpy().tolist() for kind, layer in pooling.items()} == {
        "mean": [[1.5, 8.5]], "max": [[2, 9]], "last": [[2, 8]], "token": [[1, 9]],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("task", "options"),
    [
        (FRONT, {"positions": "learned", "pool": "token"}),
        (BACK, {"blocks": 2}),
        (IMAGES, {"positions": "sinusoidal", "pool": "max"}),
        (TEXT, {"blocks": 2, "positions": "learned"}),
    ],
)
def test_a_saved_network_has_layers_of_keras_alone_and_predicts_the_same(task: Task, options: dict, tmp_path) -> None:
    model, rng = network(task, **options), np.random.default_rng(1)
    plain = inlined(model)
    assert {type(layer).__module__.split(".")[0] for layer in plain.layers} == {"keras"}
    x = rng.normal(size=(3, *task.input.shape)).astype(np.float32)
    if task.input.kind == "sequence":
        x = rng.integers(1, 9, (3, 12))
        x[:2, slice(0, 5) if task is FRONT else slice(7, 12)] = 0
    plain.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(np.asarray(again(x)), np.asarray(model(x)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("positions", POSITIONS)
def test_a_later_token_changes_no_bit_of_the_predictions_before_it(positions: str) -> None:
    model = network(TEXT, positions=positions, blocks=2)
    text = np.arange(12)[None] % 9
    changed = text.copy()
    changed[:, 7:] = (changed[:, 7:] + 3) % 9
    before, after = np.asarray(model(text)), np.asarray(model(changed))
    assert before.shape == (1, 12, 9)
    np.testing.assert_array_equal(after[:, :7], before[:, :7])
    assert np.abs(after[:, 7:] - before[:, 7:]).max(-1).min() > 1e-6


def test_the_number_of_parameters_is_that_of_the_layers() -> None:
    attention, block = 4 * (8 * 8 + 8), 2 * 16 + 8 * 16 + 16 + 16 * 8 + 8
    embedded, last = 30 * 8, 16 + 8 + 1
    assert family().build(FRONT).count_params() == embedded + attention + block + last
    assert family(positions="learned").build(FRONT).count_params() == embedded + 12 * 8 + attention + block + last
    assert family(pool="token").build(FRONT).count_params() == embedded + 8 + attention + block + last
    assert family(embedding=5).build(FRONT).count_params() == 30 * 5 + 6 * 8 + attention + block + last
    assert family(feed_forward=8).build(FRONT).count_params() == embedded + attention + block - 8 * 17 + last
    assert family().build(SERIES).count_params() == 4 * 8 + attention + block + last


def test_an_image_is_cut_into_patches() -> None:
    model = network(IMAGES, positions="learned")
    (convolution,) = (layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    assert convolution.kernel.shape == (4, 4, 2, 8)
    (block,) = (layer for layer in model.layers if type(layer).__name__ == "EncoderBlock")
    assert block.input.shape == (None, 6, 8)
    moved = np.zeros((2, 12, 8, 2), np.float32)
    moved[0, :4, :4] = moved[1, 4:8, 4:8] = 1  # the same patch in two places
    found = np.asarray(model(moved))
    assert np.abs(found[0] - found[1]).max() > 1e-4


@pytest.mark.parametrize(
    ("options", "task", "message"),
    [
        ({"heads": 3}, FRONT, "heads: 3 do not divide the size of 8: use 1, 2, 4 or 8"),
        ({"heads": 8, "positions": "rotary"}, FRONT, "positions: rotary needs heads of even size"),
        ({"patch": 5}, IMAGES, "patch: 5 does not divide the image's side of 12 pixels"),
        ({}, Task.single(Input("array", (6,)), Output("binary")), "use dense, tabm or realmlp"),
        ({}, Task.single(Input("text"), Output("binary")), "add 'tokenize' and 'pad'"),
        ({"embedding": "one_hot"}, FRONT, "one_hot does not mark the padding"),
        ({"output_activation": "relu"}, TEXT, "relu does not give probabilities"),
        ({}, Task.single(Input("sequence", (12,), 9), Output("tokens", 9)), "use 'targets: every'"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(options: dict, task: Task, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        family(**options).check(task)
    assert "\n" not in str(caught.value)


def test_a_resolved_family_states_its_sizes() -> None:
    found: Any = family().resolved(FRONT)
    assert (found.feed_forward, found.embedding.size) == (16, 8)
    assert found.build(FRONT).count_params() == family().build(FRONT).count_params()
