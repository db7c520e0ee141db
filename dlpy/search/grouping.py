"""Which trials are trained together: those of one kind, which differ in a few numbers alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dlpy.components.estimator import EstimatorModel
from dlpy.experiment.experiment import Experiment
from dlpy.storage.atomic import json_text

_NUMBERS = {"dropout", "head_dropout", "rate", "l1", "l2", "learning_rate", "weight_decay"}  # by which members differ
_AHEAD = 8  # full groups of trials that wait for others of their kind, at most


def kind_of(experiment: Experiment) -> str | None:
    """Return all options but the numbers that may differ between trials in one graph, as text.

    None where the model is not trained in a graph.
    """
    if isinstance(experiment.model, EstimatorModel):
        return None
    values = experiment.model_dump(exclude={"search", "name"})
    values["model"] = _without_numbers(values["model"])
    values["training"]["optimizer"] = _without_numbers(values["training"]["optimizer"])
    return json_text(values)


def _without_numbers(value: Any) -> Any:
    """Return options with the sign of each number that may differ: 0 leaves out a layer, or a term of the loss."""
    if isinstance(value, list):
        return [_without_numbers(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: item > 0 if key in _NUMBERS and isinstance(item, int | float) else _without_numbers(item)
        for key, item in value.items()
    }


def grouped(numbers: Iterable[int], kind: Callable[[int], str | None], most: int) -> Iterator[list[int]]:
    """Yield trials in groups of one kind as they are complete; the last ones have what is left.

    Args:
        numbers: of the trials, in order; no more are taken than are needed.
        kind: of a trial; one without a kind is a group of its own.
        most: the number of trials in a complete group. When the trials that wait would fill some groups, but no kind
            has enough, the kind with most of them goes ahead.
    """
    waiting: dict[str, list[int]] = {}
    for number in numbers:
        own = kind(number)
        if own is None:
            yield [number]
            continue
        waiting.setdefault(own, []).append(number)
        if len(waiting[own]) == most:
            yield waiting.pop(own)
        elif sum(map(len, waiting.values())) >= _AHEAD * most:
            yield waiting.pop(max(waiting, key=lambda one: len(waiting[one])))  # of equals the one that waits longest
    yield from waiting.values()
