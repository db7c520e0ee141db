"""Scores and class weights for classes of very different sizes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dlpy.data.task import Output
from dlpy.data.validate import class_numbers
from dlpy.starter.linear_tests import weighting_scores
from dlpy.starter.trial import Trial
from dlpy.starter.wording import Option, listed, plural

_RARE_SHARE = 0.2  # of the rows: a class of a binary target below it is rare
_LARGEST_OVER_SMALLEST = 5
_FEW = 3  # rows: fewer cannot be in each of the training, validation and test rows
_HARDLY_FOUND = 0.3  # F1 of the rare class without weights
_GAIN = 0.1  # of F1, that class weights have to bring


@dataclass(frozen=True)
class Balance:
    """What the sizes of the classes ask for: options of training, the score to monitor, and notes."""

    scores: list[Option] = field(default_factory=list)
    monitor: str = "val_loss"
    notes: list[str] = field(default_factory=list)


def balance_of(trial: Trial, output: Output) -> Balance:
    """Return what the sizes of the classes ask for; nothing for numbers."""
    if not output.has_classes:
        return Balance()
    trained, counts = trial.class_counts(output)
    few = _few(trained, counts, output)
    if output.kind == "binary" and counts.min() < _RARE_SHARE * counts.sum():
        return _binary(counts, output, trial, few)
    if output.kind == "multiclass" and counts.max() > _LARGEST_OVER_SMALLEST * counts.min():
        line = f"The largest class has {counts.max():,} rows, the smallest {counts.min():,}: accuracy says little of it"
        metrics = Option("metrics", ["accuracy", "f1"], "f1: the mean over classes, small ones included")
        return Balance([metrics, _suggested()], notes=[line, *few])
    return Balance(notes=few)


def _binary(counts: np.ndarray, output: Output, trial: Trial, few: list[str]) -> Balance:
    rare = int(counts.argmin())
    name, share = output.classes[rare], counts[rare] / counts.sum()
    usual = f"always predicting {output.classes[1 - rare]} has an accuracy of {1 - share:.3f}"
    line = f"Class {name} is rare ({counts[rare]:,} of {counts.sum():,} rows): {usual}, so auc and f1 are reported too"
    f1 = "f1" if rare == 1 else {"name": "f1", "class_id": 0}
    metrics = Option("metrics", ["accuracy", "auc", f1], f"f1 is that of {name}")
    notes = [line, *few]
    found = None if trial.x is None else weighting_scores(trial.x, class_numbers(trial.train, output) == rare)
    if found is None:
        return Balance([metrics, *_threshold(rare, name, notes), _suggested()], notes=notes)
    (f1_plain, plain), (f1_weighted, weighted) = found
    figures = (
        f"a logistic regression on held-out training rows has an f1 of {f1_weighted:.2f} and an accuracy of "
        f"{weighted:.2f} with class weights, {f1_plain:.2f} and {plain:.2f} without"
    )
    if f1_plain < _HARDLY_FOUND and f1_weighted > f1_plain + _GAIN:
        chosen = Option("class_weight", "balanced", f"to find rows of {name}: see above")
        notes.insert(1, f"class_weight is balanced: {figures}. Without it, {name} would hardly ever be predicted")
        return Balance([metrics, chosen], "val_auc", notes)
    notes.insert(1, f"Without class weights: {figures}")
    return Balance([metrics, *_threshold(rare, name, notes), _suggested()], notes=notes)


def _threshold(rare: int, name: str, notes: list[str]) -> list[Option]:
    """Return the option of a threshold for a rare second class, and add a note; none for a rare first class."""
    if rare != 1:
        return []
    notes.append(
        f"threshold: f1 predicts {name} above the probability with the best f1 on the validation rows, not 0.5"
    )
    return [Option("threshold", "f1", f"of {name}, chosen on the validation rows")]


def _suggested() -> Option:
    note = "finds more rows of small classes, at the cost of accuracy"
    return Option("class_weight", "balanced", note, suggested=True)


def _few(trained: np.ndarray, counts: np.ndarray, output: Output) -> list[str]:
    """Return a note on the classes that cannot be in each of the training, validation and test rows."""
    named = [
        f"{output.classes[number]} ({plural(int(counts[number]), 'row')}, {trained[number]} in training)"
        for number in np.flatnonzero(counts < _FEW)
    ]
    if not named:
        return []
    what = "Class" if len(named) == 1 else "Classes"
    return [
        f"{what} {listed(named)}: too few rows to be in each of the training, validation and test rows, so that no "
        "score says how well they are predicted. To leave one out, delete its rows or list the others: data.only"
    ]
