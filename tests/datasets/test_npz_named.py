"""Arrays of the user's own with several inputs and targets."""

import numpy as np
import pytest
from pydantic import ValidationError

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.task import Input, Output
from dlpy.datasets.npz import Npz
from dlpy.training.pipeline import obtain, split, transform

LEFT, RIGHT = np.arange(60.0).reshape(20, 3), np.zeros((20, 4, 4, 1), np.uint8)
PRICE = np.where(np.arange(20) == 3, np.nan, np.arange(20) + 0.5)
KIND, TAGS = np.arange(20) % 3, np.stack([np.arange(20) % 2, np.arange(20) < 5], axis=1)
INPUTS = {"left": {"array": "x_left", "transforms": ["standardize"]}, "right": {"array": "x_right"}}
TARGETS = {
    "price": {"array": "y1", "missing": "mask", "transforms": ["standardize"]},
    "kind": {"array": "y2", "task": "multiclass"},
    "tags": {"array": "y3", "task": "multilabel"},
}
ARRAYS = {"x_left": LEFT, "x_right": RIGHT, "y1": PRICE, "y2": KIND, "y3": TAGS}


def saved(tmp_path, **arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    return str(tmp_path / "a.npz")


def named(path, **options) -> Npz:
    return Npz.model_validate({"name": "npz", "path": path, "inputs": INPUTS, "targets": TARGETS, **options})


def test_arrays_become_inputs_and_targets_by_name(tmp_path):
    loaded = named(saved(tmp_path, **ARRAYS)).load()
    assert loaded.task.inputs == {"left": Input("array", (3,)), "right": Input("array", (4, 4, 1))}
    assert loaded.task.outputs == {
        "price": Output("regression", has_missing=True),
        "kind": Output("multiclass", 3, ("0", "1", "2")),
        "tags": Output("multilabel", 2, ("0", "1")),
    }
    assert np.isnan(loaded.train.targets["price"]).tolist().index(True) == 3
    assert loaded.train.targets["kind"].tolist()[:4] == [0, 1, 2, 0]
    assert loaded.train.targets["tags"].dtype == np.float32
    assert loaded.test is None
    assert loaded.notes == ("target 'price': 1 of 20 rows have none",)
    assert {name: target.task for name, target in loaded.resolved["targets"].items()} == {
        "price": "regression",
        "kind": "multiclass",
        "tags": "multilabel",
    }


def test_transforms_belong_to_their_own_input_and_training_rows(tmp_path):
    dataset = named(saved(tmp_path, **ARRAYS), validation={"rows": [10, 19]})
    loaded = dataset.load()
    data, pipeline = transform(dataset, split(dataset, loaded), loaded.task)
    assert pipeline.states[0]["mean"].tolist() == [13.5, 14.5, 15.5]
    assert data.train.inputs["right"] is not None
    assert pipeline.states[1]["mean"].tolist() == [pytest.approx(np.nanmean(PRICE[:10]))]


def test_test_rows_are_those_of_the_arrays_called_test(tmp_path):
    tests = {
        "x_left_test": LEFT[:5],
        "x_right_test": RIGHT[:5],
        "y1_test": PRICE[:5],
        "y2_test": KIND[:5],
        "y3_test": TAGS[:5],
    }
    path = saved(tmp_path, **ARRAYS, **tests)
    loaded = named(path).load()
    assert (len(loaded.train), len(loaded.test)) == (20, 5)
    assert loaded.test.targets["kind"].tolist() == [0, 1, 2, 0, 1]
    with pytest.raises(ConfigError, match="already contains test rows"):
        named(path, test=0.2).load()
    del tests["y2_test"]
    with pytest.raises(DataError, match="has test rows in 'x_left_test', but no array 'y2_test'"):
        named(saved(tmp_path, **ARRAYS, **tests)).load()
    both = {"a_train": LEFT, "a_test": LEFT[:5], "y_train": KIND, "y_test": KIND[:5]}
    loaded = named(
        saved(tmp_path, **both), inputs={"a": {"array": "a_train"}}, targets={"kind": {"array": "y_train"}}
    ).load()
    assert len(loaded.test) == 5


@pytest.mark.parametrize(
    ("array", "target", "expected", "y"),
    [
        (KIND, {"task": "ordinal"}, Output("ordinal", 3, ("0", "1", "2")), [0, 1, 2]),
        (KIND, {"classes": ["s", "m", "l"]}, Output("multiclass", 3, ("s", "m", "l")), [0, 1, 2]),
        (KIND, {"task": "counts"}, Output("regression", is_count=True), [0, 1, 2]),
        (KIND, {"task": "regression"}, Output("regression"), [0, 1, 2]),
        (KIND - (KIND == 2) * 3, {"task": "binary", "missing": "mask"}, Output("binary", 1, ("0", "1"), has_missing=True), [0, 1, -1]),
        (np.where(KIND == 2, np.nan, KIND), {"missing": "mask"}, Output("binary", 1, ("0", "1"), has_missing=True), [0, 1, -1]),
    ],
)  # fmt: skip
def test_the_options_of_a_target_decide_its_kind(tmp_path, array, target, expected, y):
    loaded = named(saved(tmp_path, x_left=LEFT, x_right=RIGHT, y=array), targets={"t": {"array": "y", **target}}).load()
    assert loaded.task.outputs["t"] == expected
    assert loaded.train.targets["t"].tolist()[:3] == y


def test_one_of_both_may_keep_its_default(tmp_path):
    loaded = named(saved(tmp_path, **ARRAYS, y=KIND), targets=None).load()
    assert list(loaded.task.outputs) == ["target"]
    assert loaded.resolved == {"y": "y", "task": "multiclass"}
    loaded = named(saved(tmp_path, **ARRAYS, x=LEFT), inputs=None).load()
    assert list(loaded.task.inputs) == ["input"]
    assert loaded.resolved["x"] == "x"


def test_the_outline_has_the_sizes_of_the_file(tmp_path):
    dataset = named(saved(tmp_path, **ARRAYS))
    task = dataset.outline()
    assert task.inputs == {"left": Input("array", (3,)), "right": Input("array", (4, 4, 1))}
    assert {name: output.kind for name, output in task.outputs.items()} == {
        "price": "regression",
        "kind": "multiclass",
        "tags": "multilabel",
    }
    assert task.outputs["tags"].units == 2
    assert named(str(tmp_path / "none.npz")).outline() is None


def test_predict_reads_inputs_with_or_without_targets(tmp_path):
    dataset = named(saved(tmp_path, **ARRAYS))
    task = dataset.load().task
    rows = dataset.read(tmp_path / "a.npz", task)
    assert rows.targets["kind"].tolist()[:3] == [0, 1, 2]
    np.savez(tmp_path / "b.npz", x_left=LEFT[:2], x_right=RIGHT[:2], y1=PRICE[:2])
    rows = dataset.read(tmp_path / "b.npz", task)
    assert (len(rows), rows.targets) == (2, {})
    np.savez(tmp_path / "c.npz", x_left=LEFT[:2])
    with pytest.raises(DataError, match="has no array 'x_right'"):
        dataset.read(tmp_path / "c.npz", task)
    np.savez(tmp_path / "d.npz", x_left=LEFT[:2, :2], x_right=RIGHT[:2])
    with pytest.raises(DataError, match=r"rows of x_left have shape \(2,\), expected \(3,\)"):
        dataset.read(tmp_path / "d.npz", task)


def test_a_smoke_test_has_rows_of_the_same_shape(tmp_path):
    loaded = obtain(named(saved(tmp_path, **ARRAYS)), 2, smoke=True)
    assert loaded.train.inputs["right"].shape == (256, 4, 4, 1)
    assert loaded.train.targets["tags"].shape == (256, 2)
    with pytest.raises(ConfigError, match=r"data.targets.price.task: to generate stand-in rows"):
        named(saved(tmp_path, **ARRAYS), targets={"price": {"array": "y1"}}).stand_in(0, 10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"x": "x_left"}, "'inputs' are given too"),
        ({"y": "y1"}, "'targets' are given too"),
        ({"task": "binary"}, "with 'targets', each has its own"),
        ({"only": ["1"]}, "with several targets"),
        ({"targets": {"left": {"array": "y1"}}}, "an input has the same name"),
        ({"targets": {"a": {"array": "y1"}, "a_loss": {"array": "y2"}}}, "confused with 'loss' of target 'a'"),
        (
            {"targets": {"a": {"array": "y1", "task": "regression", "classes": ["a", "b"]}}},
            "does not apply to regression",
        ),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValidationError, match=message):
        named("x.npz", **options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y2": KIND + 0.5}, "classes should be integers from 0 up"),
        ({"y3": TAGS * 2}, "expected labels of 0 and 1"),
        ({"y3": TAGS[:, 0]}, "expected labels of 0 and 1"),
        ({"y1": PRICE[:19]}, "'x_left' has 20 rows, 'y1' has 19"),
        ({"y1": PRICE * np.nan}, "'y1' is missing in every row"),
        ({"y1": np.zeros((20, 2, 2))}, r"'y1' has shape \(20, 2, 2\)"),
        ({"x_left": LEFT[:0]}, "'x_left' has no rows"),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path, change, message):
    with pytest.raises(DataError, match=message) as error:
        named(saved(tmp_path, **{**ARRAYS, **change})).load()
    assert "\n" not in str(error.value)


def test_a_missing_array_is_named_with_its_option(tmp_path):
    with pytest.raises(ConfigError, match=r"data.inputs.left: .* has no array 'x_lft'. Did you mean 'x_left'"):
        named(saved(tmp_path, **ARRAYS), inputs={"left": {"array": "x_lft"}}).load()
