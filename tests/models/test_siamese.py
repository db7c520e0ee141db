"""`siamese` and `embedding`: one encoder for all inputs, what is compared, and the mistakes in their options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.data.task import Input, Output, Task
from tests.model_mistakes import mistakes_in

pytestmark = pytest.mark.slow

SERIES, SAME = Input("array", (6, 2)), Output("binary", 1, ("no", "yes"))
TASK = Task({"left": SERIES, "right": SERIES}, {"same": SAME})
WORDS = Input("sequence", (8,), 20, padding="front", vocabulary_of="left")
TEXTS = Task({"left": WORDS, "right": WORDS}, {"same": SAME})
RNN = {"family": "rnn", "units": 5}


def family(name: str = "siamese", **options: Any) -> Model:
    return Model.registry.get(name).model_validate({"name": name, "encoder": RNN, **options})


def built(task: Task, **options: Any) -> keras.Model:
    model = family(**options)
    model.check(task)
    keras.utils.set_random_seed(3)
    return model.build(task)


def pair(count: int = 5) -> dict[str, np.ndarray]:
    left, right = np.random.default_rng(4).normal(size=(2, count, 6, 2)).astype(np.float32)
    return {"left": left, "right": right}


def codes(model: keras.Model, given: dict[str, np.ndarray]) -> list[np.ndarray]:
    encoder = model.get_layer("encoder")
    return [np.asarray(encoder(given[name])) for name in ("left", "right")]


def seen_by_the_last_layer(model: keras.Model, given: dict[str, np.ndarray]) -> np.ndarray:
    last = model.get_layer("same")
    return np.asarray(keras.Model(model.inputs, last.input)(given))


def test_both_sides_share_their_weights() -> None:
    model = built(TASK)
    encoders = [layer for layer in model.layers if layer.name == "encoder"]
    assert len(encoders) == 1
    assert len(encoders[0].weights) == 3
    assert model.count_params() == encoders[0].count_params() + 2 * 5 + 1


def test_what_is_compared() -> None:
    given = pair()
    for how in ("difference", "product", "both", "concatenate"):
        model = built(TASK, compare=how)
        u, v = codes(model, given)
        wanted = {
            "difference": np.abs(u - v),
            "product": u * v,
            "both": np.hstack([np.abs(u - v), u * v]),
            "concatenate": np.hstack([u, v]),
        }[how]
        np.testing.assert_allclose(seen_by_the_last_layer(model, given), wanted, atol=1e-6, err_msg=how)


def test_the_cosine_is_that_of_the_codes_and_starts_with_a_rising_slope() -> None:
    given, model = pair(), built(TASK, compare="cosine")
    u, v = codes(model, given)
    cosine = (u * v).sum(axis=1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)
    np.testing.assert_allclose(seen_by_the_last_layer(model, given)[:, 0], cosine, atol=1e-5)
    assert float(model.get_layer("same").kernel[0, 0]) == 10.0


def test_the_distance_itself_is_the_prediction() -> None:
    given, model = pair(), built(TASK, compare="distance")
    u, v = codes(model, given)
    np.testing.assert_allclose(model(given)[:, 0], np.exp(-np.linalg.norm(u - v, axis=1)), atol=1e-5)


def test_codes_can_have_a_size_and_length_1() -> None:
    given, model = pair(), built(TASK, compare="product", size=3, normalize=True)
    seen = seen_by_the_last_layer(model, given)
    assert seen.shape == (5, 3)
    coded = keras.Model(model.inputs, family(size=3, normalize=True).coded(model))(given)
    np.testing.assert_allclose(np.linalg.norm(coded["left"], axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(seen, np.asarray(coded["left"]) * np.asarray(coded["right"]), atol=1e-6)


@pytest.mark.parametrize("how", ["both", "difference", "product", "cosine", "distance"])
def test_sides_can_be_exchanged(how: str) -> None:
    given, model = pair(), built(TASK, compare=how)
    turned = {"left": given["right"], "right": given["left"]}
    np.testing.assert_array_equal(model(given), model(turned))


def test_padding_changes_no_prediction() -> None:
    model = built(TEXTS)
    short = np.array([[3, 4, 5]], np.int32)
    padded = np.array([[0, 0, 0, 0, 0, 3, 4, 5]], np.int32)
    first, second = ({"left": x, "right": x[:, ::1] + (x > 0)} for x in (short, padded))
    np.testing.assert_allclose(model(first), model(second), atol=1e-6)


def test_a_larger_vocabulary_on_the_right_has_vectors_too() -> None:
    small, large = (Input("sequence", (8,), size, padding="front") for size in (20, 50))
    model = built(Task({"left": small, "right": large}, {"same": SAME}))
    given = {"left": np.full((1, 8), 19, np.int32), "right": np.full((1, 8), 49, np.int32)}
    assert np.isfinite(model(given)).all()


def embedding(task: Task, **options: Any) -> tuple[keras.Model, Task]:
    model = family("embedding", size=4, **options)
    (transform,) = model.transforms()
    return built(transform.outline(task), name="embedding", size=4, **options), transform.outline(task)


def test_an_embedding_is_the_codes_side_by_side() -> None:
    given = pair()
    model, task = embedding(TASK)
    assert (task.outputs["same"].kind, task.outputs["same"].units) == ("codes", 8)
    coded = keras.Model(model.inputs, family("embedding", size=4).coded(model))(given)
    np.testing.assert_allclose(model(given), np.hstack([coded["left"], coded["right"]]), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(coded["left"], axis=1), 1, atol=1e-5)


def test_an_embedding_of_classes_is_one_code() -> None:
    model, task = embedding(Task.single(SERIES, Output("multiclass", 3, ("a", "b", "c"))))
    assert (task.output.kind, task.output.units, task.output.classes) == ("codes", 4, ("a", "b", "c"))
    assert model.output_shape == (None, 4)


MISFITS = {
    "one input": (Task.single(SERIES, SAME), {}, "siamese compares two inputs for one output, not 1 and 1"),
    "two kinds": (Task({"left": SERIES, "right": WORDS}, {"same": SAME}), {}, "'left' has array rows of shape"),
    "two vocabularies": (
        Task({"left": WORDS, "right": Input("sequence", (8,), 20, padding="front", vocabulary_of="right")}, {"same": SAME}),
        {},
        "replace the transforms of 'right' by 'like: left'",
    ),
    "a distance of numbers": (
        Task({"left": SERIES, "right": SERIES}, {"same": Output("regression")}),
        {"compare": "distance"},
        "distance predicts binary targets alone, not regression",
    ),
    "a distance with a head": (TASK, {"compare": "distance", "head": [3]}, "remove 'head'"),
    "two lengths": (
        Task({"left": SERIES, "right": Input("array", (7, 2))}, {"same": SAME}), {}, "they do not fit",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MISFITS)
def test_a_task_that_does_not_fit_is_one_line(case: str) -> None:
    task, options, wanted = MISFITS[case]
    with pytest.raises(ConfigError) as error:
        family(**options).check(task)
    assert wanted in str(error.value)


NOT_FOR_CODES = {
    "a number": (Task.single(SERIES, Output("regression")), "embedding of one input needs classes, not regression"),
    "pairs with classes": (Task({"a": SERIES, "b": SERIES}, {"y": Output("multiclass", 3)}), "needs a binary target"),
    "one-hot": (Task.single(SERIES, Output("multiclass", 3, one_hot=True)), "remove 'one_hot'"),
    "three inputs": (Task({"a": SERIES, "b": SERIES, "c": SERIES}, {"y": SAME}), "not 3 inputs and 1 outputs"),
}


@pytest.mark.parametrize("case", NOT_FOR_CODES)
def test_an_embedding_says_what_it_needs(case: str) -> None:
    task, wanted = NOT_FOR_CODES[case]
    (transform,) = family("embedding").transforms()
    with pytest.raises(ConfigError, match=wanted):
        transform.outline(task)


OF_THE_FILE = {
    "unknown family": ("  encoder: {family: rnnn}", "3: model.encoder.family: unknown model 'rnnn'. Did you mean 'rnn'?"),
    "unknown option": ("  encoder: {family: rnn, unit: 3}", "3: model.encoder.unit: unknown option. Did you mean 'units'?"),
    "no family": ("  encoder: {units: 3}", "3: model.encoder: expected a model family and its options"),
    "not a way": ("  compare: cosin", "3: model.compare: "),
    "misspelled": ("  normalise: true", "3: model.normalise: unknown option. Did you mean 'normalize'?"),
}  # fmt: skip


@pytest.mark.parametrize("case", OF_THE_FILE)
def test_mistakes_of_the_file_are_one_line_each(case: str, tmp_path: Path) -> None:
    options, wanted = OF_THE_FILE[case]
    (line,) = mistakes_in(tmp_path, f"  name: siamese\n{options}\n", TASK)
    assert line.startswith(wanted)


def test_an_encoder_that_does_not_fit_is_placed(tmp_path: Path) -> None:
    (line,) = mistakes_in(tmp_path, "  name: siamese\n  encoder: convnet\n", TASK)
    assert line.startswith("3: model.encoder: convnet needs images")
