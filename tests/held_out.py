"""Other rows instead of those of a part, and the bits of what must not depend on them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np

from dlpy.data.features import Padded, Passages, Scaled, Sequences, Table, Texts, Windows, arrays_of
from dlpy.data.rows import Data, Rows
from dlpy.data.task import Task
from dlpy.training.pipeline import Split, transform


def numbers(rows: Rows) -> list[np.ndarray]:
    """Return all that a network sees of rows; of a series and a text no more than their own windows."""
    found = []
    for name, x in rows.inputs.items():
        whole = isinstance(x, Windows | Passages | Padded | Scaled)
        found += [rows.of_input(name).array] if whole else arrays_of(x)
    return [*found, *rows.targets.values()]


def bits(arrays: list[np.ndarray]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def learnt(experiment: Any, parts: Split, task: Task) -> tuple[Data, dict[str, Any]]:
    """Return the rows as a network sees them, and what must not depend on other rows than the training rows."""
    data, pipeline = transform(experiment, parts, task)
    ranges = [] if pipeline.ranges is None else list(pipeline.ranges.arrays().values())
    states = [array for state in pipeline.states for _, array in sorted(state.items())]
    return data, {"states": bits(states + ranges), "train": bits(numbers(data.train)), "task": repr(data.task)}


def garbled(x: Any, *, by_word: bool = False) -> Any:
    """Return rows that hold other numbers, categories or words, each of the same shape.

    by_word: each word of a text has a target, so that there must be as many.
    """
    if isinstance(x, Table):
        other = np.char.add("other ", x.categorical) if x.categorical.size else x.categorical
        return replace(x, numeric=x.numeric * 5 + 100, categorical=other)
    if isinstance(x, Texts) and by_word:
        return Texts(
            np.array([" ".join(f"other{word[::-1]}" for word in text.split(" ")) for text in x.values], object)
        )
    if isinstance(x, Texts):
        return Texts(np.array([f"entirely {text[::-1]} other words" for text in x.values], object))
    if isinstance(x, Sequences):
        return replace(x, values=np.maximum(x.values[::-1] // 2, 1))
    if x.dtype == np.uint8:
        return 255 - x
    return x * 5 + 100


def _of_windows(x: Windows) -> np.ndarray:
    """Return which times of the series are inside a window: (times,) bool."""
    found = np.zeros(len(x.series), bool)
    found[slice(*x.span)] = x.covered()
    return found


def otherwise(part: Rows, kept: list[Rows], task: Task) -> tuple[Rows, list[Rows]]:
    """Return other rows instead of a part's, and the rows that stay: of a series or a text, in the changed whole."""
    x = next(iter(part.inputs.values()))
    if isinstance(x, Passages):
        own = np.zeros(len(x.tokens), bool)
        for rows, value in [(part, True), *((rows, False) for rows in kept)]:
            places = rows.x.starts[:, None] + np.arange(x.length + 1)
            own[places] = value
        tokens = np.where(own, (x.tokens + 1) % len(x.words), x.tokens).astype(x.tokens.dtype)
        changed = [rows.with_x(replace(rows.x, tokens=tokens)) for rows in (part, *kept)]
        return changed[0].with_y(changed[0].x.following()), changed[1:]
    if isinstance(x, Windows):
        own = _of_windows(x)
        for rows in kept:
            own &= ~_of_windows(rows.x)
        series = np.where(own[:, None], x.series * 5 + 100, x.series)
        part, *kept = [rows.with_x(replace(rows.x, series=series)) for rows in (part, *kept)]
    else:
        by_word = any(output.is_per_step for output in task.outputs.values())
        for name, features in part.inputs.items():
            part = part.with_x(garbled(features, by_word=by_word), name)
    for name, output in task.outputs.items():
        if name not in part.targets:  # texts that are written: a transform makes their targets of an input
            continue
        y = part.targets[name]
        if output.is_per_step:
            part = part.with_y(np.where(y >= 0, (y + 1) % len(output.classes), y), name)
            continue
        part = part.with_y(y[::-1].copy() if output.kind != "regression" else y * 3 + 7, name)
    return part, kept


def with_other_test(parts: Split, task: Task) -> Split:
    test, (train, validation) = otherwise(parts.test, [parts.train, parts.validation], task)
    return Split(train, validation, test)


def with_other_validation(parts: Split, task: Task) -> Split:
    validation, (train, test) = otherwise(parts.validation, [parts.train, parts.test], task)
    return Split(train, validation, test)
