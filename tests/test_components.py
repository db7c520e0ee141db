"""What holds for every component there is, and for whatever is added."""

import inspect
import typing
from dataclasses import replace

import keras
import numpy as np
import pytest

from dlpy import checkpoints
from dlpy.blocks import Block
from dlpy.catalogue import kinds
from dlpy.components import AnyCallback, AnyDataset, AnyModel, AnyTransform, Dataset, Model, Transform
from dlpy.data import Input, Output, Rows, State, Task
from dlpy.engine import Engine, Plan
from dlpy.errors import ConfigError
from dlpy.features import Sequences, Sparse, Table
from dlpy.objectives import AnyLoss, AnyMetric, AnyOptimizer, AnySchedule, Loss, Metric, Optimizer, Schedule
from dlpy.pipeline import measured
from dlpy.preprocessing import with_preprocessing
from dlpy.runs import Run

REQUIRED = {  # the least that an experiment file must give
    "csv": {"path": "x.csv", "target": "y", "task": "binary", "numeric": ["a", "b"], "categorical": ["c"]},
    "npz": {"path": "x.npz"},
    "reshape": {"shape": [-1]},
    "exponential_decay": {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5},
    "inverse_time_decay": {"initial_learning_rate": 0.1, "decay_rate": 0.5},
    "cosine_decay": {"initial_learning_rate": 0.1, "decay_steps": 20},
    "piecewise_constant_decay": {"boundaries": [5, 10], "values": [0.1, 0.05, 0.01]},
    "learning_rate_schedule": {"rates": {2: 0.5}},
}
SLOTS = {
    "datasets": AnyDataset, "transforms": AnyTransform, "models": AnyModel, "callbacks": AnyCallback,
    "optimizers": AnyOptimizer, "schedules": AnySchedule, "losses": AnyLoss, "metrics": AnyMetric,
}  # fmt: skip

CLASSES, ONE_HOT = Output("multiclass", 3, ("a", "b", "c")), Output("multiclass", 3, ("a", "b", "c"), one_hot=True)
BINARY, NUMBER = Output("binary", 1, ("no", "yes")), Output("regression")
OUTPUTS = [CLASSES, ONE_HOT, BINARY, NUMBER]


def names(kind: str) -> list[str]:
    """Return the components of dlpy itself; tests and plug-ins may have registered others."""
    registry = kinds()[kind]
    found = [name for name in registry.names() if registry.get(name).__module__.startswith("dlpy.")]
    assert len(found) >= 2
    return found


def made(kind: str, name: str) -> typing.Any:
    """Return the component with only the options that must be given."""
    cls = kinds()[kind].get(name)
    return cls.model_validate({"name": name, **REQUIRED.get(name, {})})


def blocks() -> list[tuple[str, type[Block]]]:
    """Return every class whose fields are options of experiment files."""
    return [(name, kinds()[kind].get(name)) for kind in kinds() for name in names(kind)]


@pytest.mark.parametrize(("name", "cls"), blocks())
def test_every_component_and_option_says_what_it_does(name: str, cls: type[Block]) -> None:
    assert (
        inspect.cleandoc(vars(cls)["__doc__"]).partition("\n")[0].endswith((".", ":", ")"))
        or len(cls.__doc__ or "") > 20
    )
    for option, field in cls.model_fields.items():
        assert option == "name" or field.description, f"{name}.{option} has no docstring"


@pytest.mark.parametrize("kind", SLOTS)
def test_every_component_can_be_called_by_name_and_written_back(kind: str) -> None:
    from pydantic import TypeAdapter

    adapter = TypeAdapter(SLOTS[kind])
    for name in names(kind):
        component = adapter.validate_python({"name": name, **REQUIRED.get(name, {})})
        assert adapter.validate_python(adapter.dump_python(component)) == component


@pytest.mark.parametrize("kind", SLOTS)
def test_every_component_refuses_options_it_does_not_have(kind: str) -> None:
    for name in names(kind):
        with pytest.raises(ValueError, match="unknown option"):
            kinds()[kind].get(name).model_validate({"name": name, **REQUIRED.get(name, {}), "no_such_option": 1})


@pytest.mark.parametrize("name", names("datasets"))
def test_a_stand_in_gives_rows_that_fit_its_outline(name: str) -> None:
    dataset: Dataset = made("datasets", name)
    loaded, outline = dataset.stand_in(3, 200), dataset.outline()
    assert loaded.source.kind == "stand-in"
    for rows in (loaded.train, loaded.test) if loaded.test else (loaded.train,):
        assert 0 < len(rows) <= 200
        assert len(rows.x) == len(rows.y) == len(rows)
        fits_task(rows, loaded.task)
    if outline is not None:
        assert outline.input.kind == loaded.task.input.kind
        assert outline.output.kind == loaded.task.output.kind
        assert outline.output.units in (None, loaded.task.output.units)
        shapes = zip(outline.input.shape, loaded.task.input.shape, strict=True)
        assert all(wanted in (None, given) for wanted, given in shapes)
    again = dataset.stand_in(3, 200)
    assert again.fingerprint() == loaded.fingerprint()
    assert dataset.stand_in(4, 200).fingerprint() != loaded.fingerprint()


def fits_task(rows: Rows, task: Task) -> None:
    given = rows.x
    if isinstance(given, np.ndarray):
        assert task.input.kind == "array"
        assert given.shape[1:] == task.input.shape
    elif isinstance(given, Sequences):
        assert task.input.kind == "sequence"
        assert 0 <= given.values.min() <= given.values.max() < (task.input.vocabulary or np.inf)
    else:
        assert task.input.kind == "table"
        assert isinstance(given, Table)
        assert task.input.shape == (len(given.numeric_names) + len(given.categorical_names),)
    if task.output.kind == "regression":
        assert rows.y.dtype == np.float32
        assert np.isfinite(rows.y).all()
    else:
        classes = 2 if task.output.kind == "binary" else task.output.units
        assert rows.y.dtype.kind in "iu"
        assert set(np.unique(rows.y)) <= set(range(classes or 0))


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
        Table(FLAT[:, :2], ("a", "b"), RNG.choice(["x", "y"], size=(20, 1)).astype(np.str_), ("c",)),
    ),
]


def accepted(transform: Transform) -> list[tuple[Task, Rows]]:
    """Return the tasks, with rows, that a transform says it fits."""
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


@pytest.mark.parametrize("name", names("transforms"))
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


@pytest.mark.parametrize("name", names("transforms"))
def test_a_transforms_state_is_made_of_arrays_that_are_stored_without_pickle(name: str, tmp_path) -> None:
    transform: Transform = made("transforms", name)
    task, rows = accepted(transform)[0]
    state: State = transform.fit(rows, task)
    np.savez(tmp_path / "state.npz", **state)  # type: ignore
    with np.load(tmp_path / "state.npz", allow_pickle=False) as stored:
        again = {key: stored[key] for key in stored.files}
    same_features(transform.apply(rows, state).x, transform.apply(rows, again).x)


@pytest.mark.parametrize("name", names("transforms"))
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


def test_some_transforms_have_layers() -> None:
    states = {"standardize": {"mean": np.zeros(3), "deviation": np.ones(3)}}
    with_layer = [
        name
        for name in names("transforms")
        if name != "tabulate" and made("transforms", name).layer(states.get(name, {}))
    ]
    assert set(with_layer) >= {"rescale", "reshape", "standardize"}


TASKS = [
    Task.single(given, wanted)
    for given in (Input("array", (6,)), Input("array", (12, 12, 2)), Input("sparse", (30,)))
    for wanted in (CLASSES, ONE_HOT, BINARY, NUMBER, Output("regression", 2))
]


def rows_for(task: Task, count: int = 24) -> Rows:
    rng = np.random.default_rng(6)
    shape = tuple(n or 1 for n in task.input.shape)
    x = rng.normal(size=(count, *shape)).astype(np.float32)
    labels = np.arange(count) % (task.output.units or 1) if task.output.kind == "multiclass" else np.arange(count) % 2
    y = labels if task.output.kind != "regression" else x.reshape(count, -1)[:, : task.output.units]
    if task.output.one_hot:
        y = np.eye(3, dtype=np.float32)[labels]
    if task.input.kind == "sparse":
        columns = np.sort(rng.permuted(np.tile(np.arange(30), (count, 1)), axis=1)[:, :5], axis=1)
        return Rows.single(Sparse(columns.reshape(-1).astype(np.int32), np.arange(count + 1) * 5, 30), y)
    return Rows.single(x, y)


def fitting(component: Model | Loss | Metric, tasks: list[Task]) -> list[Task]:
    """Return the tasks that a component says it fits."""
    found = []
    for task in tasks:
        try:
            component.check(task)
        except ConfigError:
            continue
        found.append(task)
    assert found
    return found


def small(name: str) -> Model:
    options = {"convnet": {"filters": [4], "units": [5]}, "dense": {"units": [5]}}.get(name, {})
    return Model.registry.get(name).model_validate({"name": name, **options})


def compiled(model: Model, task: Task) -> keras.Model:
    keras.utils.set_random_seed(2)
    network = model.build(task)
    network.compile(keras.optimizers.RMSprop(0.01), Loss.registry.get(task.output.loss)(name=task.output.loss).build())
    return network


@pytest.mark.parametrize("name", names("models"))
def test_a_model_learns_and_comes_back_from_its_checkpoint(name: str, tmp_path) -> None:
    model = small(name)
    tasks = fitting(model, TASKS)
    for number, task in enumerate([tasks[0], tasks[-1]]):
        rows, network = rows_for(task), compiled(model, task)
        before = Engine(network).evaluate(rows, 8)["loss"]
        Engine(network).fit(rows, None, Plan(8, 8, 0), [])
        assert Engine(network).evaluate(rows, 8)["loss"] < before
        prediction = Engine(network).predict(rows, 8)
        assert prediction.shape == (24, task.output.units)
        run = Run(tmp_path / str(number))
        checkpoints.save(run, checkpoints.snapshot(network, 3, {}, {}), ["best"])
        fresh = compiled(model, task)
        assert not np.array_equal(Engine(fresh).predict(rows, 8), prediction)
        assert checkpoints.load_weights(fresh, run) == 3
        np.testing.assert_array_equal(Engine(fresh).predict(rows, 8), prediction)


@pytest.mark.parametrize("name", names("models"))
def test_a_model_ends_in_as_many_numbers_as_the_target_has(name: str) -> None:
    model = small(name)
    for task in fitting(model, TASKS):
        network = model.build(task)
        assert network.output_shape == (None, task.output.units)
        assert network.layers[-1].activation.__name__ == task.output.activation


def keras_defaults(cls: type) -> dict[str, object]:
    return {name: parameter.default for name, parameter in inspect.signature(cls).parameters.items()}


def same_options(component: typing.Any, cls: type, *, but: tuple[str, ...] = ()) -> None:
    """Assert that every option is one of the Keras class, and that its default is the same."""
    theirs = keras_defaults(cls)
    for option, field in type(component).model_fields.items():
        if option in ("name", "label", *but):
            continue
        assert option in theirs, f"{cls.__name__} has no {option}"
        if not field.is_required():
            assert field.default == theirs[option], f"{component.name}.{option}"


@pytest.mark.parametrize("name", names("optimizers"))
def test_an_optimizer_is_that_of_keras(name: str) -> None:
    optimizer: Optimizer = made("optimizers", name)
    built = optimizer.build()
    same_options(optimizer, type(built))
    assert type(built).__name__.lower() == name
    config = built.get_config()
    for option in type(optimizer).model_fields:
        wanted = getattr(optimizer, option)
        assert option == "name" or wanted is None or config[option] == pytest.approx(wanted, rel=1e-6), option


@pytest.mark.parametrize("name", names("schedules"))
def test_a_schedule_is_that_of_keras_and_drives_an_optimizer(name: str) -> None:
    schedule: Schedule = made("schedules", name)
    built = schedule.build()
    same_options(schedule, type(built), but=("decay_steps",) if name == "inverse_time_decay" else ())
    first, later = float(built(0)), float(built(11))
    assert 0 < later < first == pytest.approx(0.1)
    optimizer = Optimizer.registry.get("sgd").model_validate({"learning_rate": schedule.model_dump()})
    assert float(optimizer.build().learning_rate) == pytest.approx(first)


@pytest.mark.parametrize("name", names("losses"))
def test_a_loss_is_that_of_keras_and_measures_the_targets_it_fits(name: str) -> None:
    loss: Loss = made("losses", name)
    built = loss.build()
    same_options(loss, type(built))
    for task in fitting(loss, [Task.single(Input("array", (6,)), output) for output in OUTPUTS]):
        y = rows_for(task).y
        y = y if y.ndim == 2 else y[:, None]
        value = float(built(y, np.full((24, task.output.units or 1), 0.4, np.float32)))
        assert np.isfinite(value)


@pytest.mark.parametrize("name", names("metrics"))
def test_a_metric_is_that_of_keras_and_measures_the_targets_it_fits(name: str) -> None:
    metric: Metric = made("metrics", name).model_copy(update={"label": "mine"})
    for task in fitting(metric, [Task.single(Input("array", (6,)), output) for output in OUTPUTS]):
        built = metric.build(task)
        assert built.name == "mine"
        same_options(metric, type(built), but=("threshold",) if name in ("precision", "recall", "f1") else ())
        y = rows_for(task).y
        built.update_state(y if y.ndim == 2 else y[:, None], np.full((24, task.output.units or 1), 0.4, np.float32))
        assert np.isfinite(float(built.result()))


@pytest.mark.parametrize("name", [*names("losses")])
def test_a_perfect_prediction_has_the_least_loss(name: str) -> None:
    loss: Loss = made("losses", name)
    task = fitting(loss, [Task.single(Input("array", (6,)), output) for output in OUTPUTS])[-1]
    wanted, wrong = {
        "regression": ([[1.0], [2.0]], [[2.5], [0.5]]),
        "binary": ([[0.0], [1.0]], [[0.9], [0.1]]),
        "multiclass": ([[1.0, 0, 0], [0, 0, 1.0]], [[0.1, 0.1, 0.8], [0.8, 0.1, 0.1]]),
    }[task.output.kind]
    y = wanted if task.output.kind != "multiclass" or task.output.one_hot else [[0], [2]]
    built = loss.build()
    best = np.array(wanted, np.float32)
    if name.endswith("hinge"):
        best = best * 2 - 1
    assert float(built(np.array(y), best)) < float(built(np.array(y), np.array(wrong, np.float32)))


BETTER_UP = {"accuracy", "top_k", "auc", "precision", "recall", "f1"}


def test_the_direction_of_every_metric_is_known() -> None:
    found = {name: made("metrics", name).direction for name in names("metrics")}
    assert {name for name, way in found.items() if way == "max"} == BETTER_UP
    assert set(found.values()) == {"min", "max"}


@pytest.mark.parametrize("name", names("callbacks"))
def test_every_callback_runs_in_a_training(name: str, bench) -> None:
    callback = {"name": name, **REQUIRED.get(name, {})}
    status, _, err = bench.run("train", bench.experiment(callbacks=[callback], training={"epochs": 2}), "--quiet")
    assert (status, err) == (0, "")


def test_a_model_file_takes_preprocessing_along_for_rows_of_any_shape() -> None:
    from dlpy.pipeline import Pipeline

    for given, features in FEATURES[:3]:
        task, rows = Task.single(given, CLASSES), Rows.single(features, LABELS)
        steps = [made("transforms", "standardize"), made("transforms", "reshape")]
        pipeline, transformed, after = Pipeline.fit(steps, rows, task)
        network = Model.registry.get("dense")(units=[4]).build(replace(after))
        whole = with_preprocessing(network, pipeline, rows)
        found = whole.predict(np.asarray(rows.x, np.float32), verbose=0)
        np.testing.assert_allclose(found, network.predict(transformed.array, verbose=0), rtol=1e-4, atol=1e-5)
