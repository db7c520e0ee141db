"""Restricts data to some of its classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from pydantic import BeforeValidator, Field

from dlpy.core.errors import ConfigError, DataError, did_you_mean
from dlpy.data.rows import Loaded, Rows
from dlpy.data.task import Output, Task


def _as_name(value: object) -> object:
    """Return a class name as text; YAML may give its number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Names = Annotated[list[Annotated[str, BeforeValidator(_as_name)]], Field(min_length=1)]


def narrowed(task: Task, only: list[str] | None) -> Task:
    """Return the task with only these classes, numbered in the given order.

    Raises:
        ConfigError: a class does not exist, or the task has no classes.
    """
    if only is None:
        return task
    if len(task.outputs) != 1:
        raise ConfigError("with several targets, rows cannot be chosen by their class.")
    numbers = _numbers(task.output, only)
    names = task.output.classes
    classes = tuple(names[number] for number in numbers) if names else tuple(only)
    return task.with_output(replace(task.output, kind="multiclass", units=len(only), classes=classes))


def kept(loaded: Loaded, only: list[str] | None) -> Loaded:
    """Return the data with only the rows of these classes.

    Raises:
        DataError: no training row is left.
    """
    if only is None:
        return loaded
    task = narrowed(loaded.task, only)
    numbers = _numbers(loaded.task.output, only)
    train = _of_classes(loaded.train, numbers)
    if len(train) == 0:
        raise DataError(f"{loaded.source.description} has no training rows of class {', '.join(only)}.")
    test = None if loaded.test is None else _of_classes(loaded.test, numbers)
    return replace(loaded, train=train, test=test, task=task)


def _of_classes(rows: Rows, numbers: list[int]) -> Rows:
    labels = rows.y.reshape(-1)
    chosen = rows.take(np.flatnonzero(np.isin(labels, numbers)))
    places = np.zeros(max(numbers) + 1, labels.dtype)
    places[numbers] = np.arange(len(numbers))
    return chosen.with_y(places[chosen.y.reshape(-1)])


def _numbers(output: Output, only: list[str]) -> list[int]:
    if not output.has_classes or output.one_hot:
        raise ConfigError(f"'only' requires class labels; this target is {output.kind}.")
    names = output.classes
    count = len(names) or output.units or 0
    known = {name: number for number, name in enumerate(names)}
    numbers = {str(number): number for number in range(count)}
    unknown = [name for name in only if name not in known and name not in numbers]
    if unknown and count:
        raise ConfigError(f"there is no class '{unknown[0]}'.{did_you_mean(unknown[0], known or numbers)}")
    found = [known.get(name, numbers.get(name, 0)) for name in only]
    if count and len(set(found)) < len(found):
        raise ConfigError("'only' lists a class twice.")
    return found
