"""`combined` is the functional model that its options describe; its encoders are chosen by the kind of input."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import yaml
from keras import layers

from dlpy.data.task import Input, Output, Task
from dlpy.models.combined import Combined

pytestmark = pytest.mark.slow

WORDS = Input("sequence", (12,), 30, padding="front")
PHOTO, FACTS = Input("array", (8, 8, 3)), Input("array", (5,))
OUTPUTS = {"price": Output("regression"), "sold": Output("binary", 1, ("no", "yes"))}
TASK = Task({"words": WORDS, "photo": PHOTO, "facts": FACTS}, OUTPUTS)
ENCODERS = {
    "words": {"family": "rnn", "units": 6, "embedding": 4},
    "photo": {"family": "convnet", "filters": [3], "units": [7]},
    "facts": {"family": "dense", "units": [5]},
}


def combined(**options: Any) -> Combined:
    return Combined.model_validate({"name": "combined", **options})


def built(task: Task, **options: Any) -> Any:
    family = combined(**options)
    family.check(task)
    keras.utils.set_random_seed(3)
    return family.build(task)


def rows(count: int = 4) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    photo, facts = (rng.normal(size=(count, *shape)).astype(np.float32) for shape in ((8, 8, 3), (5,)))
    return {"words": rng.integers(1, 30, (count, 12)).astype(np.int32), "photo": photo, "facts": facts}


def same(ours: Any, theirs: Any, given: Any) -> None:
    """Assert that weights, in whatever order, and outputs are equal to the bit."""
    weights = [sorted((weight.shape, weight.tobytes()) for weight in model.get_weights()) for model in (ours, theirs)]
    assert weights[0] == weights[1]
    for mine, other in zip(keras.tree.flatten(ours(given)), keras.tree.flatten(theirs(given)), strict=True):
        np.testing.assert_array_equal(mine, other)


def codes() -> tuple[dict[str, Any], list[Any]]:
    """Return the inputs and the codes of ENCODERS, written with Keras alone."""
    words = keras.Input((None,), dtype="int32", name="words")
    photo, facts = keras.Input((8, 8, 3), name="photo"), keras.Input((5,), name="facts")
    vectors = layers.Embedding(30, 4, mask_zero=True)(words)
    read = layers.LSTM(6)(vectors)
    # a block is built with its last layer, which draws its weights
    layers.Dense(1)(read)
    seen = layers.MaxPooling2D()(layers.Activation("relu")(layers.Conv2D(3, 3)(photo)))
    seen = layers.Dense(7, activation="relu")(layers.Flatten()(seen))
    layers.Dense(1)(seen)
    told = layers.Dense(5, activation="relu")(facts)
    layers.Dense(1)(told)
    return {"words": words, "photo": photo, "facts": facts}, [read, seen, told]


def ends(x: Any, price: Any = None) -> dict[str, Any]:
    price = x if price is None else price
    return {"price": layers.Dense(1)(price), "sold": layers.Dense(1, activation="sigmoid")(x)}


def test_codes_one_after_another_lead_through_a_shared_head_and_one_of_an_output() -> None:
    ours = built(TASK, encoders=ENCODERS, head=[9], heads={"price": [8]})
    keras.utils.set_random_seed(3)
    inputs, found = codes()
    x = layers.Dense(9, activation="relu")(layers.Concatenate()(found))
    same(ours, keras.Model(inputs, ends(x, layers.Dense(8, activation="relu")(x))), rows())
    # LSTM 4 x 6 x (4 + 6 + 1), embedding 30 x 4; 3 x 27 + 3 and 27 x 7 + 7; 5 x 6; 18 x 9 + 9; 9 x 8 + 8; 9; 10
    assert ours.count_params() == 264 + 120 + 84 + 196 + 30 + 171 + 80 + 9 + 10


def test_codes_that_are_added_get_one_size() -> None:
    ours = built(TASK, encoders=ENCODERS, join="add", size=10, head=[])
    keras.utils.set_random_seed(3)
    inputs, found = codes()
    x = layers.Add()([layers.Dense(10)(code) for code in found])
    same(ours, keras.Model(inputs, ends(x)), rows())


def test_attention_is_over_the_codes_as_a_short_sequence() -> None:
    ours = built(TASK, encoders=ENCODERS, join="attention", size=10, attention_heads=3, head=[9])
    keras.utils.set_random_seed(3)
    inputs, found = codes()
    sequence = layers.Reshape((3, 10))(layers.Concatenate()([layers.Dense(10)(code) for code in found]))
    x = layers.GlobalAveragePooling1D()(layers.MultiHeadAttention(3, 3)(sequence, sequence))
    same(ours, keras.Model(inputs, ends(layers.Dense(9, activation="relu")(x))), rows())


def test_one_input_has_nothing_to_join() -> None:
    single = Task.single(FACTS, Output("multiclass", 3))
    models = [built(single, encoders={"input": ENCODERS["facts"]}, join=join) for join in ("concatenate", "attention")]
    assert [model.count_params() for model in models] == [5 * 6 + 6 * 64 + 65 * 3] * 2
    assert not isinstance(models[0].input, dict)
    assert models[0].output_shape == (None, 3)


@pytest.mark.parametrize(
    ("task", "outputs"),
    [
        (Task({"facts": FACTS}, OUTPUTS), [(None, 1), (None, 1)]),
        (Task({"words": WORDS, "facts": FACTS}, {"age": Output("regression", 2)}), [(None, 2)]),
        (Task({"facts": FACTS}, {"grade": Output("ordinal", 4, tuple("abcd"))}), [(None, 4)]),
    ],
)
def test_any_number_of_inputs_and_outputs(task: Task, outputs: Any) -> None:
    assert [tensor.shape for tensor in built(task).outputs] == outputs


def test_dropout_is_behind_each_hidden_layer() -> None:
    names = [
        layer.name for layer in built(TASK, encoders=ENCODERS, dropout=0.3, head=[9, 8], heads={"price": [7]}).layers
    ]
    assert [name for name in names if "head" in name] == [
        "head.1", "head.1.dropout", "head.2", "head.2.dropout", "head.price.1", "head.price.1.dropout"
    ]  # fmt: skip
    assert {"words", "photo", "facts", "price", "sold"} <= {*names}


@pytest.mark.parametrize(
    ("given", "family"),
    [
        (FACTS, "dense"),
        (Input("array", (None,)), "dense"),
        (Input("sparse", (300,)), "dense"),
        (Input("array", (32, 32, 3)), "convnet"),
        (WORDS, "conv1d"),
        (Input("array", (30, 4)), "conv1d"),
        (Input("array", (4, 4)), "conv1d"),
        (Input("array", (3, 4)), "rnn"),
    ],
)
def test_encoders_are_chosen_by_the_kind_of_input(given: Input, family: str) -> None:
    chosen = combined().families({"x": given})["x"]
    assert chosen.name == family
    chosen.check(Task.single(given, OUTPUTS["price"]))


def test_the_chosen_encoders_are_written_out_and_mean_the_same() -> None:
    task = Task({"words": WORDS, "photo": Input("array", (40, 40, 3)), "facts": FACTS}, OUTPUTS)
    family = combined(encoders={"facts": {"family": "dense", "units": [4]}})
    resolved = family.resolved(task)
    assert [encoder["family"] for encoder in resolved.encoders.values()] == ["dense", "conv1d", "convnet"]
    assert resolved.encoders["facts"]["units"] == [4]
    assert resolved.encoders["photo"]["kernel"] == 3
    again = Combined.model_validate(yaml.safe_load(yaml.safe_dump(resolved.model_dump())))
    keras.utils.set_random_seed(3)
    first = family.build(task)
    keras.utils.set_random_seed(3)
    same(first, again.build(task), rows() | {"photo": np.ones((4, 40, 40, 3), np.float32)})


def test_names_that_inputs_and_outputs_have_are_not_given_to_layers() -> None:
    task = Task({"head.1": FACTS, "joined": FACTS, "a b/c": FACTS}, {"encoder.joined": OUTPUTS["price"], "size": OUTPUTS["sold"]})  # fmt: skip
    found = combined().combination(task)
    assert found.encoders == {
        "head.1": "encoder.head.1", "joined": "encoder.joined_", "a b/c": "encoder.a_b_c"
    }  # fmt: skip
    assert {*found.layers} == {*found.encoders.values(), "joined_", "head.1_"}


def test_inputs_may_have_any_name() -> None:
    task = Task({"1st photo": FACTS, "größe": FACTS}, OUTPUTS)
    assert built(task, join="add").count_params() > 0


def test_rows_are_cut_by_length_where_the_encoder_masks_padding() -> None:
    task, shapes = Task({"words": WORDS, "facts": FACTS}, OUTPUTS), {}
    for family in ({"family": "rnn"}, {"family": "conv1d", "padding": "same"}):
        shapes[family["family"]] = built(task, encoders={"words": family}).input["words"].shape
    assert shapes == {"rnn": (None, None), "conv1d": (None, 12)}


def test_a_pretrained_encoder_gets_its_weights_from_its_file(tmp_path) -> None:
    base = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(32, 32, 3))
    path = tmp_path / "base.weights.h5"
    base.save_weights(path)
    encoder = {"family": "pretrained", "base": "mobilenet_v2", "weights": str(path), "pooling": "average", "units": []}
    family = combined(encoders={"photo": {**encoder, "dropout": 0}})
    assert family.outside_files() == {"model.encoders.photo.weights": path}
    task = Task({"photo": Input("array", (32, 32, 3)), "facts": FACTS}, OUTPUTS)
    network = family.build(task)
    family.initialize(network)
    np.testing.assert_array_equal(network.get_layer("encoder.photo").weights[0], base.weights[0])
    assert not network.get_layer("encoder.photo").trainable_variables  # frozen by default
    assert [layer.name for layer in family.base_layers(network)] == ["encoder.photo", "encoder.facts", "head.1"]


def test_the_last_layer_of_an_ordinal_output_is_not_part_of_the_base() -> None:
    task = Task({"facts": FACTS}, {"grade": Output("ordinal", 4, tuple("abcd")), "price": OUTPUTS["price"]})
    family = combined()
    assert [layer.name for layer in family.base_layers(family.build(task))] == ["encoder.facts", "head.1"]
