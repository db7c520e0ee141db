"""A transform of one input or target sees that one alone, and leaves the others as they are."""

import numpy as np
import pytest

from dlpy.components.named_transform import OfInput, OfTarget
from dlpy.core.errors import ConfigError
from dlpy.data.features import Padded, Sequences, Texts
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.training.pipeline import Pipeline
from dlpy.transforms.pad import Pad
from dlpy.transforms.rescale import Rescale
from dlpy.transforms.standardize import Standardize
from dlpy.transforms.tokenize import Tokenize

TASK = Task(
    {"facts": Input("array", (2,)), "more": Input("array", (1,)), "words": Input("text", (None,))},
    {
        "price": Output("regression", has_missing=True),
        "sold": Output("binary", 1, ("no", "yes")),
        "visits": Output("regression", is_count=True),
    },
)


def rows() -> Rows:
    texts = np.empty(3, object)
    texts[:] = ["a b", "b", "c a b"]
    inputs = {
        "facts": np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 3.0]], np.float32),
        "more": np.array([[5.0], [6.0], [7.0]], np.float32),
        "words": Texts(texts),
    }
    targets = {
        "price": np.array([10.0, np.nan, 30.0], np.float32),
        "sold": np.array([0, 1, 1]),
        "visits": np.array([1.0, 0.0, 2.0], np.float32),
    }
    return Rows(inputs, targets, np.arange(3))


def of_input(name: str, inner: Standardize | Tokenize | Pad | Rescale) -> OfInput:
    return OfInput(name=inner.name, of=name, inner=inner)


def of_target(name: str, inner: Standardize | Tokenize | Rescale) -> OfTarget:
    return OfTarget(name=inner.name, of=name, inner=inner)


def test_one_input_is_transformed_and_the_others_stay() -> None:
    _, found, task = Pipeline.fit([of_input("facts", Standardize())], rows(), TASK)
    np.testing.assert_allclose(found.inputs["facts"][:, 0], [-1.2247449, 0.0, 1.2247449], rtol=1e-6)  # type: ignore
    np.testing.assert_array_equal(found.inputs["more"], [[5.0], [6.0], [7.0]])  # type: ignore
    assert {*found.targets} == {"price", "sold", "visits"}
    assert task.inputs["facts"].rescaled
    assert not task.inputs["more"].rescaled


def test_texts_of_one_input_become_sequences_of_one_length() -> None:
    transforms = [of_input("words", Tokenize()), of_input("words", Pad(length=3, fill="back"))]
    pipeline, found, task = Pipeline.fit(transforms, rows(), TASK)  # type: ignore
    words = found.inputs["words"]
    assert isinstance(words, Padded)
    assert words.lengths.tolist() == [2, 1, 3]
    given = task.inputs["words"]
    assert (given.kind, given.shape, given.padding) == ("sequence", (3,), "back")
    assert task.inputs["facts"] == TASK.inputs["facts"]
    assert [*transforms[0].files(pipeline.states[0])] == ["words-vocabulary.txt"]


def test_held_out_rows_are_transformed_as_the_training_rows_were() -> None:
    pipeline, _, _ = Pipeline.fit([of_input("more", Standardize())], rows(), TASK)
    other = rows().with_x(np.array([[6.0], [6.0], [16.0]], np.float32), "more")
    found = pipeline.apply(other).inputs["more"]
    np.testing.assert_allclose(found, [[0.0], [0.0], [12.247449]], rtol=1e-6)  # type: ignore


def test_a_target_is_transformed_by_the_rows_that_have_it() -> None:
    _, found, task = Pipeline.fit([of_target("price", Standardize())], rows(), TASK)
    np.testing.assert_allclose(found.targets["price"], [-1.0, np.nan, 1.0])
    output = task.outputs["price"]
    assert (output.scale, output.offset) == pytest.approx((10.0, 20.0))
    np.testing.assert_array_equal(found.targets["sold"], [0, 1, 1])
    assert task.outputs["sold"] == TASK.outputs["sold"]


def test_transforms_of_a_target_follow_each_other() -> None:
    transforms = [of_target("price", Rescale(scale=0.1, offset=1.0)), of_target("price", Standardize())]
    _, found, task = Pipeline.fit(transforms, rows(), TASK)  # type: ignore
    np.testing.assert_allclose(found.targets["price"], [-1.0, np.nan, 1.0], rtol=1e-6)  # of 2 and 4
    output = task.outputs["price"]
    assert found.targets["price"][0] * output.scale + output.offset == pytest.approx(10.0)


def test_rows_to_predict_have_no_targets_to_transform() -> None:
    pipeline, _, _ = Pipeline.fit([of_target("price", Standardize())], rows(), TASK)
    bare = Rows(rows().inputs, {}, np.arange(3))
    assert pipeline.apply(bare).targets == {}


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        (of_target("price", Tokenize()), "tokenize cannot transform a target"),
        (of_target("sold", Standardize()), "standardize transforms numbers; target 'sold' is binary"),
        (of_target("visits", Standardize()), "standardize transforms numbers; target 'visits' is a count"),
        (of_input("words", Standardize()), "standardize"),
    ],
)
def test_transforms_that_do_not_fit(transform: OfInput | OfTarget, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        transform.outline(TASK)


def test_integers_of_one_input_are_padded() -> None:
    task = Task({"left": Input("sequence", (None,), 9), "right": Input("sequence", (None,), 9)}, TASK.outputs)
    values = Sequences(np.array([1, 2, 3, 4], np.int32), np.array([0, 1, 4]))
    given = Rows({"left": values, "right": values}, {}, np.arange(2))
    _, found, after = Pipeline.fit([of_input("right", Pad(length=2))], given, task)
    assert isinstance(found.inputs["left"], Sequences)
    assert found.inputs["right"].shape == (2, 2)  # type: ignore
    assert after.inputs["left"].padding is None
