"""Scores of several runs on the same rows, with intervals, and their differences from one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dlpy.compare.bands import bands_of, pinball_score, same_levels, shown_side
from dlpy.compare.differing_options import differ_by_seed, differing_options
from dlpy.compare.rows import Common, common_rows, require_alike
from dlpy.compare.sides import Side, Training
from dlpy.compare.verdicts import verdict_of
from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.data.task import Output
from dlpy.runs.predictions import Stored
from dlpy.runs.results import class_names
from dlpy.scores.bootstrap import RESAMPLES, Sample, Scored, Trainings, difference, sampled, total
from dlpy.scores.class_scores import class_probabilities
from dlpy.scores.intervals import LEVEL, Interval, difference_of_shares, holm, interval_of, mcnemar, p_value
from dlpy.scores.weighted_scores import counted, smaller_is_better, usual_scores
from dlpy.scores.weighted_texts import text_scores_of


@dataclass(frozen=True)
class Score:
    """A score of all sides, the rows that it is computed from, and whether it is the share of rows that are right."""

    common: Common
    sides: Sequence[Trainings]
    is_accuracy: bool

    def of(self, number: int) -> Sample:
        """Return the score of a side."""
        return total(self.sides[number])

    def between(self, number: int, to: int) -> Sample:
        """Return the difference of a side from another."""
        return difference(self.sides[number], self.sides[to], same_folds=self.common.same_folds(number, to))


Scores = dict[str, Score]


@dataclass(frozen=True)
class Choice:
    """What is compared: with which side, by which scores, and whether by class too.

    to: the number of the side that the others are compared with. scores: their names; all if there are none.
    """

    to: int = 0
    scores: Sequence[str] = ()
    by_class: bool = False


def compare(sides: Sequence[Side], choice: Choice) -> dict[str, Any]:
    """Return the scores of all sides on the same rows with intervals, and the differences from one of them.

    Raises:
        ConfigError: the sides were scored on different rows, or predict different targets.
    """
    require_alike(sides)
    sides = [shown_side(side) for side in sides]
    outputs = {name: common_rows(sides, name) for name in sides[0].outputs}
    several = len(outputs) > 1
    with np.errstate(over="ignore", invalid="ignore"):  # predictions of diverged runs may be huge
        found = {name: _scores(common, by_class=False) for name, common in outputs.items()}
    scores = {f"{name}_{key}" if several else key: score for name, own in found.items() for key, score in own.items()}
    scores = {key: scores[key] for key in _chosen(choice.scores, scores)}
    first = next(iter(outputs.values()))
    record = {
        "part": first.trainings[0][0][0].part,
        "rows": {name if several else "": len(common.index) for name, common in outputs.items()},
        "left_out": sum(common.left_out for common in outputs.values()),
        "unit": first.unit,
        "level": LEVEL,
        "resamples": RESAMPLES,
        "to": sides[choice.to].name,
        "corrected_for": len(sides) - 1,
        "runs": [_side_record(side, scores, number) for number, side in enumerate(sides)],
        "differences": _differences(sides, scores, choice.to),
        "mcnemar": {name: told for name, common in outputs.items() if (told := _mcnemar(sides, common, choice.to))},
        "options": differing_options(sides),
        "other_inputs": len({run.record().data.sha256 for side in sides for run in side.runs}) > 1,
    }
    if choice.by_class:
        record["classes"] = _by_class(sides, outputs, choice.to)
    return record


def _chosen(wanted: Sequence[str], scores: Scores) -> list[str]:
    for score in wanted:
        if score not in scores:
            raise ConfigError(f"--score {score}: these runs are not compared by it.{did_you_mean(score, scores)}")
    return list(wanted) or list(scores)


def _side_record(side: Side, scores: Scores, number: int) -> dict[str, Any]:
    return {
        "name": side.name,
        "runs": [run.id for run in side.runs],
        "trainings": side.count,
        "folds": side.has_folds,
        "scores": {key: asdict(interval_of(score.of(number))) for key, score in scores.items()},
        "bands": [] if len(side.trainings) > 1 else bands_of(next(iter(side.trainings.values()))),
    }


def _scores(common: Common, *, by_class: bool) -> Scores:
    """Return each score of an output, or F1 of each class, in the same resamples for all sides."""
    scored = [
        [[_scored(stored, common, by_class=by_class) for stored in training] for training in trainings]
        for trainings in common.trainings
    ]
    every = [model for trainings in scored for training in trainings for model in training]
    names = [name for name in every[0] if all(name in model for model in every)]
    names = [name for name in names if name != "pinball" or same_levels(common.trainings)]
    drawn = iter(sampled([model[name] for name in names for model in every], int(common.units.max()) + 1))
    found: Scores = {}
    for name in names:
        own = [[[next(drawn) for _ in training] for training in trainings] for trainings in scored]
        is_share = not by_class and name in ("accuracy", "exact_match") and _is_right_or_wrong(common)
        found[name] = Score(common, own, is_share)
    return found


def _scored(stored: Stored, common: Common, *, by_class: bool) -> dict[str, Scored]:
    """Return the scores of one model's predictions by name."""
    units = common.units_of(stored)
    kind, pair = common.output.kind, (stored.target, stored.prediction)
    found = text_scores_of(*pair) if kind == "tokens" else usual_scores(kind, *pair) | pinball_score(stored)
    if by_class:
        true, said = _classes(stored, common.output)
        names = class_names(common.output, true.shape[1])
        found = {name: counted("f1", true, said, number) for number, name in enumerate(names)}
    return {name: Scored(score, units) for name, score in found.items()}


def _classes(stored: Stored, output: Output) -> tuple[np.ndarray, np.ndarray]:
    """Return which classes of each row are true, and which are predicted: (rows, classes) bool."""
    if output.kind == "multilabel":
        return stored.target == 1, stored.prediction > 0.5
    probability = class_probabilities(stored.prediction)
    every = np.eye(probability.shape[1], dtype=bool)
    return every[stored.target], every[probability.argmax(axis=1)]


def _differences(sides: Sequence[Side], scores: Scores, to: int) -> dict[str, dict[str, Any]]:
    """Return by score the difference of each other side from one side; p is corrected for the number of sides."""
    told = {}
    for key, score in scores.items():
        of_score = _corrected(sides, {key: score}, to, smaller=smaller_is_better(key))
        told[key] = of_score[key]
    return told


def _corrected(sides: Sequence[Side], scores: Scores, to: int, *, smaller: bool) -> dict[str, dict[str, Any]]:
    """Return the differences by score and side, with p corrected for the number of all of them."""
    others = [number for number in range(len(sides)) if number != to]
    places = [(key, number) for key in scores for number in others]
    tested = [_tested(scores[key], number, to) for key, number in places]
    told: dict[str, dict[str, Any]] = {key: {} for key in scores}
    corrected = holm([p for _, p in tested])
    for (key, number), (found, p), of_all in zip(places, tested, corrected, strict=True):
        by_seed = differ_by_seed(sides[number], sides[to])
        verdict = verdict_of(found, p, of_all, smaller=smaller, by_seed=by_seed)
        told[key][sides[number].name] = {**asdict(found), "p": p, "p_corrected": of_all, "verdict": verdict}
    return told


def _tested(score: Score, number: int, to: int) -> tuple[Interval, float]:
    """Return the difference of a side from another with its interval, and the p-value of its being 0."""
    sample, common = score.between(number, to), score.common
    if score.is_accuracy and common.unit == "rows" and common.is_one_model(to) and common.is_one_model(number):
        right = [_right(common.trainings[side], common) for side in (to, number)]
        if right[0] is not None and right[1] is not None and (right[0] != right[1]).any():
            *_, p = mcnemar(right[0], right[1])
            return difference_of_shares(right[0], right[1]), p
    return interval_of(sample), p_value(sample)


def _by_class(sides: Sequence[Side], outputs: Mapping[str, Common], to: int) -> dict[str, dict[str, Any]]:
    """Return by output and class the rows of the class, F1 of each side, and its difference from one side.

    Raises:
        ConfigError: no output has classes.
    """
    told: dict[str, dict[str, Any]] = {}
    for output, common in outputs.items():
        if common.output.has_classes or common.output.kind == "multilabel":
            scores = _scores(common, by_class=True)
            differences = _corrected(sides, scores, to, smaller=False)
            told[output] = {
                name: {
                    "rows": rows,
                    "f1": {side.name: asdict(interval_of(score.of(number))) for number, side in enumerate(sides)},
                    "differences": differences[name],
                }
                for (name, score), rows in zip(scores.items(), _rows_by_class(common), strict=True)
            }
    if not told:
        raise ConfigError("--by-class: these runs do not predict classes.")
    return told


def _rows_by_class(common: Common) -> list[int]:
    (first, *others) = common.trainings[0][0]
    counts = [_classes(stored, common.output)[0].sum(axis=0) for stored in (first, *others)]
    return np.sum(counts, axis=0).tolist()


def _mcnemar(sides: Sequence[Side], common: Common, to: int) -> dict[str, Any]:
    """Return McNemar's test of each other side against one side; none but for classes and one model for each row."""
    if not _is_right_or_wrong(common):
        return {}
    right = {number: _right(trainings, common) for number, trainings in enumerate(common.trainings)}
    known = {number: own for number, own in right.items() if own is not None}
    found = {number: mcnemar(known[to], own) for number, own in known.items() if number != to and to in known}
    corrected = holm([p for *_, p in found.values()])
    return {
        sides[number].name: {"only_to": first, "only_this": second, "p": p, "p_corrected": own}
        for (number, (first, second, p)), own in zip(found.items(), corrected, strict=True)
    }


def _right(trainings: Sequence[Training], common: Common) -> np.ndarray | None:
    """Return whether the class of each row is predicted: (rows,); None if it is predicted several times."""
    if len(trainings) > 1 or sum(len(stored.index) for stored in trainings[0]) != len(common.index):
        return None
    index = np.concatenate([stored.index for stored in trainings[0]])
    said = [_said(stored, common) == stored.target for stored in trainings[0]]
    return np.concatenate(said)[np.argsort(index)]


def _said(stored: Stored, common: Common) -> np.ndarray:
    """Return the predicted class, or the checksum of the written text, of each row."""
    if common.output.kind == "tokens":
        return stored.prediction[:, 0]
    return class_probabilities(stored.prediction).argmax(axis=1)


def _is_right_or_wrong(common: Common) -> bool:
    """Return whether each row's prediction is either right or wrong: a class, or a text."""
    return common.output.has_classes or common.output.kind == "tokens"
