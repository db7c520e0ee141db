"""The rows that all sides of a comparison were scored on, and which of them are independent of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlpy.compare.sides import Side, Training, taken
from dlpy.core.errors import ConfigError
from dlpy.data.quantiles import numbers_of
from dlpy.data.task import Output
from dlpy.experiment.document import read
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored, joined
from dlpy.scores.blocks import units_of
from dlpy.scores.class_scores import class_probabilities

_CLOSE = 1e-4  # relative to their spread: targets that were scaled and scaled back differ in the last digits


@dataclass(frozen=True)
class Common:
    """The rows of one output that all sides predict.

    index: (rows,) positions in the source. units: (rows,) the number of the independent unit that each row is in.
    unit: what that is. trainings: of each side, with finite predictions of these rows alone. left_out: the number of
    rows with a prediction that is not finite.
    """

    output: Output
    index: np.ndarray
    units: np.ndarray
    unit: str
    trainings: list[list[Training]]
    left_out: int

    def is_one_model(self, side: int) -> bool:
        """Return whether a side is a single trained model, without folds or several seeds."""
        return len(self.trainings[side]) == len(self.trainings[side][0]) == 1

    def same_folds(self, one: int, other: int) -> bool:
        """Return whether two sides are one training each, with the same rows in each fold."""
        first, second = (self.trainings[number] for number in (one, other))
        if len(first) > 1 or len(second) > 1 or len(first[0]) != len(second[0]):
            return False
        return all(np.array_equal(a.index, b.index) for a, b in zip(first[0], second[0], strict=True))

    def units_of(self, stored: Stored) -> np.ndarray:
        """Return the unit of each of some of the rows."""
        order = np.argsort(self.index)
        return self.units[order[np.searchsorted(self.index, stored.index, sorter=order)]]


def require_alike(sides: Sequence[Side], done: str = "compared") -> None:
    """Raise ConfigError unless all sides predict the same targets of the same data.

    Args:
        done: what is done with them, in messages.
    """
    first = sides[0]
    for side in sides[1:]:
        pair = f"{first.name} and {side.name} cannot be {done}"
        if list(first.outputs) != list(side.outputs):
            told = " and ".join(", ".join(each.outputs) for each in (first, side))
            raise ConfigError(f"{pair}: they predict other targets ({told}).")
        for name, one in first.outputs.items():
            wrong = _other_target(one, side.outputs[name])
            if wrong:
                raise ConfigError(f"{pair}: {f'target {name}: ' if len(first.outputs) > 1 else ''}{wrong}.")
        wrong = _other_data(first.runs[0], side.runs[0])
        if wrong:
            raise ConfigError(f"{pair}: {wrong}.")


def _other_target(one: Output, other: Output) -> str:
    if one.kind != other.kind:
        return f"one target is {one.kind}, the other {other.kind}"
    if one.kind == "tokens":
        return ""  # texts are compared, whatever the vocabulary
    if one.classes != other.classes or numbers_of(one) != numbers_of(other):
        return "their targets have other classes" if one.has_classes else "their targets have other sizes"
    return f"one target is in {one.unit or 'no unit'}, the other in {other.unit or 'no unit'}" * (
        one.unit != other.unit
    )


def _other_data(one: Run, other: Run) -> str:
    """Return how the data of two runs differs; the empty text if they read the same source."""
    sources = [run.record().data for run in (one, other)]
    if sources[0].sha256 == sources[1].sha256:
        return ""
    if sources[0].source != sources[1].source:
        return f"one was trained on a {sources[0].source}, the other on a {sources[1].source}"
    named = [{key: options_of(run, "data").get(key) for key in ("name", "path")} for run in (one, other)]
    for key in ("name", "path"):
        if named[0][key] != named[1][key]:
            return f"they were trained on other data (data.{key}: {named[0][key]} and {named[1][key]})"
    return ""


def options_of(run: Run, key: str) -> Mapping[str, Any]:
    """Return a block of a run's config.yaml as plain values; no code of the run is executed."""
    found = read(run.config).values.get(key) if run.config.is_file() else None
    return found if isinstance(found, dict) else {}


def common_rows(sides: Sequence[Side], name: str) -> Common:
    """Return the rows of an output, the same for all sides.

    Raises:
        ConfigError: the sides were scored on other rows.
    """
    trainings = [side.trainings[name] for side in sides]
    if sides[0].outputs[name].kind == "tokens":
        trainings = _of_fewest(trainings)
    first = _whole(trainings[0][0])
    for side, given in zip(sides, trainings, strict=True):
        for training in given:
            _require_same(sides[0], first, side, _whole(training))
    good = _finite(first.index, [stored for given in trainings for training in given for stored in training])
    kept = [[[_kept(stored, good) for stored in training] for training in given] for given in trainings]
    place = np.flatnonzero(np.isin(first.index, good))
    rows = taken(first, place)
    in_time = first.baseline is not None or bool(options_of(sides[0].runs[0], "data").get("time"))
    unit, units = units_of(rows.group, _errors(rows), in_time=in_time)
    left_out = len(first.index) - len(place)
    return Common(sides[0].outputs[name], first.index[place], units, unit, kept, left_out)


def _of_fewest(trainings: list[list[Training]]) -> list[list[Training]]:
    """Return only the rows of the training with the fewest: training scores the first texts, `dlpy evaluate` all."""
    fewest = min((stored.index for given in trainings for (stored,) in given), key=len)
    return [[[_kept(stored, fewest) for stored in training] for training in given] for given in trainings]


def _whole(training: Training) -> Stored:
    """Return each row of a training once, as it is stored, with one of its predictions."""
    if len(training) == 1:
        return training[0]
    whole = joined(training)
    _, place = np.unique(whole.index, return_index=True)
    return taken(replace(whole, quantiles=None), place)


def _require_same(one: Side, first: Stored, other: Side, second: Stored) -> None:
    """Raise ConfigError unless two sides have the same rows with the same targets."""
    missing = np.setxor1d(first.index, second.index)
    before = f"{one.name} and {other.name} were scored on different rows"
    if len(missing):
        count = len(np.intersect1d(first.index, second.index))
        told = f"{len(first.index):,} and {len(second.index):,}, of which {count:,} are the same"
        raise ConfigError(f"{before} ({told}): {_why(one.runs[0], other.runs[0])}.")
    pair = [stored.target[np.argsort(stored.index)].astype(np.float64) for stored in (first, second)]
    sizes = [values.reshape(len(first.index), -1) for values in pair]
    spread = float(np.std(sizes[0])) or 1.0
    if sizes[0].shape != sizes[1].shape or np.abs(sizes[0] - sizes[1]).max() > _CLOSE * spread:
        raise ConfigError(f"{before}: their targets differ, so their data does.")


def _why(one: Run, other: Run) -> str:
    """Return why two runs held out different rows."""
    given = [options_of(run, "data") for run in (one, other)]
    for key in ("split_seed", "validation", "test", "only", "limit"):
        if given[0].get(key) != given[1].get(key):
            return f"data.{key} differs"
    differ = one.record().data.sha256 != other.record().data.sha256
    return "their data differs" if differ else "they were split differently"


def _finite(index: np.ndarray, stored: Sequence[Stored]) -> np.ndarray:
    """Return the positions of the rows that all predictions of are finite."""
    bad = [one.index[~np.isfinite(one.prediction).all(axis=1)] for one in stored]
    return np.setdiff1d(index, np.concatenate(bad))


def _kept(stored: Stored, good: np.ndarray) -> Stored:
    kept = np.isin(stored.index, good)
    return stored if kept.all() else taken(stored, np.flatnonzero(kept))


def _errors(stored: Stored) -> np.ndarray:
    """Return the error of each row: (rows,); of a class, the probability that is not given to it."""
    if stored.of is not None and stored.of.kind == "tokens":
        return (stored.prediction[:, 0] != stored.target).astype(np.float64)
    if stored.of is not None and stored.of.has_classes:
        return 1 - class_probabilities(stored.prediction)[np.arange(len(stored.index)), stored.target]
    return np.abs(stored.prediction - stored.target.reshape(stored.prediction.shape)).mean(axis=1)
