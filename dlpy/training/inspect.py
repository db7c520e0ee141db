"""What `dlpy check --data` and `dlpy show data` report about the rows before training."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator

import numpy as np

from dlpy.core.errors import DataError, on_a_line
from dlpy.data import preview
from dlpy.data.features import Features, Padded, Passages, Pictures, Scaled, Sequences, Sparse, Windows
from dlpy.data.rows import Data, Loaded, Rows
from dlpy.data.tables.timestamps import stamp
from dlpy.data.units import own_numbers
from dlpy.data.validate import check, class_numbers
from dlpy.experiment.document import Document
from dlpy.experiment.experiment import Experiment, raise_mistakes
from dlpy.training.class_balance import class_warnings, fold_warnings
from dlpy.training.pipeline import Split, obtain, split, transform

_NAMED = 5
_LEAK = 0.999  # correlation with the target from which a column looks like the target itself


def inspect(experiment: Experiment, document: Document) -> Iterator[str]:
    """Yield lines about the data: its shapes, and warnings of problems that spoil scores without stopping training.

    Raises:
        DataError: training could not start.
    """
    loaded, _, data = _made(experiment, document)
    check(data)
    yield f"data: {loaded.source.kind}, {loaded.source.description}"
    yield from loaded.notes
    for name, rows in _parts(data).items():
        yield f"{name}: {len(rows):,} rows, input {data.task.input}{_span(rows)}{_balance(rows, data)}"
    yield from class_warnings(data, experiment.data)
    if "kfold" in experiment.model_fields_set and not experiment.data.in_time_order:
        yield from _folds(experiment, loaded)
    yield from _duplicates(data)
    yield from _suspicious_columns(data.train, data.task.input.columns)


def show(experiment: Experiment, document: Document, samples: int) -> Iterator[str]:
    """Yield lines about the transformed rows: the shapes of each part, and some training rows before and after.

    Raises:
        DataError: the data is missing or damaged, or the transforms cannot be fitted.
    """
    loaded, parts, data = _made(experiment, document)
    yield f"data: {loaded.source.kind}, {loaded.source.description}"
    before = _parts(parts)
    for name, rows in _parts(data).items():
        target = f"{rows.y.dtype} {rows.y.shape}" if rows.targets else "none"
        yield f"{name}: {len(rows):,} rows"
        yield f"  from    {preview.summary(before[name].x)}"
        yield f"  to      {preview.summary(rows.x)}"
        yield f"  target  {target}{_balance(rows, data)}"
    for number in range(min(samples, len(data.train))):
        yield f"training row {data.train.index[number]}: {_answer(data, number)}"
        lines = [*preview.row(parts.train.x, number, loaded.task.input.words)]
        if data.train.x is not parts.train.x:
            lines += preview.row(data.train.x, number, data.task.input.words)
        yield from (f"  {what:<8}  {text}" for what, text in lines)


def _made(experiment: Experiment, document: Document) -> tuple[Loaded, Split, Data]:
    """Return the rows as loaded, as split, and as the model sees them."""
    loaded = obtain(experiment.data, experiment.seed)
    raise_mistakes(experiment, document, loaded.task)
    parts = split(experiment.data, loaded)
    data, _ = transform(experiment, parts, loaded.task)
    return loaded, parts, data


def _answer(data: Data, number: int) -> str:
    """Return a training row's target: a class, or numbers."""
    output = data.task.output
    if output.kind == "regression":
        return ", ".join(f"{value:.6g}" for value in data.train.y[number].reshape(-1))
    label = class_numbers(data.train, output)[number]
    if output.kind == "tokens":
        return f"next token '{on_a_line(data.task.input.words[label]) or '[UNK]'}'"
    return f"class {output.classes[label] if output.classes else label}"


def _parts(data: Data | Split) -> dict[str, Rows]:
    named = {"train": data.train, "validation": data.validation, "test": data.test}
    return {name: rows for name, rows in named.items() if rows is not None}


def _span(rows: Rows) -> str:
    """Return the range of the targets of windows in their series."""
    if not isinstance(rows.x, Windows):
        return ""
    span = f", targets in rows {rows.index.min():,} to {rows.index.max():,}"
    if "time" not in rows.columns:
        return span
    times = rows.columns["time"].astype("datetime64[us]")
    return f"{span} ({stamp(times.min())} to {stamp(times.max())})"


def _balance(rows: Rows, data: Data) -> str:
    output = data.task.output
    if output.kind == "regression":
        y, unit = own_numbers(rows.y, output), f" {output.unit}" if output.unit else ""
        return f", target {y.min():.4g} to {y.max():.4g}{unit}, mean {y.mean():.4g}"
    if isinstance(rows.x, Passages):
        return f", {np.count_nonzero(rows.x.wanted()):,} of {output.units:,} tokens to learn"
    counts = np.bincount(class_numbers(rows, output), minlength=2 if output.kind == "binary" else output.units or 0)
    present = counts[counts > 0]
    of_all = "" if len(present) == len(counts) else f" of {len(counts)}"
    if len(present) == 1:
        return f", all of 1 class{of_all}"
    return f", {len(present)}{of_all} classes of {present.min():,} to {present.max():,} rows"


def _folds(experiment: Experiment, loaded: Loaded) -> Iterator[str]:
    """Yield a line for each problem of the rows in `dlpy kfold`."""
    try:
        yield from fold_warnings(loaded.train, loaded.task, experiment.kfold, experiment.data.split_seed)
    except DataError as error:
        yield f"warning: dlpy kfold would stop: {error}"


def _duplicates(data: Data) -> Iterator[str]:
    """Yield a line for each held-out part that shares rows with the training rows."""
    seen = set(_row_bytes(data.train.x))
    for name, rows in _parts(data).items():
        if name != "train":
            count = sum(row in seen for row in _row_bytes(rows.x))
            if count:
                yield f"warning: {count:,} of {len(rows):,} {name} rows are training rows too: scores are too good."


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


def _suspicious_columns(rows: Rows, names: tuple[str, ...]) -> Iterator[str]:
    """Yield a line for constant columns of flat rows, and for those that nearly equal the target."""
    if not isinstance(rows.x, np.ndarray) or rows.x.ndim != 2:
        return
    spread = rows.x.std(axis=0)
    constant = np.flatnonzero(spread == 0)
    if len(constant):
        verb = "never changes" if len(constant) == 1 else "never change"
        yield f"warning: {_some(constant, names)} {verb}, of {rows.x.shape[1]:,} columns."
    if rows.y.size != len(rows):
        return
    target = rows.y.reshape(-1).astype(np.float64)
    changing = np.flatnonzero((spread > 0) & (target.std() > 0))
    products = (rows.x[:, changing] - rows.x[:, changing].mean(axis=0)).T @ (target - target.mean())
    correlation = np.abs(products) / (len(rows) * spread[changing] * max(target.std(), 1e-300))
    leaking = changing[correlation > _LEAK]
    if len(leaking):
        verb, one = ("is", "it") if len(leaking) == 1 else ("are", "any of them")
        yield f"warning: {_some(leaking, names)} {verb} almost equal to the target: does {one} leak the target?"


def _some(numbers: np.ndarray, names: tuple[str, ...]) -> str:
    """Return the first few columns by name, or by their number from 0 where they have no names."""
    told = [f"'{on_a_line(names[number])}'" if names else str(number) for number in numbers[:_NAMED]]
    more = f" and {len(numbers) - _NAMED:,} more" if len(numbers) > _NAMED else ""
    return f"{'column' if len(numbers) == 1 else 'columns'} {', '.join(told)}{more}"
