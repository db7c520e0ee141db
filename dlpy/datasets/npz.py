"""Your own arrays in an npz file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from dlpy.components.dataset import Dataset
from dlpy.core.errors import ConfigError, DataError, did_you_mean
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import Holdout, for_limit, hold_out
from dlpy.data.tables.targets import Wanted
from dlpy.data.task import Task
from dlpy.datasets import _npz_parts as parts
from dlpy.datasets._arrays import members, output_of, output_of_steps, read, require
from dlpy.datasets._names import Name, raise_found
from dlpy.datasets._npz_parts import ArrayInput, ArrayTarget
from dlpy.datasets._npz_stand_in import named_rows, single_rows
from dlpy.datasets._target_kinds import without_targets

_STAND_IN_ROWS = 600


class Npz(Dataset):
    """Arrays of an npz file written by numpy.savez, `path`: inputs (rows, ...) and targets (rows,).

    Unless `x` and `y` are set, the arrays are x_train and y_train, with x_test and y_test if present, or else x and y.
    With `task: auto`, integers from 0 up are classes if there are at least 5 times as many rows as classes; other
    numbers make a regression. Targets with several columns make a multi-output regression; convert one-hot labels
    (rows, classes) with argmax first.

    A row may have several inputs and targets, with names: `inputs: {left: {array: x_left}, right: {array: x_right}}`
    and `targets: {price: {array: y}}`. Test rows are those of x_left_test for x_left, and of x_test for x_train.
    """

    name: Literal["npz"] = "npz"
    inputs: Annotated[dict[Name, ArrayInput], Field(min_length=1)] | None = None
    """Inputs by name, such as {left: {array: x_left, transforms: [standardize]}}. Default: one, `x`."""
    targets: Annotated[dict[Name, ArrayTarget], Field(min_length=1)] | None = None
    """Targets by name, such as {price: {array: y1}, kind: {array: y2, task: multiclass}}. Default: one, `y`."""
    x: str | None = None
    """Name of the input array. Default: x_train or x."""
    y: str | None = None
    """Name of the target array. Default: y_train or y."""
    task: Literal["auto", "regression", "binary", "multiclass"] = "auto"
    """Type of the target. Default: derived from the array, see above."""
    output: Literal["row", "per_step"] = "row"
    """What has a target: a row, or each step of it (per_step). The target array is then (rows, steps) class numbers, -1
    where a step has none, and the inputs are (rows, steps, ...)."""
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
        if self.output == "per_step" and (self.inputs or self.targets or self.task not in ("auto", "multiclass")):
            raise ValueError("output: per_step goes with one input and one target of classes, without names")
        raise_found("npz", parts.wrong_options(self), self.model_fields_set)
        return self

    @property
    def is_named(self) -> bool:
        """Whether inputs or targets have names."""
        return self.inputs is not None or self.targets is not None

    def input_options(self) -> Mapping[str, ArrayInput]:
        return self.inputs or {}

    def target_options(self) -> Mapping[str, ArrayTarget]:
        return self.targets or {}

    def outline(self) -> Task | None:
        if not self.is_named:
            return None
        return parts.outlined(Path(str(self.path)), *self._options({}))

    def load(self) -> Loaded:
        path = Path(str(self.path))
        known = members(path)
        inputs, targets = self._options(known)
        named = (
            [*parts.arrays_of(inputs, targets)]
            if self.is_named
            else [("x", inputs["input"].array), ("y", targets["target"].array)]
        )
        require(path, [*named, *([("group", self.group)] if self.group else [])], known)
        names = [array for _, array in named]
        tests = parts.arrays_of_tests(path, names, known) if self.is_named else _only_tests(names, known)
        if tests and self.test is not None:
            raise ConfigError(
                f"data.test: {path} already contains test rows, {next(iter(tests.values()))}. Remove 'test'."
            )
        arrays = read(path, list(dict.fromkeys([*names, *tests.values(), *([self.group] if self.group else [])])))
        rows = parts.rows_of(path, arrays, _names(inputs), _names(targets), self.group)
        test = parts.rows_of(path, arrays, _names(inputs, tests), _names(targets, tests)) if tests else None
        task = self._task(path, [rows, test] if test else [rows], targets)
        if test is not None:
            parts.check_shapes(path, test, _names(inputs, tests), task)
        rows, test = parts.typed(rows, task.outputs), parts.typed(test, task.outputs) if test else None
        about, notes = without_targets(rows.targets)
        source = Source("file", f"{path} ({', '.join(about)})" if about else str(path))
        loaded = Loaded(rows, test, task, source, self._resolved(inputs, targets, task), tuple(notes))
        return hold_out(loaded, self.test, self.split_seed)

    def read(self, path: Path, task: Task) -> Rows:
        known = members(path)
        if self.is_named:
            inputs, targets = parts.to_predict(path, *self._options({}), known)
        else:
            inputs, targets = self._to_predict(path, known)
        rows = parts.rows_of(path, read(path, [*inputs.values(), *targets.values()]), inputs, targets)
        parts.check_shapes(path, rows, inputs, task)
        return parts.typed(rows, task.outputs) if targets else rows

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        test = for_limit(self.test, limit)
        count = limit or _STAND_IN_ROWS + ((test.count or _STAND_IN_ROWS) if test else 0)
        rng = np.random.default_rng(seed)
        if self.is_named:
            loaded = named_rows(Path(str(self.path)), *self._options({}), rng, count)
        else:
            loaded = single_rows(self, rng, count)
        groups = {"group": np.arange(count) // 5} if self.group else {}
        return hold_out(replace(loaded, train=replace(loaded.train, columns=groups)), test, self.split_seed)

    def _options(self, known: Mapping[str, int]) -> tuple[Mapping[str, ArrayInput], Mapping[str, ArrayTarget]]:
        """Return the inputs and targets by name, given the arrays of the file, for the defaults."""
        train = "x_train" in known and "y_train" in known
        x, y = self.x or ("x_train" if train else "x"), self.y or ("y_train" if train else "y")
        return self.inputs or {"input": ArrayInput(array=x)}, self.targets or {
            "target": ArrayTarget(array=y, task=self.task)
        }

    def _task(self, path: Path, every: list[Rows], targets: Mapping[str, ArrayTarget]) -> Task:
        """Return the task, given the rows of all parts as they are in the file."""
        if self.output == "per_step":
            outputs = {"target": output_of_steps(path, (self.x or "x", targets["target"].array), every)}
        elif self.targets is not None:
            outputs = parts.outputs_of(path, every, self.targets)
        else:
            wanted, y = Wanted(None if self.task == "auto" else self.task), [rows.targets["target"] for rows in every]
            outputs = {"target": output_of(path, targets["target"].array, y, wanted)}
        return Task(parts.inputs_of(every[0]), outputs)

    def _to_predict(self, path: Path, known: Mapping[str, int]) -> tuple[dict[str, str], dict[str, str]]:
        """Return the arrays of a file to predict: the input, and the target if there is one."""
        own = [] if self.x in (None, "x_train") else [self.x]
        names = [name for name in (*own, "x", "x_test", "x_train") if name in known]
        if not names:
            raise DataError(f"{path} has no array '{self.x or 'x'}'.{did_you_mean(self.x or 'x', known)}")
        y = {"x": "y", "x_test": "y_test", "x_train": "y_train", self.x: self.y}[names[0]]
        return {"input": names[0]}, {"target": y} if y in known else {}

    def _resolved(
        self, inputs: Mapping[str, ArrayInput], targets: Mapping[str, ArrayTarget], task: Task
    ) -> dict[str, object]:
        """Return the options that were left open, with what was found in the file."""
        x: dict[str, object] = {} if self.inputs else {"x": inputs["input"].array}
        if self.targets is None:
            return {**x, "y": targets["target"].array, "task": task.outputs["target"].kind}
        return {**x, "targets": {name: wanted.found(task.outputs[name]) for name, wanted in self.targets.items()}}


def _names(
    options: Mapping[str, ArrayInput] | Mapping[str, ArrayTarget], tests: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the array of each input or target, or the one with its test rows."""
    return {name: tests[one.array] if tests else one.array for name, one in options.items()}


def _only_tests(names: list[str], known: Mapping[str, int]) -> dict[str, str]:
    """Return the test arrays of the only input and target; empty if the file has none or other arrays are requested."""
    found = names == ["x_train", "y_train"] and "x_test" in known and "y_test" in known
    return {"x_train": "x_test", "y_train": "y_test"} if found else {}
