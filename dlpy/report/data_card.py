"""The data of a run: where it comes from, its rows, inputs, targets and classes, as the run directory records them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dlpy.data.task import Input, Output, Task
from dlpy.report.markup import Markup
from dlpy.report.tables import pairs, table
from dlpy.runs.directory import Run
from dlpy.runs.predictions import PARTS
from dlpy.runs.results import class_names, predictions_of, tasks_of

_MOST_NAMED = 20  # classes in a line


def data_card(run: Run) -> list[Markup]:
    """Return the list of facts about the data of a run, and the number of held-out rows of each class."""
    record, tasks = run.record(), tasks_of(run)
    kind = "generated stand-in, not the real data" if record.data.source == "stand-in" else record.data.source
    if record.data.always_generated:
        kind = "generated data"
    facts: list[tuple[str, str | None]] = [
        ("source", kind),
        ("description", record.data.description),
        ("sha256 of all arrays", record.data.sha256),
        ("rows", _rows(run)),
    ]
    if tasks is not None:
        facts += [*_inputs(tasks[0]), *_targets(tasks[0])]
    return [pairs([*facts, *_recorded(run)]), *_class_counts(run)]


def _rows(run: Run) -> str:
    summary = run.summary()
    if summary.folds:
        sizes = [int(fold.scores["rows"] or 0) for fold in summary.folds if "rows" in fold.scores]
        return f"{sum(sizes):,} in {len(sizes)} folds" if sizes else f"{len(summary.folds)} folds"
    return ", ".join(f"{count:,} {part}" for part, count in summary.rows.items())


def _inputs(task: Task) -> Iterator[tuple[str, str]]:
    several = len(task.inputs) > 1
    for name, given in task.inputs.items():
        yield (f"input {name}" if several else "input"), _described(given)


def _described(given: Input) -> str:
    columns = f": {', '.join(given.columns[:_MOST_NAMED])}" if given.columns else ""
    more = len(given.columns) - _MOST_NAMED
    return f"{given}{columns}{f' and {more:,} more' if more > 0 else ''}"


def _targets(task: Task) -> Iterator[tuple[str, str]]:
    several = len(task.outputs) > 1
    for name, output in task.outputs.items():
        yield (f"target {name}" if several else "target"), _target(output)


def _target(output: Output) -> str:
    names = list(output.classes)
    if not names:
        return f"{output.kind}{f' in {output.unit}' if output.unit else ''}"
    more = len(names) - _MOST_NAMED
    shown = ", ".join(names[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
    return f"{output.kind}, {len(names):,} {'labels' if output.kind == 'multilabel' else 'classes'}: {shown}"


def _recorded(run: Run) -> Iterator[tuple[str, str]]:
    """Yield what was counted in the rows before training."""
    counts = run.record().data.counts
    if counts is None:
        return
    if counts.missing:
        shown = ", ".join(f"{name} {count:,}" for name, count in list(counts.missing.items())[:_MOST_NAMED])
        more = len(counts.missing) - _MOST_NAMED
        yield "missing values in training rows", shown + (f" and {more:,} more columns" if more > 0 else "")
    elif counts.missing is not None:
        yield "missing values in training rows", "none"
    for part, count in (counts.duplicates or {}).items():
        yield f"{part} rows that are training rows too", f"{count:,}"


def _class_counts(run: Run) -> Iterator[Markup]:
    """Yield for each output the rows of each class, by part."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for given in predictions_of(run):
        output = given.output
        if output is None or not output.has_classes:
            continue
        names = class_names(output, max(output.class_count, int(given.target.max()) + 1))
        found = np.bincount(given.target.astype(np.int64), minlength=len(names)).tolist()
        for name, count in zip(names, found, strict=True):
            counts.setdefault(given.name, {}).setdefault(name, {})[given.part] = count
    for name, of_class in counts.items():
        parts = [part for part in PARTS if any(part in own for own in of_class.values())]
        rows = [[label, *(f"{own.get(part, 0):,}" for part in parts)] for label, own in of_class.items()]
        title = f"Rows of each class of {name}" if name else "Rows of each class"
        yield table(title, ["class", *(PARTS[part] for part in parts)], rows, numeric=range(1, len(parts) + 1))
