"""Transforms of one among several inputs, and of targets."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.features import take
from dlpy.data.joined_features import joined
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, State, Task
from dlpy.data.unfamiliar import Unfamiliar

if TYPE_CHECKING:
    import keras


class NamedTransform(Transform):
    """A transform of one input or output, given by its name; the others stay as they are."""

    name: str
    of: str
    """Name of the input or output."""
    inner: Transform
    """The transform, which sees rows with this input or target alone."""
    keys: tuple[str | int, ...] = ()
    """Where it is listed in the experiment file."""

    @abstractmethod
    def _task(self, task: Task) -> Task:
        """Return the task as the inner transform sees it."""

    @abstractmethod
    def _rows(self, rows: Rows) -> Rows:
        """Return the rows as the inner transform sees them."""

    def fit(self, rows: Rows, task: Task) -> State:
        return self.inner.fit(self._rows(rows), self._task(task))

    def files(self, state: State) -> dict[str, str]:
        return {f"{self.of}-{name}": text for name, text in self.inner.files(state).items()}


class OfInput(NamedTransform):
    """A transform of one of several inputs, and of those that are `like` it: one state, fitted on the rows of all."""

    like: tuple[str, ...] = ()
    """Names of the inputs that share the transform."""

    def outline(self, task: Task) -> Task:
        for name in self._names:
            task = task.with_input(self._outlined(task, name), name)
        return task

    def _outlined(self, task: Task, name: str) -> Input:
        before = task.inputs[name]
        made = self.inner.outline(self._alone(task, name)).inputs[name]
        is_text = before.kind == "text" or before.vocabulary_of is not None
        return replace(made, vocabulary_of=self.of) if is_text and made.kind != "text" else made

    def measured(self, task: Task, state: State) -> Task:
        for name in self._names:
            task = task.with_input(self.inner.measured(self._alone(task, name), state).inputs[name], name)
        return task

    def fit_apply(self, rows: Rows, task: Task) -> tuple[State, Rows]:
        state, found = self.inner.fit_apply(self._rows(rows), self._task(task))
        made = found.inputs[self.of]
        for number, name in enumerate(self._names):
            own = made if not self.like else take(made, np.arange(len(rows)) + number * len(rows))
            rows = rows.with_x(own, name)
        return state, rows

    def apply(self, rows: Rows, state: State) -> Rows:
        for name in self._names:
            rows = rows.with_x(self.inner.apply(_only(rows, name), state).inputs[name], name)
        return rows

    def unfamiliar(self, rows: Rows, state: State) -> list[Unfamiliar]:
        found = [(name, item) for name in self._names for item in self.inner.unfamiliar(_only(rows, name), state)]
        return [replace(item, column=name) if item.column == "text" else item for name, item in found]

    def layer(self, state: State) -> keras.layers.Layer | None:
        return self.inner.layer(state)

    def in_graph(self, numbers: Any, state: State) -> Any:
        return self.inner.in_graph(numbers, state)

    @property
    def _names(self) -> tuple[str, ...]:
        return (self.of, *self.like)

    def _alone(self, task: Task, name: str) -> Task:
        if self.inner.on_targets:
            raise ConfigError(f"{self.inner.name} changes targets: list it under data.targets.")
        return Task({name: task.inputs[name]}, {})

    def _task(self, task: Task) -> Task:
        return self._alone(task, self.of)

    def _rows(self, rows: Rows) -> Rows:
        if not self.like:
            return _only(rows, self.of)
        both = joined([rows.inputs[name] for name in self._names])
        return Rows({self.of: both}, index=np.arange(len(both)))


def _only(rows: Rows, name: str) -> Rows:
    """Return the rows with one input and without targets."""
    return replace(rows, inputs={name: rows.inputs[name]}, targets={})


class OfTarget(NamedTransform):
    """A transform of targets; its state is fitted on the training rows that have one."""

    on_targets = True

    def outline(self, task: Task) -> Task:
        if self.inner.on_targets:
            return task.with_output(self.inner.outline(task.of_output(self.of)).output, self.of)
        output = task.outputs[self.of]
        if not self.inner.is_invertible:
            raise ConfigError(f"{self.inner.name} cannot transform a target.")
        if output.kind not in ("regression", "unknown") or output.is_count:
            what = "a count" if output.is_count else output.kind
            raise ConfigError(f"{self.inner.name} transforms numbers; target '{self.of}' is {what}.")
        return task

    def measured(self, task: Task, state: State) -> Task:
        if self.inner.on_targets:
            return task
        return task.with_output(self.inner.of_target(task.outputs[self.of], state), self.of)

    def apply(self, rows: Rows, state: State) -> Rows:
        if not rows.targets:
            return rows
        if self.inner.on_targets:
            return rows.with_y(self.inner.apply(rows.of_target(self.of), state).y, self.of)
        made = np.asarray(self.inner.apply(self._rows(rows), state).x, np.float32)
        return rows.with_y(made.reshape(rows.targets[self.of].shape), self.of)

    def _task(self, task: Task) -> Task:
        if self.inner.on_targets:
            return task.of_output(self.of)
        return Task({self.of: Input("array", (task.outputs[self.of].units,))}, {})

    def _rows(self, rows: Rows) -> Rows:
        if self.inner.on_targets:
            return rows.of_target(self.of)
        target = rows.targets[self.of]
        return replace(rows, inputs={self.of: target.reshape(len(target), -1)}, targets={})


def scaled(output: Output, scale: float, offset: float) -> Output:
    """Return the output whose numbers are to be multiplied by `scale` and moved by `offset` before all else."""
    return replace(output, scale=output.scale * scale, offset=output.offset + output.scale * offset)
