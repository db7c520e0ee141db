"""Several inputs and targets in the arrays of an npz file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlpy.components.named_options import InputOptions
from dlpy.core.errors import DataError, did_you_mean
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.datasets import _arrays
from dlpy.datasets._names import Found, wrong_names
from dlpy.datasets._target_kinds import KindOptions
from dlpy.storage.npz import ArraysError, shapes_of

if TYPE_CHECKING:
    from dlpy.datasets.npz import Npz

_TRAIN, _TEST = "_train", "_test"


class ArrayInput(InputOptions):
    """An array as one input: (rows, ...)."""

    array: str
    """Name of the array in the file."""


class ArrayTarget(KindOptions):
    """An array as one target: (rows,) or (rows, units). NaN, or -1 as a class number, marks a missing target."""

    array: str
    """Name of the array in the file."""


Inputs = Mapping[str, ArrayInput]
Targets = Mapping[str, ArrayTarget]


def wrong_options(data: Npz) -> list[Found]:
    """Return the mistakes in the options that several inputs and targets bring."""
    found: list[Found] = []
    if data.inputs is not None and data.x is not None:
        found.append((("x",), "'inputs' are given too: list it there, or leave 'inputs' out."))
    if data.targets is not None and data.y is not None:
        found.append((("y",), "'targets' are given too: list it there, or leave 'targets' out."))
    if data.targets is not None and data.task != "auto":
        found.append((("task",), f"with 'targets', each has its own: data.targets.{next(iter(data.targets))}.task."))
    if data.only and len(data.targets or {}) > 1:
        found.append((("only",), "with several targets, rows cannot be chosen by their class."))
    return [*found, *wrong_names(data.inputs or {}, data.targets or {})]


def name_of_test(array: str) -> str:
    """Return the name of the array with the test rows: x_test for x and for x_train."""
    return f"{array.removesuffix(_TRAIN)}{_TEST}"


def arrays_of_tests(path: Path, names: Iterable[str], known: Mapping[str, int]) -> dict[str, str]:
    """Return for each array the one with its test rows; empty if the file has none.

    Raises:
        DataError: the file has some of them only.
    """
    wanted = {name: name_of_test(name) for name in names}
    missing = [test for test in wanted.values() if test not in known]
    if missing and len(missing) < len(set(wanted.values())):
        present = next(test for test in wanted.values() if test in known)
        raise DataError(f"{path} has test rows in '{present}', but no array '{missing[0]}'.")
    return {} if missing else wanted


def arrays_of(inputs: Inputs, targets: Targets) -> Iterator[tuple[str, str]]:
    """Yield (option, array) for every input and target."""
    yield from ((f"inputs.{name}", given.array) for name, given in inputs.items())
    yield from ((f"targets.{name}", wanted.array) for name, wanted in targets.items())


def rows_of(
    path: Path,
    arrays: _arrays.Arrays,
    inputs: Mapping[str, str],
    targets: Mapping[str, str],
    group: str | None = None,
) -> Rows:
    """Return rows of the named arrays, targets as they are in the file.

    Raises:
        DataError: their lengths differ.
    """
    _arrays.check_lengths(path, arrays, [*inputs.values(), *targets.values(), *([group] if group else [])])
    features = {name: _arrays.as_input(arrays[array]) for name, array in inputs.items()}
    y = {name: _arrays.as_target(path, array, arrays[array]) for name, array in targets.items()}
    count = len(next(iter(features.values())))
    columns = {"group": arrays[group].reshape(count, -1)[:, 0]} if group else {}
    return Rows({**features}, y, np.arange(count), columns)


def outputs_of(path: Path, parts: list[Rows], targets: Targets) -> dict[str, Output]:
    """Return the type of each target, given the rows of all parts."""
    return {
        name: _arrays.output_of(
            path, wanted.array, [rows.targets[name] for rows in parts], wanted.wanted(f"data.targets.{name}")
        )
        for name, wanted in targets.items()
    }


def inputs_of(rows: Rows) -> dict[str, Input]:
    """Return the inputs of the task."""
    return {name: Input("array", np.asarray(x).shape[1:]) for name, x in rows.inputs.items()}


def typed(rows: Rows, outputs: Mapping[str, Output]) -> Rows:
    """Return the rows with targets in the types of the task."""
    for name, output in outputs.items():
        rows = rows.with_y(_arrays.typed(rows.targets[name], output), name)
    return rows


def outlined(path: Path, inputs: Inputs, targets: Targets) -> Task | None:
    """Return the task as far as the options and the sizes of the arrays determine it; None without the file."""
    try:
        shapes = shapes_of(path)
    except (ArraysError, OSError):
        return None  # reported when the file is read
    if not all(array in shapes for _, array in arrays_of(inputs, targets)):
        return None
    given = {name: Input("array", shapes[one.array][1:] or (1,)) for name, one in inputs.items()}
    return Task(given, {name: _outline(one, shapes[one.array]) for name, one in targets.items()})


def _outline(wanted: ArrayTarget, shape: tuple[int, ...]) -> Output:
    width = shape[1] if len(shape) == 2 else 1
    several = wanted.model_copy(update={"task": "regression"}) if wanted.task == "auto" and width > 1 else wanted
    return several.outline(width, tuple(str(number) for number in range(width)))


def to_predict(
    path: Path, inputs: Inputs, targets: Targets, known: Mapping[str, int]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the arrays of a file to predict by input and by target; of targets all or none.

    An array x_train may be called x or x_test there, and an array x may be called x_test or x_train.

    Raises:
        DataError: an array is missing.
    """
    for ending in ("", _TEST, _TRAIN):
        named = {name: f"{given.array.removesuffix(_TRAIN)}{ending}" for name, given in inputs.items()}
        if all(array in known for array in named.values()):
            answers = {name: f"{given.array.removesuffix(_TRAIN)}{ending}" for name, given in targets.items()}
            return named, answers if all(array in known for array in answers.values()) else {}
    missing = next((given.array for given in inputs.values() if given.array not in known), "")
    raise DataError(f"{path} has no array '{missing}'.{did_you_mean(missing, known)}")


def check_shapes(path: Path, rows: Rows, arrays: Mapping[str, str], task: Task) -> None:
    """Raise DataError if the rows of an input have another shape than in the task."""
    for name, x in rows.inputs.items():
        shape, expected = np.asarray(x).shape[1:], task.inputs[name].shape
        if shape != expected:
            raise DataError(f"{path}: rows of {arrays[name]} have shape {shape}, expected {expected}.")
