"""What `dlpy check --data` and `dlpy show data` report about the rows before training."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dlpy.core.errors import DataError, on_a_line
from dlpy.data import preview
from dlpy.data.features import Passages, Windows
from dlpy.data.rows import Data, Loaded, Rows, is_missing
from dlpy.data.steps import counted, counted_task
from dlpy.data.tables.timestamps import stamp
from dlpy.data.task import DECODER, Output, Task
from dlpy.data.units import is_changed, own_numbers
from dlpy.data.validate import check, class_numbers
from dlpy.experiment.document import Document
from dlpy.experiment.experiment import Experiment, raise_mistakes
from dlpy.models._one_encoder import OneEncoder
from dlpy.training.class_balance import class_warnings, fold_warnings
from dlpy.training.pipeline import Split, obtain, split, transform
from dlpy.training.row_warnings import duplicates, shared_sides, suspicious_columns

_NAMED, _NAMED_STEPS = 5, 12


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
        yield from _about_part(name, rows, data.task)
    yield from class_warnings(data, experiment.data)
    if "kfold" in experiment.model_fields_set and not experiment.data.in_time_order:
        yield from _folds(experiment, loaded)
    yield from duplicates(data)
    if isinstance(experiment.model, OneEncoder):
        yield from shared_sides(data)
    yield from suspicious_columns(data.train, data.task)


def show(experiment: Experiment, document: Document, samples: int) -> Iterator[str]:
    """Yield lines about the transformed rows: the shapes of each part, and some training rows before and after.

    Raises:
        DataError: the data is missing or damaged, or the transforms cannot be fitted.
    """
    loaded, parts, data = _made(experiment, document)
    yield f"data: {loaded.source.kind}, {loaded.source.description}"
    before = _parts(parts)
    for name, rows in _parts(data).items():
        yield f"{name}: {len(rows):,} rows"
        yield from _shapes(before[name], rows, data.task)
    for number in range(min(samples, len(data.train))):
        yield f"training row {data.train.index[number]}: {_answer(data, number)}"
        for name in data.task.inputs:
            yield from _row(parts.train.of_input(name), data.train.of_input(name), number, (loaded.task, data.task))


def _about_part(part: str, rows: Rows, task: Task) -> Iterator[str]:
    """Yield a line about the rows of a part; with several inputs or targets, a line for each of them."""
    if task.is_single:
        (only,) = task.outputs
        yield f"{part}: {len(rows):,} rows, input {task.input}{_span(rows)}, {_balance_of(rows, task, only)}"
        return
    yield f"{part}: {len(rows):,} rows"
    for name, given in task.inputs.items():
        label = f"input {name}" if len(task.inputs) > 1 else "input"
        yield f"  {label}: {given}{_span(rows.of_input(name))}"
    for name in task.outputs:
        label = f"target {name}" if len(task.outputs) > 1 else "target"
        yield f"  {label}: {_balance_of(rows, task, name).removeprefix('target ')}"


def _shapes(before: Rows, after: Rows, task: Task) -> Iterator[str]:
    """Yield lines with the type and shape of each input, before and after the transforms, and of each target."""
    several = not task.is_single
    for name in task.inputs:
        label = f"  {name}: " if several else "  "
        yield f"{label}from    {preview.summary(before.inputs[name])}"
        yield f"{' ' * len(label)}to      {preview.summary(after.inputs[name])}"
    for name in task.outputs:
        y = after.targets.get(name)
        told = "none" if y is None else f"{y.dtype} {y.shape}, {_balance_of(after, task, name)}"
        yield f"  {name}: {told.replace(', target ', ', ')}" if several else f"  target  {told}"


def _row(before: Rows, after: Rows, number: int, tasks: tuple[Task, Task]) -> Iterator[str]:
    """Yield lines with the content of an input in a row, before and after the transforms.

    Args:
        before, after: with this input alone.
        number: of the row.
        tasks: before and after the transforms.
    """
    (name,) = after.inputs
    lines = [*preview.row(before.x, number, tasks[0].inputs[name].words)]
    if after.x is not before.x:
        lines += preview.row(after.x, number, tasks[1].inputs[name].words)
    label = f"{name}: " if len(tasks[1].inputs) > 1 else ""
    yield from (f"  {label}{what:<8}  {text}" for what, text in lines)


def _made(experiment: Experiment, document: Document) -> tuple[Loaded, Split, Data]:
    """Return the rows as loaded, as split, and as the model sees them."""
    loaded = obtain(experiment.data, experiment.seed)
    raise_mistakes(experiment, document, loaded.task)
    parts = split(experiment.data, loaded)
    data, _ = transform(experiment, parts, loaded.task)
    return loaded, parts, data


def _answer(data: Data, number: int) -> str:
    """Return a training row's targets: classes, labels, or numbers."""
    task = data.task
    given = task.inputs[DECODER].words if task.translates else task.input.words if len(task.inputs) == 1 else ()
    told = {
        name: _told(data.train.of_target(name), output, number, given) for name, output in data.task.outputs.items()
    }
    if len(told) == 1:
        return next(iter(told.values()))
    own = {name: _in_unit(data.train.targets[name][number], data.task.outputs[name]) for name in told}
    return ", ".join(f"{name} {own[name]}{text}" for name, text in told.items())


def _in_unit(target: np.ndarray, output: Output) -> str:
    """Return the numbers of a transformed target in its own unit; empty for others."""
    if not is_changed(output) or np.isnan(target).any():
        return ""
    return f"{', '.join(f'{value:.6g}' for value in own_numbers(target, output).reshape(-1))}, transformed to "


def _told(rows: Rows, output: Output, number: int, words: tuple[str, ...]) -> str:
    """Return one target of a row."""
    row = rows.take(np.array([number]))
    if output.has_missing and is_missing(row.y)[0]:
        return "missing"
    if output.is_per_step:
        return _told_of_steps(row, output, words)
    if output.kind == "regression":
        return ", ".join(f"{value:.6g}" for value in row.y.reshape(-1))
    if output.kind == "multilabel":
        names = output.classes or tuple(map(str, range(output.units or 0)))
        return "; ".join(name for name, value in zip(names, row.y[0], strict=True) if value) or "no label"
    output = _labelled(output)
    label = class_numbers(row, output)[0]
    if output.kind == "tokens":
        return f"next token '{on_a_line(words[label]) or '[UNK]'}'"
    return f"class {output.classes[label] if output.classes else label}"


def _told_of_steps(row: Rows, output: Output, words: tuple[str, ...]) -> str:
    """Return the first targets of the steps of a row."""
    steps = counted(row, next(iter(row.targets)), output)
    if not output.has_classes and output.kind != "tokens":
        return f"{len(steps):,} steps with a target"
    labels, known = class_numbers(steps, output), output.classes or words
    names = [on_a_line(known[label]) if known else str(label) for label in labels[:_NAMED_STEPS]]
    return " ".join([*names, *(["..."] if len(labels) > _NAMED_STEPS else [])])


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


def _balance_of(rows: Rows, task: Task, name: str) -> str:
    """Return the range or the classes of a target, and in how many rows it is missing."""
    output, own = task.outputs[name], rows.of_target(name)
    if output.is_per_step:
        steps = counted(rows, name, output)
        return f"{len(steps):,} steps with a target, {_balance(steps, counted_task(task.of_output(name)))}"
    if not output.has_missing:
        return _balance(own, task.of_output(name))
    known = rows.with_target(name)
    missing = f", missing in {len(rows) - len(known):,} rows" if len(known) < len(rows) else ""
    return f"{_balance(known, task.of_output(name))}{missing}" if len(known) else "missing in all rows"


def _balance(rows: Rows, task: Task) -> str:
    """Return the range or the classes of the only target."""
    output = _labelled(task.output)
    if output.kind == "regression":
        y, unit = own_numbers(rows.y, output), f" {output.unit}" if output.unit else ""
        return f"target {y.min():.4g} to {y.max():.4g}{unit}, mean {y.mean():.4g}"
    if output.kind == "multilabel":
        names: tuple[str, ...] = output.classes or tuple(map(str, range(output.units or 0)))
        shares = zip(names[:_NAMED], rows.y.mean(axis=0).tolist(), strict=False)
        more = ", ..." if len(names) > _NAMED else ""
        return f"{len(names)} labels: {', '.join(f'{on_a_line(name)} {share:.0%}' for name, share in shares)}{more}"
    if len(rows.inputs) == 1 and isinstance(rows.x, Passages):
        return f"{np.count_nonzero(rows.x.wanted()):,} of {output.units:,} tokens to learn"
    counts = np.bincount(class_numbers(rows, output), minlength=output.class_count)
    present = counts[counts > 0]
    of_all = "" if len(present) == len(counts) else f" of {len(counts)}"
    if output.kind == "tokens":
        return f"{len(present)}{of_all} tokens of the vocabulary"
    if len(present) == 1:
        return f"all of 1 class{of_all}"
    return f"{len(present)}{of_all} classes of {present.min():,} to {present.max():,} rows"


def _labelled(output: Output) -> Output:
    """Return the output of classes that decide which codes are close; others as they are."""
    if output.kind != "codes":
        return output
    if output.classes:
        return Output("multiclass", len(output.classes), output.classes)
    return Output("binary", 1, ("apart", "together"))


def _folds(experiment: Experiment, loaded: Loaded) -> Iterator[str]:
    """Yield a line for each problem of the rows in `dlpy kfold`."""
    try:
        yield from fold_warnings(loaded.train, loaded.task, experiment.kfold, experiment.data.split_seed)
    except DataError as error:
        yield f"warning: dlpy kfold would stop: {error}"
