"""What holds for every transform there is, and for whatever is added."""

import typing

import keras
import numpy as np
import pytest
from every import CLASSES, made, names

from dlpy.components.model import Model
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.features import Padded, Passages, Sequences, Table, Texts
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, State, Task
from dlpy.training.export import with_preprocessing
from dlpy.training.pipeline import Pipeline, measured

pytestmark = pytest.mark.slow  # imports Keras

RNG = np.random.default_rng(1)
LABELS = np.arange(20) % 3
FLAT = RNG.normal(5.0, 3.0, size=(20, 6))
FLAT[:, 2] = 7.0  # a column that never changes
FEATURES = [
    (Input("array", (6,)), FLAT),
    (Input("array", (4, 3)), RNG.normal(size=(20, 4, 3)).astype(np.float32)),
    (Input("array", (4, 4, 1)), RNG.integers(256, size=(20, 4, 4, 1)).astype(np.uint8)),
    (Input("sequence", (None,), 30), Sequences(RNG.integers(30, size=80).astype(np.int32), np.arange(21) * 4)),
    (
        Input("table", (3,)),
        Table(FLAT[:, :2], ("a", "b"), RNG.choice(["x", "y"], size=(20, 1)).astype(np.str_), ("c",), ("b",)),
    ),
    (
        Input("sequence", (6,), 30, padding="front"),
        Padded(RNG.integers(1, 30, size=80).astype(np.int32), np.arange(21) * 4, 6, True),
    ),
    (Input("text", (None,)), Texts(np.array([f"It isn't {i % 7}, but {i % 3}!" for i in range(20)], object))),
]

TEXT = Passages(np.arange(30, dtype=np.int32) % 3, np.arange(20, dtype=np.int32), 4, True, ("a", "b", ""))

OF_ONE_INPUT = [name for name in names("transforms") if name != "token_pairs"]  # see test_token_pairs.py


def accepted(transform: Transform) -> list[tuple[Task, Rows]]:
    """Return the tasks, with rows, that a transform says it fits."""
    if transform.name == "tokens":  # of texts that no other one takes
        return [(Task.single(Input("sequence", (4,), 3), Output("tokens", 3, steps=4)), Rows.single(TEXT, LABELS))]
    found = []
    for given, features in FEATURES:
        task = Task.single(given, CLASSES)
        try:
            transform.outline(task)
        except ConfigError:
            continue
        found.append((task, Rows.single(features, LABELS)))
    assert found
    return found


@pytest.mark.parametrize("name", OF_ONE_INPUT)
def test_a_transform_gives_rows_like_those_it_announces(name: str) -> None:
    transform: Transform = made("transforms", name)
    for task, rows in accepted(transform):
        state, outline = transform.fit(rows, task), transform.outline(task)
        result = transform.apply(rows, state)
        assert len(result) == len(rows)
        assert result.index.tolist() == rows.index.tolist()
        found = measured(outline, result)
        assert found.input.kind == outline.input.kind
        pairs = zip(outline.input.shape, found.input.shape, strict=True)
        assert all(wanted in (None, given) for wanted, given in pairs)
        assert found.output == outline.output
        if outline.output.one_hot:
            assert result.y.shape == (20, 3)
        half = transform.apply(rows.take(np.arange(10)), state)
        same_features(half.x, result.take(np.arange(10)).x)


def same_features(one: object, other: object) -> None:
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, typing.cast(np.ndarray, other))
        return
    assert type(one) is type(other)
    for name in one.__dataclass_fields__:  # type: ignore
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("name", OF_ONE_INPUT)
def test_a_transforms_state_is_made_of_arrays_that_are_stored_without_pickle(name: str, tmp_path) -> None:
    transform: Transform = made("transforms", name)
    task, rows = accepted(transform)[0]
    state: State = transform.fit(rows, task)
    np.savez(tmp_path / "state.npz", **state)  # type: ignore
    with np.load(tmp_path / "state.npz", allow_pickle=False) as stored:
        again = {key: stored[key] for key in stored.files}
    same_features(transform.apply(rows, state).x, transform.apply(rows, again).x)


@pytest.mark.parametrize("name", OF_ONE_INPUT)
def test_a_transforms_layer_gives_the_same_numbers(name: str) -> None:
    transform: Transform = made("transforms", name)
    for task, rows in accepted(transform):
        state = transform.fit(rows, task)
        layer = transform.layer(state)
        if layer is None or not isinstance(rows.x, np.ndarray):
            continue
        inputs = keras.Input(rows.x.shape[1:])
        found = keras.Model(inputs, layer(inputs)).predict(rows.x.astype(np.float32), verbose=0)
        np.testing.assert_allclose(found, transform.apply(rows, state).array, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", OF_ONE_INPUT)
def test_a_transform_in_a_graph_gives_the_same_numbers(name: str) -> None:
    transform: Transform = made("transforms", name)
    for task, rows in accepted(transform):
        if not isinstance(rows.x, np.ndarray):
            continue
        state, inputs = transform.fit(rows, task), keras.Input(rows.x.shape[1:])
        found = transform.in_graph(inputs, state)
        if found is not None:
            numbers = keras.Model(inputs, found).predict(rows.x.astype(np.float32), verbose=0)
            np.testing.assert_allclose(numbers, transform.apply(rows, state).array, rtol=1e-4, atol=1e-5)


def test_the_numbers_of_a_table_in_a_graph_are_those_of_the_table() -> None:
    numeric = np.array([[2010.0, 1.0], [2012.0, np.nan], [2019.0, 4.0], [2000.0, 9.0]])
    table = Table(numeric, ("year", "area"), np.array([["x"], [""], ["y"], ["x"]]), ("city",))
    rows, task = (
        Rows.single(table, LABELS[:4]),
        Task.single(Input("table", (3,), columns=("year", "area", "city")), CLASSES),
    )
    steps = ["missing_indicators", "fill_missing", "standardize", "robust_scale", "piecewise_linear", "tabulate"]
    inputs = x = keras.Input((2,))
    for name in steps:
        transform: Transform = made("transforms", name)
        state, after = transform.fit_apply(rows, task)
        task, rows, x = transform.measured(transform.outline(task), state), after, transform.in_graph(x, state)
    found = keras.Model(inputs, x).predict(numeric.astype(np.float32), verbose=0)
    assert found.shape == rows.array.shape
    own = [place for place, column in enumerate(task.input.columns) if "city" not in column]
    assert len(own) >= 5
    np.testing.assert_allclose(found[:, own], rows.array[:, own], rtol=1e-5, atol=1e-5)


def test_some_transforms_are_operations_of_a_graph() -> None:
    able = {name for name in OF_ONE_INPUT if made("transforms", name).__class__.in_graph is not Transform.in_graph}
    assert able >= {"fill_missing", "log", "piecewise_linear", "quantile_positions", "reverse", "robust_scale"}


def test_some_transforms_have_layers() -> None:
    states = {"standardize": {"mean": np.zeros(3), "deviation": np.ones(3)}}
    with_layer = [
        name for name in OF_ONE_INPUT if name != "tabulate" and made("transforms", name).layer(states.get(name, {}))
    ]
    assert set(with_layer) >= {"rescale", "reshape", "standardize"}


def test_a_model_file_takes_preprocessing_along_for_rows_of_any_shape() -> None:
    for given, features in FEATURES[:3]:
        task, rows = Task.single(given, CLASSES), Rows.single(features, LABELS)
        steps = [made("transforms", "standardize"), made("transforms", "reshape")]
        pipeline, transformed, after = Pipeline.fit(steps, rows, task)
        network = Model.registry.get("dense")(units=[4]).build(after)
        whole = with_preprocessing(network, list(zip(pipeline.transforms, pipeline.states, strict=True)), rows)
        found = whole.predict(np.asarray(rows.x, np.float32), verbose=0)
        np.testing.assert_allclose(found, network.predict(transformed.array, verbose=0), rtol=1e-4, atol=1e-5)
