"""Your own arrays in an npz file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import model_validator

from dlpy.components.dataset import Dataset
from dlpy.core.errors import ConfigError, DataError, UnavailableError, did_you_mean
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import Holdout, for_limit, hold_out
from dlpy.data.task import Input, Kind, Output, Task
from dlpy.storage.npz import ArraysError, read_npz, sizes_of

_MOST_CLASSES = 10_000
_ROWS_PER_CLASS = 5
_STAND_IN_ROWS, _STAND_IN_WIDTH = 600, 20

Arrays = dict[str, np.ndarray]


class Npz(Dataset):
    """Arrays of an npz file written by numpy.savez, `path`: inputs (rows, ...) and targets (rows,).

    Unless `x` and `y` are set, the arrays are x_train and y_train, with x_test and y_test if present, or else x and y.
    With `task: auto`, integers from 0 up are classes if there are at least 5 times as many rows as classes; other
    numbers make a regression. Targets with several columns make a multi-output regression; convert one-hot labels
    (rows, classes) with argmax first.
    """

    name: Literal["npz"] = "npz"
    x: str | None = None
    """Name of the input array. Default: x_train or x."""
    y: str | None = None
    """Name of the target array. Default: y_train or y."""
    task: Literal["auto", "regression", "binary", "multiclass"] = "auto"
    """Type of the target. Default: derived from the array, see above."""
    group: str | None = None
    """Name of a grouping array (rows,): rows with the same value always stay in the same split."""
    test: Holdout | None = None
    """Test rows, used only by `dlpy evaluate`, for a file without x_test: a fraction (0.2) or a count (500). Default:
    none."""

    @model_validator(mode="after")
    def _possible(self) -> Npz:
        if self.path is None:
            raise ValueError("npz needs 'path', the path of the npz file")
        if self.test is not None and (self.test.use or self.test.column):
            raise ValueError("'test' should be a fraction or a count")
        return self

    def outline(self) -> Task | None:
        return None

    def load(self) -> Loaded:
        path = Path(str(self.path))
        shapes = _members(path)
        x_name, y_name = self._names(path, shapes)
        tests = _test_names(x_name, y_name, shapes)
        if tests and self.test is not None:
            raise ConfigError(f"data.test: {path} already contains test rows, {tests[0]}. Remove 'test'.")
        wanted = [x_name, y_name, *tests, *([self.group] if self.group else [])]
        arrays = _read(path, wanted)
        rows = _rows(path, arrays, x_name, y_name, self.group)
        test = _rows(path, arrays, tests[0], tests[1], None) if tests else None
        output = _output(path, y_name, [rows.y] + ([test.y] if test else []), self.task)
        task = Task.single(Input("array", _row_shape(rows)), output)
        if test is not None and _row_shape(test) != task.input.shape:
            raise DataError(f"{path}: rows of {tests[0]} have shape {_row_shape(test)}, expected {task.input.shape}.")
        rows, test = _typed(rows, output), _typed(test, output) if test else None
        resolved: dict[str, object] = {"x": x_name, "y": y_name, "task": output.kind}
        return hold_out(Loaded(rows, test, task, Source("file", str(path)), resolved), self.test, self.split_seed)

    def read(self, path: Path, task: Task) -> Rows:
        shapes = _members(path)
        own = [] if self.x in (None, "x_train") else [self.x]
        names = [name for name in (*own, "x", "x_test", "x_train") if name in shapes]
        if not names:
            raise DataError(f"{path} has no array '{self.x or 'x'}'.{did_you_mean(self.x or 'x', shapes)}")
        y_names = {"x": "y", "x_test": "y_test", "x_train": "y_train", self.x: self.y}
        y_name = y_names[names[0]]
        given = y_name if y_name in shapes else None
        arrays = _read(path, [names[0], *([given] if given else [])])
        rows = _rows(path, arrays, names[0], given, None)
        if _row_shape(rows) != task.input.shape:
            raise DataError(f"{path}: rows of {names[0]} have shape {_row_shape(rows)}, expected {task.input.shape}.")
        return _typed(rows, task.output) if given else rows

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        kind: Kind = "multiclass" if self.task == "auto" else self.task
        test = for_limit(self.test, limit)
        count = limit or _STAND_IN_ROWS + ((test.count or _STAND_IN_ROWS) if test else 0)
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(count, _STAND_IN_WIDTH)).astype(np.float32)
        score = x @ rng.choice([-1.0, 1.0], _STAND_IN_WIDTH) / np.sqrt(_STAND_IN_WIDTH)
        groups = {"group": np.arange(count) // 5} if self.group else {}
        if kind == "regression":
            y, output = score.astype(np.float32), Output("regression")
        else:
            classes = ("0", "1") if kind == "binary" else ("0", "1", "2")
            bounds = np.quantile(score, np.arange(1, len(classes)) / len(classes))
            y = np.searchsorted(bounds, score).astype(np.int64)
            output = Output(kind, 1 if kind == "binary" else len(classes), classes)
        task = Task.single(Input("array", (_STAND_IN_WIDTH,)), output)
        source = Source("stand-in", f"generated rows of {_STAND_IN_WIDTH} numbers")
        loaded = Loaded(Rows.single(x, y, groups), None, task, source, {"task": kind})
        return hold_out(loaded, test, self.split_seed)

    def _names(self, path: Path, shapes: dict[str, int]) -> tuple[str, str]:
        train = "x_train" in shapes and "y_train" in shapes
        wanted = (self.x or ("x_train" if train else "x"), self.y or ("y_train" if train else "y"))
        for key, name in [*zip(("x", "y"), wanted, strict=True), *([("group", self.group)] if self.group else [])]:
            if name not in shapes:
                raise ConfigError(f"data.{key}: {path} has no array '{name}'.{did_you_mean(str(name), shapes)}")
        return wanted


def _test_names(x_name: str, y_name: str, shapes: dict[str, int]) -> list[str]:
    """Return the names of the test arrays; empty if the file has none or other arrays are requested."""
    found = (x_name, y_name) == ("x_train", "y_train") and "x_test" in shapes and "y_test" in shapes
    return ["x_test", "y_test"] if found else []


def _members(path: Path) -> dict[str, int]:
    """Return the size in bytes of each array in the file, without unpacking any."""
    if path.is_dir():
        raise DataError(f"{path} is a folder; expected an npz file.")
    try:
        return sizes_of(path)
    except FileNotFoundError:
        raise UnavailableError(f"there is no file {path}.") from None
    except ArraysError as error:
        raise DataError(f"{path} is damaged or is not an npz file written by numpy.savez: {error}.") from None


def _read(path: Path, names: list[str]) -> Arrays:
    """Return the named arrays of the file."""
    try:
        arrays = read_npz(path, names)
    except ArraysError as error:
        raise DataError(f"{path} is damaged or contains data that dlpy does not support: {error}.") from None
    return {name: _numbers(path, name, array) for name, array in arrays.items()}


def _numbers(path: Path, name: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "buif":
        raise DataError(f"{path}: '{name}' contains {array.dtype}; expected numbers (bool, int, uint or float).")
    if array.ndim == 0:
        raise DataError(f"{path}: '{name}' is a single number; expected one row per example.")
    return array.astype(np.float64) if array.dtype.kind == "f" and array.dtype.itemsize > 8 else array


def _rows(path: Path, arrays: Arrays, x_name: str, y_name: str | None, group: str | None) -> Rows:
    """Return rows from the named arrays, which must have equal lengths."""
    x = arrays[x_name]
    if x.ndim == 1:
        x = x.reshape(-1, 1)
    if len(x) == 0:
        raise DataError(f"{path}: '{x_name}' has no rows.")
    for name in (y_name, group):
        if name is not None and len(arrays[name]) != len(x):
            raise DataError(f"{path}: '{x_name}' has {len(x)} rows, '{name}' has {len(arrays[name])}.")
    columns = {} if group is None else {"group": arrays[group].reshape(len(x), -1)[:, 0]}
    return Rows.single(x, None if y_name is None else _flat(path, y_name, arrays[y_name]), columns)


def _flat(path: Path, name: str, y: np.ndarray) -> np.ndarray:
    if y.ndim > 2:
        raise DataError(f"{path}: '{name}' has shape {y.shape}; expected (rows,) or (rows, outputs).")
    return y.reshape(-1) if y.ndim == 1 or y.shape[1] == 1 else y


def _output(path: Path, name: str, targets: list[np.ndarray], wanted: Kind | Literal["auto"]) -> Output:
    """Return the output type, given the targets of the training and test rows."""
    width = 1 if targets[0].ndim == 1 else targets[0].shape[1]
    if any((1 if y.ndim == 1 else y.shape[1]) != width for y in targets):
        raise DataError(f"{path}: training and test targets have different numbers of columns.")
    if width == 1:
        y = np.concatenate([target.reshape(-1) for target in targets])
        low, high = float(y.min()), float(y.max())
        whole = bool(np.isfinite(y.sum(dtype=np.float64)) and (y == np.floor(y)).all())
        classes = whole and low >= 0 and (high + 1) * _ROWS_PER_CLASS <= len(y)
        kind = wanted if wanted != "auto" else None if classes else "regression"
        return _classes(path, name, y, kind, whole) if kind != "regression" else Output("regression")
    if wanted in ("binary", "multiclass"):
        hint = f"'{name}' has shape (rows, {width}). Save its argmax(axis=1), or set data.task: regression."
        raise DataError(f"{path}: expected class numbers, but {hint}")
    return Output("regression", width)


def _classes(path: Path, name: str, y: np.ndarray, kind: Kind | None, whole: bool) -> Output:
    if not whole or y.min() < 0 or y.max() >= _MOST_CLASSES:
        raise DataError(
            f"{path}: '{name}' contains values from {y.min()} to {y.max()}; classes should be integers from 0 up."
        )
    count = int(y.max()) + 1
    if count < 2:
        raise DataError(f"{path}: '{name}' is 0 in every row; expected at least two classes.")
    if kind == "binary" and count > 2:
        raise DataError(f"{path}: '{name}' contains classes up to {count - 1}; a binary target contains only 0 and 1.")
    kind = kind or ("binary" if count == 2 else "multiclass")
    return Output(kind, 1 if kind == "binary" else count, tuple(str(number) for number in range(count)))


def _typed(rows: Rows, output: Output) -> Rows:
    """Return the rows with targets converted to the task's type: int64 classes or float32 numbers."""
    with np.errstate(over="ignore"):  # later checks report values that become infinite
        return rows.with_y(rows.y.astype(np.float32 if output.kind == "regression" else np.int64))


def _row_shape(rows: Rows) -> tuple[int, ...]:
    return np.asarray(rows.x).shape[1:]
