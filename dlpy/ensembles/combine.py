"""Creates the run of an ensemble from the stored predictions of its members; nothing is trained."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.core.environment import environment
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.task import Task
from dlpy.data.units import is_changed
from dlpy.ensembles.folds import predictions_of_folds
from dlpy.ensembles.members import Candidate, HeldOutTogether, candidates_of, held_out_together
from dlpy.ensembles.own_unit import scored_baseline, scored_task
from dlpy.ensembles.scored import diversity_of, is_number, scores_by_name, with_quantiles
from dlpy.ensembles.shown import save_shown
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import KFOLD, Run
from dlpy.runs.how import HowCombined, Member, Weighting
from dlpy.runs.members import member_digest, path_between
from dlpy.runs.predictions import Stored, read_splits
from dlpy.runs.results import outputs_of
from dlpy.scores.ensembles import chosen_weights, combined, cross_combined
from dlpy.scores.regression_scores import SCORES, regression_score
from dlpy.storage import atomic
from dlpy.storage.atomic import write_arrays
from dlpy.training.evaluate import read_config, tasks
from dlpy.training.held_out import OUT_OF_FOLD
from dlpy.training.record import Options, claim, digests_of, opening, write_config

Weights = dict[str, np.ndarray]  # by output: (members,)


@dataclass(frozen=True)
class Combination:
    """What an ensemble is made from: its members, their weights, and their predictions for the validation rows.

    experiment: of the first member, whose loss, metrics and rows are those of the ensemble. task: see `own_unit`.
    """

    members: Sequence[Candidate]
    weighting: Weighting
    weights: Weights
    held: HeldOutTogether | None
    experiment: Experiment
    task: Task


def combine(runs: Sequence[Run], weighting: Weighting, name: str, options: Options) -> Run:
    """Create the run of an ensemble, with its scores on the validation rows, and return it.

    The validation rows are scored crosswise if they choose the weights: each fifth with the weights of the others.

    Args:
        runs: the members; a run of several seeds stands for all of them, and a k-fold run for its final model, or
            for the mean of its folds.
        weighting: mean, greedy or stack.
        name: of the ensemble, as its experiment.
        options: of the run.

    Raises:
        ConfigError: the runs cannot be combined.
        DataError: there are no rows to choose weights on.
        RunError: a run keeps no model, or its files are damaged.
    """
    candidates = candidates_of(runs)
    members = [candidate.run for candidate in candidates]
    _require_choice(weighting, candidates)
    held = held_out_together(members)
    if held is None and weighting != "mean":
        raise DataError(f"--weights {weighting}: these runs have no validation rows to choose weights on; use mean.")
    experiment, _ = read_config(members[0])
    weights = {output: _weights(weighting, held, output, len(members)) for output in outputs_of(members[0])}
    experiment = experiment.model_copy(update={"name": name})
    task = scored_task(tasks(members[0])[1])
    made = Combination(candidates, weighting, weights, held, experiment, task)
    return claim(replace(options, kind="ensemble"), name, lambda run: _write(run, made, options))


def _require_choice(weighting: Weighting, candidates: Sequence[Candidate]) -> None:
    """Raise ConfigError where no rows could choose the weights."""
    if weighting == "mean":
        return
    first = candidates[0].run
    if any(output.quantiles for output in outputs_of(first).values()):
        raise ConfigError(f"--weights {weighting} is chosen by single predictions, and {first.id} has quantiles: mean.")
    if len(candidates) == 1:
        raise ConfigError(
            f"--weights {weighting}: each row of {first.id} is held out by one fold, so that no rows can weigh the "
            "folds; use mean, or combine several k-fold runs."
        )
    if first.record().kind == KFOLD and read_config(first)[0].kfold.repeats > 1:
        raise ConfigError(
            f"--weights {weighting}: {first.id} has repeated folds, whose out-of-fold predictions are means of several "
            "models; set kfold.repeats to 1 and validate again."
        )


def _weights(weighting: Weighting, held: HeldOutTogether | None, output: str, members: int) -> np.ndarray:
    if held is None:
        return np.full(members, 1 / members)
    first = held.first[output]
    return chosen_weights(weighting, first.target, held.predictions[output], is_number=is_number(first))


def _write(run: Run, made: Combination, options: Options) -> None:
    """Fill the directory; run.json comes last, so that a directory without it is no run."""
    first = made.members[0].run
    with atomic.storage(run.path):
        for plugin in made.experiment.plugins:
            shutil.copyfile(plugin, run.path / Path(plugin).name)
    _write_splits(run, made)
    write_config(run, made.experiment)
    run.write("summary.json", _summary(made))
    if made.held is not None:
        save_shown(run, _with_bands(made, made.held), _held_out_predictions(made, made.held))
    before = first.read("run.json")
    told = {key: before[key] for key in ("data", "raw_task", "class_weighted") if key in before}
    told |= {"files": {}, "task": made.task.to_record(), **environment(), "ensemble": asdict(_how(run, made))}
    plugins = [run.config.name, *(Path(plugin).name for plugin in made.experiment.plugins)]
    record = opening(run, replace(options, kind="ensemble"), made.experiment.seed, told)
    done = {"status": "completed", "exit_reason": "done", "test_looks": 0, "config_sha256": digests_of(run, plugins)}
    run.append_log(f"combined: {', '.join(member.run.id for member in made.members)}")
    run.write("run.json", record | done)


def _write_splits(run: Run, made: Combination) -> None:
    """Write the rows of each part as the members have them; of k-fold runs, all rows are training rows."""
    first, held = made.members[0].run, made.held
    if held is not None and held.parts == [OUT_OF_FOLD]:
        write_arrays(run.splits, {"train": np.unique(np.concatenate([own.index for own in held.first.values()]))})
    else:
        with atomic.storage(run.path):
            shutil.copyfile(first.splits, run.splits)


def _how(run: Run, made: Combination) -> HowCombined:
    members = [
        Member(
            path_between(run, model),
            member_digest(model),
            {output: float(weights[number]) / len(member.models) for output, weights in made.weights.items()},
        )
        for number, member in enumerate(made.members)
        for model in member.models
    ]
    chosen = made.weighting != "mean" and made.held is not None
    return HowCombined(made.weighting, members, made.held.parts if chosen and made.held else [])


def _held_out_predictions(made: Combination, held: HeldOutTogether) -> dict[str, np.ndarray]:
    """Return the ensemble's predictions for the validation rows, which choose no weights for themselves."""
    if made.weighting == "mean":
        return {name: combined(each, made.weights[name]) for name, each in held.predictions.items()}
    return {
        name: cross_combined(made.weighting, held.first[name].target, each, is_number=is_number(held.first[name]))
        for name, each in held.predictions.items()
    }


def _with_bands(made: Combination, held: HeldOutTogether) -> dict[str, Stored]:
    """Return the validation rows with the weighted mean of the members' quantiles, where these predict any."""
    every = {name: combined(each, made.weights[name]) for name, each in held.quantiles.items()}
    return with_quantiles(held.first, every)


def _summary(made: Combination) -> dict[str, Any]:
    """Return summary.json: the scores on the validation rows, those of the members, and the baseline."""
    first = made.members[0].run
    before = first.read("summary.json")
    baseline = scored_baseline(before, made.experiment, tasks(first)[1])
    rows = {name: len(own) for name, own in read_splits(first.splits).items()}
    summary: dict[str, Any] = {"best": {}, "baseline": baseline, "rows": before.get("rows", rows)}
    held = made.held
    if held is None:
        return summary
    predictions = _held_out_predictions(made, held)
    shown = _with_bands(made, held)
    summary["best"] = _named(scores_by_name(made.experiment, made.task, shown, predictions))
    summary |= _in_unit(before, made, predictions)
    summary["members"] = [_named(own) for number in range(len(made.members)) for own in _scores_of(made, held, number)]
    if len(made.members) > 1:
        summary["diversity"] = diversity_of(held.first, held.predictions)
    summary |= {"cross_fitted": made.weighting != "mean", OUT_OF_FOLD: held.parts == [OUT_OF_FOLD]}
    return summary


def _scores_of(made: Combination, held: HeldOutTogether, number: int) -> list[dict[str, float]]:
    """Return the scores of each model of a member; those of a fold are of the rows that it held out."""
    member = made.members[number]
    if len(member.models) == 1:
        own = {name: each[number] for name, each in held.predictions.items()}
        stored = with_quantiles(held.first, {name: each[number] for name, each in held.quantiles.items()})
        return [scores_by_name(made.experiment, made.task, stored, own)]
    found = []
    for outputs in predictions_of_folds(member.run):
        stored = {name: replace(own, of=held.first[name].of) for name, own in outputs.items()}
        predictions = {name: own.prediction for name, own in stored.items()}
        found.append(scores_by_name(made.experiment, made.task, stored, predictions))
    return found


def _in_unit(before: Mapping[str, Any], made: Combination, predictions: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return `in_unit`, of several outputs `outputs`, with the ensemble's scores in place of the first member's."""
    found, first = {}, made.held.first if made.held else {}
    for name, stored in first.items():
        if not is_changed(made.task.outputs[name]):
            continue
        known = (before.get("outputs", {}).get(name, {}) if len(first) > 1 else before).get("in_unit")
        if known is not None:
            target, given = (numbers.reshape(len(stored.index), -1) for numbers in (stored.target, predictions[name]))
            scores = [key for key in known["best"] if key.removeprefix("val_") in SCORES and key.startswith("val_")]
            own = {key: regression_score(key.removeprefix("val_"), target, given) for key in scores}
            found[name] = {**known, "best": own, "last": {}}
    if len(first) > 1:
        return {"outputs": {name: {"in_unit": own} for name, own in found.items()}} if found else {}
    return {"in_unit": next(iter(found.values()))} if found else {}


def _named(scores: Mapping[str, float]) -> dict[str, float]:
    return {f"val_{name}": score for name, score in scores.items()}
