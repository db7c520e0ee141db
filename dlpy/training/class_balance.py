"""Warnings about the classes of each part: missing, with very few rows, or with other shares than in training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dlpy.components.dataset import Dataset
from dlpy.core.errors import on_a_line, shortened
from dlpy.data.rows import Data, Rows
from dlpy.data.splits import Holdout, KFold
from dlpy.data.steps import counted
from dlpy.data.task import Output, Task
from dlpy.data.validate import class_numbers

_FEW = 5  # rows of a class: with fewer, no score of that class can be trusted
_GROSS = 0.1  # share of a part's rows that would need another class to have the training rows' shares
_RARE = 3.0  # standard normal quantile: a random split differs this much once in 1,000 times
_NAMED = 5
_SCORES = {"validation": "val_ scores", "test": "test scores"}


def class_warnings(data: Data, dataset: Dataset) -> list[str]:
    """Return a warning for each part that lacks a class, has fewer than 5 rows of one, or has very different shares.

    The shares of two parts are very different if at least a tenth of the rows would need another class to make them
    equal (the total variation distance), and the chi-square statistic exceeds that of random splits: there is no
    warning for small random splits, nor for large parts that hardly differ.
    """
    found = []
    for name in data.task.outputs:
        where = f"target '{name}', " if len(data.task.outputs) > 1 else ""
        found += [f"warning: {where}{line}" for line in _warnings(data.of_output(name), dataset)]
    return found


def _warnings(data: Data, dataset: Dataset) -> list[str]:
    output = data.task.output
    if not output.has_classes:
        return []
    train = _counts(data.train, output)
    found = [_line(_Part("training", train), None, output, "Drop the class, or get more rows of it")]
    for name, rows in (("validation", data.validation), ("test", data.test)):
        if rows is not None and not (name == "test" and rows is data.validation):
            found.append(_line(_Part(name, _counts(rows, output)), train, output, _advice(name, data, dataset)))
    return [line for line in found if line]


def fold_warnings(rows: Rows, task: Task, kfold: KFold, seed: int) -> list[str]:
    """Return the same warnings for the validation rows of the first folds, compared with the other rows.

    Args:
        rows: all rows except the test rows.
        task: their task.
        kfold: the options of the folds.
        seed: of the split.
    """
    if len(task.outputs) != 1 or not task.output.has_classes:
        return []
    every, advice = _counts(rows, task.output), _advice_of_folds(kfold, rows, task.output)
    counted = [_counts(rows.take(fold), task.output) for _, fold in kfold.split(rows, task, seed)]
    parts = [_Part(f"fold {number}, validation", counts) for number, counts in enumerate(counted, 1)]
    lines = [f"warning: {line}" for part in parts if (line := _line(part, every - part.counts, task.output, advice))]
    more = [f"warning: {len(lines) - _NAMED} more folds have such problems."] if len(lines) > _NAMED else []
    return lines[:_NAMED] + more


@dataclass(frozen=True)
class _Part:
    name: str
    counts: np.ndarray  # (classes,) rows of each class


def _counts(rows: Rows, output: Output) -> np.ndarray:
    """Return the number of rows, or steps, of each class: (classes,); those without one are left out."""
    if output.is_per_step:
        rows = counted(rows, next(iter(rows.targets)), output)
    labels = class_numbers(rows, output)
    return np.bincount(labels[labels >= 0], minlength=output.class_count)


def _line(part: _Part, train: np.ndarray | None, output: Output, advice: str) -> str:
    """Return the warning about a part, a held-out one compared with the training rows; empty without problems."""
    problems = list(_problems(part, train, output))
    if not problems:
        return ""
    return f"{part.name} rows: {'; '.join(problems)}. {advice}."


def _problems(part: _Part, train: np.ndarray | None, output: Output) -> Iterator[str]:
    missing = np.flatnonzero((part.counts == 0) & (part.counts != train)) if train is not None else np.empty(0, int)
    few = np.flatnonzero((part.counts > 0) & (part.counts < _FEW))
    present = np.flatnonzero(part.counts)
    scores = _SCORES.get(part.name, "its scores")
    if len(missing) and len(present) == 1:
        name = _names(output, present)
        yield f"all {part.counts.sum():,} are of class {name}; {scores} say nothing about {_names(output, missing)}"
    elif len(missing):
        yield f"none is of class {_names(output, missing)}; {scores} say nothing about {_them(missing)}"
    if len(few):
        yield f"fewer than {_FEW} are of class {_names(output, few, part.counts)}"
    is_random = not output.is_per_step  # the steps of a row have much in common, which looks like a difference
    if train is not None and is_random and not len(missing) and _differ(part.counts, train):
        yield f"the classes' shares differ from the training rows': {_shares(part.counts, train, output)}"


def _them(numbers: np.ndarray) -> str:
    return "it" if len(numbers) == 1 else "them"


def _differ(part: np.ndarray, train: np.ndarray) -> bool:
    """Return whether two counts by class differ by more than chance, and by a relevant share of rows."""
    distance = np.abs(part / part.sum() - train / train.sum()).sum() / 2
    both = np.stack([part, train])[:, part + train > 0].astype(np.float64)
    expected = both.sum(axis=1, keepdims=True) * both.sum(axis=0) / both.sum()
    degrees = both.shape[1] - 1
    if distance < _GROSS or degrees == 0:
        return False
    spread = 2 / (9 * degrees)  # Wilson & Hilferty 1931: the cube root of chi-square is nearly normal
    return bool(((both - expected) ** 2 / expected).sum() > degrees * (1 - spread + _RARE * spread**0.5) ** 3)


def _shares(part: np.ndarray, train: np.ndarray, output: Output) -> str:
    """Return the shares of the classes that differ most: in the part, and in training."""
    shares, usual = part / part.sum(), train / train.sum()
    most = np.argsort(-np.abs(shares - usual), kind="stable")[:2]
    told = [f"{_name(output, number)} {shares[number]:.0%} instead of {usual[number]:.0%}" for number in most]
    return ", ".join(told)


def _names(output: Output, numbers: np.ndarray, counts: np.ndarray | None = None) -> str:
    """Return the first few classes by name, with their numbers of rows where given."""
    names = [_name(output, number) for number in numbers[:_NAMED]]
    if counts is not None:
        names = [f"{name} ({counts[number]})" for name, number in zip(names, numbers, strict=False)]
    more = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
    return ", ".join(names) + more


def _name(output: Output, number: int) -> str:
    return on_a_line(shortened(output.classes[number], 40)) if output.classes else str(number)


def _sorted_too(parts: list[Rows], output: Output) -> str:
    """Return ", and the rows are sorted by class" where they are."""
    return ", and the rows are sorted by class" if _are_sorted(parts, output) else ""


def _are_sorted(parts: list[Rows], output: Output) -> bool:
    """Return whether the rows of a class are adjacent in their source: half the changes of a random order, or fewer."""
    if output.is_per_step:
        return False
    labels = np.concatenate([class_numbers(rows, output) for rows in parts])
    labels = labels[np.argsort(np.concatenate([rows.index for rows in parts]), kind="stable")]
    labels = labels[labels >= 0]
    shares = np.bincount(labels) / len(labels)
    return bool(np.count_nonzero(np.diff(labels)) < (len(labels) - 1) * (1 - (shares**2).sum()) / 2)


def _advice(part: str, data: Data, dataset: Dataset) -> str:
    """Return the likely cause of the problems of a held-out part, and what to do."""
    key, holdout = f"data.{part}", dataset.holdouts().get(part)
    if holdout is None or holdout.use:
        return "These test rows are the dataset's own"
    if holdout.column:
        return f"Column '{on_a_line(holdout.column)}' marks these rows: mark others, or use a fraction ({key}: 0.2)"
    if "group" in data.train.columns:
        return f"Rows of a group stay together: hold out other groups or more of them ({key})"
    parts = [data.train, data.validation, data.test if part == "test" else None]
    why = _sorted_too([rows for rows in parts if rows is not None], data.task.output)
    if holdout.rows:
        return f"{key} takes rows {holdout.rows[0]:,} to {holdout.rows[1]:,}{why}: use a fraction ({key}: 0.2)"
    if dataset.in_time_order:
        return f"{key} takes rows in time order: hold out more"
    if holdout.order != "random":
        return f"{key} takes the {holdout.order} rows{why}: use a fraction ({key}: 0.2) or {_random(holdout)}"
    return _more_rows(key, holdout)


def _random(holdout: Holdout) -> str:
    """Return the same hold-out with random rows, as YAML."""
    amount = f"count: {holdout.count}" if holdout.count else f"fraction: {holdout.fraction}"
    return f"{{{amount}, take: random}}"


def _more_rows(key: str, holdout: Holdout) -> str:
    if holdout.stratify is False:
        return f"The rows are drawn without regard to classes: remove stratify: false from {key}"
    return f"Hold out more rows ({key}), or get more rows of such a class"


def _advice_of_folds(kfold: KFold, rows: Rows, output: Output) -> str:
    """Return the likely cause of the problems of a fold, and what to do."""
    if "group" in rows.columns:
        return "Rows of a group stay together: use fewer folds"
    if not kfold.shuffle:
        why = _sorted_too([rows], output)
        return f"The folds are contiguous rows{why}: remove kfold.shuffle: false"
    if kfold.stratify is False:
        return "The folds are drawn without regard to classes: remove kfold.stratify: false"
    return "Use fewer folds, or get more rows of such a class"
