"""Intervals of the scores that `evaluate` and `kfold` report, from the predictions that they store."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dlpy.compare.row_scores import View, row_scores
from dlpy.compare.rows import Common, common_rows
from dlpy.compare.sides import PARTS, Training, side_of
from dlpy.components.objectives import DATA_LOSS
from dlpy.data.units import has_unit
from dlpy.experiment.experiment import prefix
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored
from dlpy.scores.bootstrap import Sample, Scored, over_models, sampled, total
from dlpy.scores.intervals import LEVEL, Interval, corrected_resampled_t, interval_of
from dlpy.scores.weighted import Weighted
from dlpy.scores.weighted_texts import text_scores_of
from dlpy.training.evaluate import read_config, tasks

_SAME = 1e-3  # relative: how well the mean over rows agrees with the score that was reported
_REPORTED = {"token_accuracy": "accuracy"}  # how a score of texts is named beside the loss
_LINEAR = ("mae", "mse", "rmse")  # in another unit they are multiplied by a constant

Ends = list[float]  # low and high
Reported = Mapping[str, float | None]


def with_intervals(run: Run, results: Mapping[str, Any]) -> dict[str, Any]:
    """Return evaluated parts with an interval for each score, which are also written into evaluation.json.

    A score that the stored predictions do not reproduce has none: that of a plug-in's metric, a loss with penalties,
    and scores of training rows.

    Args:
        run: the run.
        results: by part, as `evaluate` returns them.
    """
    new = {part: intervals_of(run, part, result["scores"]) for part, result in results.items() if part in PARTS}
    new = {part: told for part, told in new.items() if told}

    def added(before: Mapping[str, Any]) -> dict[str, Any]:
        return {part: {**result, **new.get(part, {})} for part, result in before.items()}

    run.change("evaluation.json", added)
    return added(results)


def intervals_of(run: Run, part: str, scores: Reported, *, with_loss: bool = True) -> dict[str, Any]:
    """Return `intervals`: `level`, `unit` (what was resampled), and low and high by score; and by output `in_unit`.

    Args:
        run: the run.
        part: of its rows.
        scores: as they were reported, by name; one that the stored predictions do not reproduce has no interval.
        with_loss: whether the loss gets one, for which that of a network needs Keras.
    """
    experiment, _ = read_config(run)
    _, task = tasks(run)
    if task.translates:
        return _of_texts(run, part)
    if not task.has_answers:
        return {}
    side, found, in_unit = side_of(run.id, [run], part), {}, {}
    unit = "rows"
    for output in task.outputs:
        common, view = common_rows([side], output), View.of(experiment, task, output)
        unit = common.unit
        for key, sample in _samples(common, view, with_loss=with_loss).items():
            before = prefix(task, output)
            for name in (f"{before}{key}", *([f"{before}{DATA_LOSS}"] if key == "loss" else [])):
                if _agree(sample.value, scores.get(name)):
                    found[name] = _ends(interval_of(sample))
        if has_unit(task.outputs[output]):
            own = _samples(common, view.in_own_unit(), with_loss=with_loss)
            loss = experiment.of_output(output).loss_name(task.of_output(output))
            in_unit[output] = {loss if key == "loss" else key: _ends(interval_of(one)) for key, one in own.items()}
    return {"intervals": {"level": LEVEL, "unit": unit, "scores": found, "in_unit": in_unit}}


def _of_texts(run: Run, part: str) -> dict[str, Any]:
    """Return the intervals of the scores of written texts, as `intervals_of` does."""
    side = side_of(run.id, [run], part)
    (output,) = side.outputs
    common = common_rows([side], output)
    (((stored,),),) = common.trainings
    scores = text_scores_of(stored.target, stored.prediction)
    models = [Scored(score, common.units_of(stored)) for score in scores.values()]
    samples = zip(scores, sampled(models, int(common.units.max()) + 1), strict=True)
    found = {_REPORTED.get(name, name): _ends(interval_of(sample)) for name, sample in samples}
    return {"intervals": {"level": LEVEL, "unit": common.unit, "scores": found, "in_unit": {}}}


def _samples(common: Common, view: View, *, with_loss: bool) -> dict[str, Sample]:
    """Return the sample of each score of the only side."""
    (trainings,) = common.trainings
    found = _each(common, view, trainings, with_loss=with_loss)
    return {name: total(own) for name, own in found.items()}


def _each(
    common: Common, view: View, trainings: Sequence[Training], *, with_loss: bool = True
) -> dict[str, list[list[Sample]]]:
    """Return by score the samples of each training and each of its folds, in the same resamples."""

    def scores_of(stored: Stored) -> tuple[np.ndarray, dict[str, Weighted]]:
        return common.units_of(stored), row_scores(view, stored, with_loss=with_loss)

    scored = [[scores_of(stored) for stored in training] for training in trainings]
    every = [model for training in scored for model in training]
    names = [name for name in every[0][1] if all(name in scores for _, scores in every)]
    if not names:
        return {}
    models = [Scored(scores[name], units) for name in names for units, scores in every]
    drawn = iter(sampled(models, int(common.units.max()) + 1))
    return {name: [[next(drawn) for _ in training] for training in scored] for name in names}


def with_fold_intervals(run: Run) -> dict[str, Ends]:
    """Return low and high of the interval of each mean over the folds, which are also written into summary.json.

    It is that of the rows, whose predictions are out of fold. Scores that these do not reproduce have the interval of
    Nadeau and Bengio, from the scores of the folds alone, which is wider.
    """
    experiment, _ = read_config(run)
    _, task = tasks(run)
    summary, side = run.summary(), side_of(run.id, [run], "out_of_fold")
    samples: dict[str, list[Sample]] = {}
    names = dict(experiment.metric_names(task))
    for output in task.outputs:
        view, before = View.of(experiment, task, output).in_own_unit(), prefix(task, output)
        names[f"{before}loss"] = view.experiment.loss_name(view.task)
        for key, own in _each(common := common_rows([side], output), view, common.trainings[0]).items():
            samples[before + key] = own[0]
    found = {}
    for name in (name for name in summary.mean or {} if name.startswith("val_")):
        scores = np.array([fold.scores.get(name) for fold in summary.folds], np.float64)
        own = name.removeprefix("val_")
        sample = _as_reported(samples.get(own, []), scores, is_linear=names.get(own) in _LINEAR)
        of_folds = corrected_resampled_t(scores, 1 / (experiment.kfold.folds - 1))
        found[name] = _ends(of_folds if sample is None else interval_of(sample))
    run.change("summary.json", lambda content: content | {"intervals": {"level": LEVEL, "scores": found}})
    return found


def _as_reported(samples: Sequence[Sample], scores: np.ndarray, *, is_linear: bool) -> Sample | None:
    """Return the mean over the folds in the unit in which their scores were reported; None if they do not agree.

    Args:
        samples: of each fold, in the target's own unit.
        scores: (folds,), as reported.
        is_linear: whether a fold's score in another unit is multiplied by a constant.
    """
    if len(samples) != len(scores) or not np.isfinite(scores).all():
        return None
    kept = []
    for sample, score in zip(samples, scores.tolist(), strict=True):
        factor = score / sample.value if is_linear and sample.value > 0 else 1.0
        if not _agree(sample.value * factor, score):
            return None
        kept.append(replace(sample, value=score, draws=sample.draws * factor, influence=sample.influence * factor))
    return over_models(kept)


def _agree(value: float, reported: float | None) -> bool:
    return reported is not None and math.isclose(value, reported, rel_tol=_SAME, abs_tol=1e-6)


def _ends(interval: Interval) -> Ends:
    return [interval.low, interval.high]
