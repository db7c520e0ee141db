"""What holds for any experiment, any rows and any numbers, tried on hundreds that hypothesis makes up."""

import csv
import io
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import yaml
from every import made, names
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError, RunError
from dlpy.data.features import Table, Texts
from dlpy.data.rows import Rows
from dlpy.data.splits import Holdout, KFold
from dlpy.data.tables import csv_file
from dlpy.data.task import Input, Output, Task
from dlpy.experiment.experiment import load
from dlpy.experiment.yaml_reader import Reader, to_yaml
from dlpy.runs.lookup import find_run
from dlpy.storage.atomic import write_arrays
from dlpy.storage.npz import read_npz
from dlpy.training.pipeline import Split, transform

pytestmark = pytest.mark.slow

NUMBERS = Task.single(Input("array", (1,)), Output("regression"))
CLASSES = Task.single(Input("array", (1,)), Output("multiclass", 4, ("a", "b", "c", "d")))
WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=12)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS
)
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=12)  # fmt: skip


def rows_of(labels: list[int], groups: list[int] | None = None) -> Rows:
    columns = {} if groups is None else {"group": np.array(groups)}
    return Rows.single(np.arange(len(labels), dtype=np.float32)[:, None], np.array(labels), columns)


LOOKS_LIKE_ELSE = [
    "1e3",
    "08",
    "0o17",
    "012",
    "0x1F",
    "1_000",
    "12:30",
    "nUll",
    "tRUE",
    "~",
    "",
    " ",
    "on",
    "-.5E1",
    "<<",
]


@given(TREES | st.lists(st.sampled_from([*LOOKS_LIKE_ELSE, "a: b", "- a", "#", "\x85", "\u2028", "\n", "a\n b\n"])))
def test_yaml_says_what_was_written(tree: Any) -> None:
    assert Reader("x", Path()).override(to_yaml(tree), ()) == tree


UNITS = st.lists(st.integers(1, 512), min_size=1, max_size=3)
TRAINING = st.fixed_dictionaries(
    {},
    optional={
        "epochs": st.integers(1, 1000),
        "batch_size": st.integers(1, 1000),
        "optimizer": st.sampled_from(["adam", "rmsprop", {"name": "sgd", "momentum": 0.9}])
        | st.fixed_dictionaries({"name": st.just("adam"), "learning_rate": st.floats(1e-6, 1.0)}),
    },
)
EXPERIMENTS = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "data": st.fixed_dictionaries(
            {"name": st.just("npz"), "path": st.just("x.npz")},
            optional={"validation": st.integers(1, 10**6) | st.floats(0.01, 0.99), "test": st.floats(0.01, 0.99)},
        ),
        "model": st.fixed_dictionaries({"name": st.just("dense")}, optional={"units": UNITS}),
        "training": TRAINING,
    },
    optional={
        "kfold": st.fixed_dictionaries({"folds": st.integers(2, 20)}),
        "name": st.from_regex(r"[a-z][a-z0-9_.]{0,20}", fullmatch=True),
    },
)


@given(EXPERIMENTS)
def test_an_experiment_written_out_is_the_same_experiment(tree: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.yaml")
        path.write_text(yaml.safe_dump(tree))
        first, _ = load(path)
        path.write_text(first.to_yaml())
        again, _ = load(path)
    assert again == first
    assert again.to_yaml() == first.to_yaml()


@given(EXPERIMENTS, st.integers(1, 10**6), UNITS)
def test_an_override_changes_its_option_and_no_other(tree: dict[str, Any], epochs: int, units: list[int]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.yaml")
        path.write_text(yaml.safe_dump(tree))
        plain = load(path)[0].model_dump()
        changed = load(path, [f"training.epochs={epochs}", f"model.units={units}"])[0].model_dump()
    plain["training"]["epochs"], plain["model"]["units"] = epochs, units
    assert changed == plain


@given(TREES)
def test_whatever_a_file_says_it_loads_or_is_a_config_error(tree: Any) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.yaml")
        path.write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
        with suppress(ConfigError):
            load(path)


LABELS = st.lists(st.integers(0, 3), min_size=2, max_size=80)
SEEDS = st.integers(0, 2**32 - 1)


@given(LABELS, st.floats(0.01, 0.99), st.sampled_from(["first", "last", "random"]), SEEDS)
def test_a_holdout_takes_as_many_rows_as_it_says(labels: list[int], part: float, take: Any, seed: int) -> None:
    wanted = round(part * len(labels))
    try:
        mask = Holdout(fraction=part, take=take).held_out(rows_of(labels), CLASSES, seed)
    except DataError:
        assert wanted in (0, len(labels))
        return
    assert mask.sum() == wanted
    if take == "random":
        shares = np.bincount(labels, minlength=4) * (wanted / len(labels))
        assert (abs(np.bincount(np.array(labels)[mask], minlength=4) - shares) <= 1 + 1e-9).all()
    else:
        held = list(range(wanted)) if take == "first" else list(range(len(labels) - wanted, len(labels)))
        assert np.flatnonzero(mask).tolist() == held


@given(st.lists(st.integers(0, 9), min_size=2, max_size=60), st.floats(0.1, 0.9), SEEDS)
def test_a_group_is_never_on_both_sides(groups: list[int], part: float, seed: int) -> None:
    rows = rows_of([0] * len(groups), groups)
    try:
        mask = Holdout(fraction=part).held_out(rows, NUMBERS, seed)
    except DataError:
        return
    marks = np.array(groups)
    assert not set(marks[mask]) & set(marks[~mask])
    assert 0 < mask.sum() < len(groups)


@given(LABELS, st.integers(2, 10), st.booleans(), st.sampled_from([NUMBERS, CLASSES]), SEEDS)
def test_every_row_validates_in_exactly_one_fold(
    labels: list[int], folds: int, shuffle: bool, task: Task, seed: int
) -> None:
    try:
        found = list(KFold(folds=folds, shuffle=shuffle).split(rows_of(labels), task, seed))
    except DataError:
        return
    validated = np.concatenate([validation for _, validation in found])
    assert sorted(validated.tolist()) == list(range(len(labels)))
    for train, validation in found:
        assert sorted([*train.tolist(), *validation.tolist()]) == list(range(len(labels)))
    sizes = [len(validation) for _, validation in found]
    assert len(found) == folds
    assert max(sizes) - min(sizes) <= 1


FLOATS = st.floats(-1e6, 1e6, width=32)
ARRAYS = st.integers(3, 30).flatmap(lambda count: st.lists(st.lists(FLOATS, min_size=3, max_size=3), min_size=count, max_size=count))  # fmt: skip


class OneTransform:
    """What has one transform."""

    def __init__(self, only: Transform) -> None:
        self.only = only

    def all_transforms(self) -> list[Transform]:
        return [self.only]


def of_every_kind(numbers: list[list[float]]) -> list[tuple[Task, Rows]]:
    """Return tasks with rows of arrays, tables and texts."""
    values = np.array(numbers)
    words = np.array([[f"w{int(abs(row[0])) % 3}"] for row in numbers], np.str_)
    texts = np.array([f"a w{int(abs(row[1])) % 5} b" for row in numbers], object)
    labels = np.arange(len(numbers)) % 3
    output = Output("multiclass", 3, ("a", "b", "c"))
    features = [
        (Input("array", (3,)), values),
        (Input("table", (3,)), Table(values[:, :2], ("a", "b"), words, ("c",))),
        (Input("text", (None,)), Texts(texts)),
    ]
    return [(Task.single(given, output), Rows.single(x, labels)) for given, x in features]


@pytest.mark.parametrize("name", names("transforms"))
@settings(max_examples=25)
@given(ARRAYS, ARRAYS)
def test_held_out_rows_change_nothing_that_is_learnt(name: str, seen: list, unseen: list) -> None:
    step: Transform = made("transforms", name)
    for (task, rows), (_, other) in zip(of_every_kind(seen), of_every_kind(unseen), strict=True):
        try:
            step.outline(task)
            alone, _ = transform(OneTransform(step), Split(rows, None, None), task)
            both, pipeline = transform(OneTransform(step), Split(rows, other, None), task)
        except (ConfigError, DataError):
            continue
        assert_same(alone.train.x, both.train.x)
        assert_same(both.train.x, pipeline.apply(rows).x)
        assert both.validation is not None
        assert len(both.validation) == len(other)
        one = pipeline.apply(other.take(np.array([1])))
        assert_same(one.x, both.validation.take(np.array([1])).x)


def assert_same(one: Any, other: Any) -> None:
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
        return
    for name in one.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


CELLS = st.text(
    st.characters(codec="utf-8", categories=["L", "P", "Zs"], include_characters='",\n|;'), min_size=1, max_size=10
)


@given(st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), CELLS), min_size=1, max_size=20))
def test_a_table_is_read_as_python_wrote_it(rows: list[tuple[float, str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("number", "text"), *rows])
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.csv")
        path.write_text(text.getvalue(), encoding="utf-8", newline="")
        found = csv_file.read(path)
    assert [float(cell) for cell in found.texts("number")] == [number for number, _ in rows]
    assert found.texts("text") == [cell.strip() for _, cell in rows]
    values, odd = found.body.numbers()
    told = dict(zip(odd[0].rows, odd[0].texts, strict=True))
    assert [float(told.get(row, value)) for row, value in enumerate(values[:, 0])] == [number for number, _ in rows]


@given(st.dictionaries(st.from_regex(r"[a-z0-9. /]{1,8}", fullmatch=True), st.lists(FLOATS, max_size=5) | st.lists(WORDS.filter(lambda text: "\0" not in text), min_size=1, max_size=3), max_size=4))  # fmt: skip
def test_arrays_come_back_as_they_were_written(arrays: dict[str, list]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.npz")
        write_arrays(path, {name: np.array(values) for name, values in arrays.items()})
        assert {name: array.tolist() for name, array in read_npz(path).items()} == arrays


@given(st.text(max_size=300))
def test_a_reference_finds_a_run_of_the_folder_or_nothing(reference: str) -> None:
    with TemporaryDirectory() as folder:
        for name in ("20200101-000000-a", "20200101-000000-b"):
            Path(folder, name).mkdir()
            Path(folder, name, "run.json").write_text("{}")
        try:
            found = find_run(reference, Path(folder))
        except RunError:
            return
        assert found.path.parent == Path(folder).resolve()
