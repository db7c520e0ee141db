"""Warnings about rows that make scores too good or features useless: duplicates, constant and leaking columns."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator

import numpy as np

from dlpy.core.errors import on_a_line
from dlpy.data.features import Features, Padded, Pictures, Scaled, Sequences, Sparse
from dlpy.data.rows import Data, Rows
from dlpy.data.stored.array import StoredArray
from dlpy.data.stored_sequences import StoredRagged
from dlpy.data.task import Task
from dlpy.training.stored_rows import correlations, hashes, spread_of

_NAMED = 5
_LEAK = 0.999  # correlation with the target from which a column looks like the target itself


def duplicates(data: Data) -> Iterator[str]:
    """Yield a line for each held-out part that shares rows, equal in all inputs, with the training rows."""
    held_out = {"validation": data.validation, "test": data.test}
    for name, count in shared_rows(data).items():
        rows = held_out[name]
        if rows is not None and count:
            yield f"warning: {count:,} of {len(rows):,} {name} rows are training rows too: scores are too good."


def shared_rows(data: Data) -> dict[str, int]:
    """Return for each held-out part the number of its rows that are equal to a training row in all inputs."""
    held_out = {"validation": data.validation, "test": data.test}
    if any(isinstance(x, StoredArray | StoredRagged) for x in data.train.inputs.values()):
        known = hashes(data.train)
        parts = {name: rows for name, rows in held_out.items() if rows is not None}
        return {name: int(np.isin(hashes(rows), known).sum()) for name, rows in parts.items()}
    seen = set(_row_keys(data.train))
    return {name: sum(row in seen for row in _row_keys(rows)) for name, rows in held_out.items() if rows is not None}


def shared_sides(data: Data) -> Iterator[str]:
    """Yield a line for each held-out part with pairs of which one side, such as a text, is also in a training pair."""
    if len(data.train.inputs) < 2:
        return
    seen = {side for x in data.train.inputs.values() for side in _row_bytes(x)}
    for name, rows in (("validation", data.validation), ("test", data.test)):
        if rows is None:
            continue
        sides = zip(*(_row_bytes(x) for x in rows.inputs.values()), strict=True)
        count = sum(any(side in seen for side in pair) for pair in sides)
        if count:
            shared = f"{count:,} of {len(rows):,} {name} pairs share a side with a training pair"
            yield f"warning: {shared}: scores are too good for new ones. Split them by groups, as 'group' of csv does."


def _row_keys(rows: Rows) -> Iterator[tuple[bytes, ...]]:
    """Yield a key for each row, equal for rows whose inputs are all equal; none for windows, which overlap."""
    return zip(*(_row_bytes(x) for x in rows.inputs.values()), strict=False)


def _row_bytes(features: Features) -> Iterator[bytes]:
    """Yield each row as bytes, equal for equal rows."""
    if isinstance(features, np.ndarray):
        yield from (row.tobytes() for row in features)
    elif isinstance(features, Pictures):
        yield from (hashlib.sha256(row.data).digest() for chunk in features.chunks() for row in chunk)
    elif isinstance(features, Scaled):
        yield from _row_bytes(features.array)
    elif isinstance(features, Sparse | Sequences | Padded):
        values = features.columns if isinstance(features, Sparse) else features.values
        weights = features.values if isinstance(features, Sparse) and features.values is not None else values[:0]
        for start, stop in itertools.pairwise(features.splits.tolist()):
            yield values[start:stop].tobytes() + weights[start:stop].tobytes()


def suspicious_columns(rows: Rows, task: Task) -> Iterator[str]:
    """Yield a line for constant columns of flat inputs, and for those that nearly equal a target."""
    for name, x in rows.inputs.items():
        if isinstance(x, np.ndarray | StoredArray) and len(x.shape) == 2:
            where = f"input '{name}': " if len(rows.inputs) > 1 else ""
            names = task.inputs[name].columns
            spread = spread_of(x) if isinstance(x, StoredArray) else x.std(axis=0)
            yield from (f"warning: {where}{line}" for line in _constant(spread, names))
            for target in _leaked(rows.of_input(name), task):
                yield f"warning: {where}{target}"


def _constant(spread: np.ndarray, names: tuple[str, ...]) -> Iterator[str]:
    constant = np.flatnonzero(spread == 0)
    if len(constant):
        verb = "never changes" if len(constant) == 1 else "never change"
        yield f"{_some(constant, names)} {verb}, of {len(spread):,} columns."


def _leaked(rows: Rows, task: Task) -> Iterator[str]:
    """Yield a line for the columns of an input that nearly equal a target, or one of its labels."""
    names = next(iter(task.of_input(next(iter(rows.inputs))).inputs.values())).columns
    for name, output in task.outputs.items():
        if output.is_per_step:
            continue
        own = rows.with_target(name) if output.has_missing else rows.of_target(name)
        of_labels = output.kind == "multilabel"
        if not of_labels and own.y.size != len(own):
            continue
        for number, target in enumerate(own.y.reshape(len(own), -1).T):
            what = f"target '{name}'" if len(task.outputs) > 1 else "target"
            what += f" ({on_a_line(output.classes[number])})" if of_labels and output.classes else ""
            leaking = _correlated(own.x, target.astype(np.float64))
            if len(leaking):
                verb, one = ("is", "it") if len(leaking) == 1 else ("are", "any of them")
                yield f"{_some(leaking, names)} {verb} almost equal to the {what}: does {one} leak the target?"


def _correlated(x: Features, target: np.ndarray) -> np.ndarray:
    """Return the columns whose correlation with the target is nearly 1 or -1."""
    if isinstance(x, StoredArray):
        return np.flatnonzero(correlations(x, target) > _LEAK)
    if not isinstance(x, np.ndarray):
        raise TypeError(f"expected an array, not {type(x).__name__}")
    spread = x.std(axis=0)
    changing = np.flatnonzero((spread > 0) & (target.std() > 0))
    products = (x[:, changing] - x[:, changing].mean(axis=0)).T @ (target - target.mean())
    correlation = np.abs(products) / (len(x) * spread[changing] * max(target.std(), 1e-300))
    return changing[correlation > _LEAK]


def _some(numbers: np.ndarray, names: tuple[str, ...]) -> str:
    """Return the first few columns by name, or by their number from 0 where they have no names."""
    told = [f"'{on_a_line(names[number])}'" if names else str(number) for number in numbers[:_NAMED]]
    more = f" and {len(numbers) - _NAMED:,} more" if len(numbers) > _NAMED else ""
    return f"{'column' if len(numbers) == 1 else 'columns'} {', '.join(told)}{more}"
