"""Creates the run of an ensemble from the stored predictions of its members; nothing is trained."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.core.environment import environment
from dlpy.core.errors import DataError
from dlpy.data.task import Task
from dlpy.data.units import is_changed
from dlpy.ensembles.members import HeldOutTogether, held_out_together, members_of
from dlpy.ensembles.own_unit import scored_baseline, scored_task
from dlpy.ensembles.scored import diversity_of, is_number, scores_by_name
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import Run
from dlpy.runs.how import HowCombined, Member, Weighting
from dlpy.runs.members import member_digest, path_between
from dlpy.runs.predictions import Stored, key_of
from dlpy.runs.results import outputs_of
from dlpy.scores.ensembles import chosen_weights, combined, cross_combined
from dlpy.scores.regression_scores import SCORES, regression_score
from dlpy.storage import atomic
from dlpy.storage.atomic import write_arrays
from dlpy.training.class_table import class_table, save_class_table
from dlpy.training.evaluate import read_config, tasks
from dlpy.training.record import Options, claim, digests_of, opening, write_config

Weights = dict[str, np.ndarray]  # by output: (members,)


@dataclass(frozen=True)
class Combination:
    """What an ensemble is made from: its members, their weights, and their predictions for the validation rows.

    experiment: of the first member, whose loss, metrics and rows are those of the ensemble. task: see `own_unit`.
    """

    members: Sequence[Run]
    weighting: Weighting
    weights: Weights
    held: HeldOutTogether | None
    experiment: Experiment
    task: Task


def combine(runs: Sequence[Run], weighting: Weighting, name: str, options: Options) -> Run:
    """Create the run of an ensemble, with its scores on the validation rows, and return it.

    The validation rows are scored crosswise if they choose the weights: each fifth with the weights of the others.

    Args:
        runs: the members; a run of several seeds stands for all of them.
        weighting: mean, greedy or stack.
        name: of the ensemble, as its experiment.
        options: of the run.

    Raises:
        ConfigError: the runs cannot be combined.
        DataError: there are no rows to choose weights on.
        RunError: a run keeps no model, or its files are damaged.
    """
    members = members_of(runs)
    held = held_out_together(members)
    if held is None and weighting != "mean":
        raise DataError(f"--weights {weighting}: these runs have no validation rows to choose weights on; use mean.")
    experiment, _ = read_config(members[0])
    weights = {output: _weights(weighting, held, output, len(members)) for output in outputs_of(members[0])}
    experiment = experiment.model_copy(update={"name": name})
    task = scored_task(tasks(members[0])[1])
    made = Combination(members, weighting, weights, held, experiment, task)
    return claim(replace(options, kind="ensemble"), name, lambda run: _write(run, made, options))


def _weights(weighting: Weighting, held: HeldOutTogether | None, output: str, members: int) -> np.ndarray:
    if held is None:
        return np.full(members, 1 / members)
    first = held.first[output]
    return chosen_weights(weighting, first.target, held.predictions[output], is_number=is_number(first))


def _write(run: Run, made: Combination, options: Options) -> None:
    """Fill the directory; run.json comes last, so that a directory without it is no run."""
    first = made.members[0]
    with atomic.storage(run.path):
        for plugin in made.experiment.plugins:
            shutil.copyfile(plugin, run.path / Path(plugin).name)
        shutil.copyfile(first.splits, run.splits)
    write_config(run, made.experiment)
    run.write("summary.json", _summary(made))
    if made.held is not None:
        _save_predictions(run, made.held, _held_out_predictions(made, made.held))
    before = first.read("run.json")
    told = {key: before[key] for key in ("data", "raw_task", "class_weighted") if key in before}
    told |= {"files": {}, "task": made.task.to_record(), **environment(), "ensemble": asdict(_how(run, made))}
    plugins = [run.config.name, *(Path(plugin).name for plugin in made.experiment.plugins)]
    record = opening(run, replace(options, kind="ensemble"), made.experiment.seed, told)
    done = {"status": "completed", "exit_reason": "done", "test_looks": 0, "config_sha256": digests_of(run, plugins)}
    run.append_log(f"combined: {', '.join(member.id for member in made.members)}")
    run.write("run.json", record | done)


def _how(run: Run, made: Combination) -> HowCombined:
    members = [
        Member(
            path_between(run, member),
            member_digest(member),
            {output: float(weights[number]) for output, weights in made.weights.items()},
        )
        for number, member in enumerate(made.members)
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


def _summary(made: Combination) -> dict[str, Any]:
    """Return summary.json: the scores on the validation rows, those of the members, and the baseline."""
    before = made.members[0].read("summary.json")
    baseline = scored_baseline(before, made.experiment, tasks(made.members[0])[1])
    summary: dict[str, Any] = {"best": {}, "baseline": baseline, "rows": before["rows"]}
    held = made.held
    if held is None:
        return summary
    predictions = _held_out_predictions(made, held)
    summary["best"] = _named(scores_by_name(made.experiment, made.task, held.first, predictions))
    summary |= _in_unit(before, made, predictions)
    summary["members"] = [_named(_scores_of(made, held, number)) for number in range(len(made.members))]
    summary["diversity"] = diversity_of(held.first, held.predictions)
    summary["cross_fitted"] = made.weighting != "mean"
    return summary


def _scores_of(made: Combination, held: HeldOutTogether, number: int) -> dict[str, float]:
    own = {name: each[number] for name, each in held.predictions.items()}
    return scores_by_name(made.experiment, made.task, held.first, own)


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


def _save_predictions(run: Run, held: HeldOutTogether, predictions: Mapping[str, np.ndarray]) -> None:
    """Write predictions.npz and the tables of classes for the parts that the validation rows are."""
    arrays: dict[str, np.ndarray] = {}
    for name, stored in held.first.items():
        key = key_of("validation", stored.output)
        own = {"index": stored.index, "target": stored.target, "prediction": predictions[name].astype(np.float32)}
        own |= _columns(stored)
        arrays |= {f"{key}.{array}": values for array, values in own.items()}
        if stored.of is not None and not is_number(stored):
            save_class_table(run, key, class_table(stored.target, predictions[name], stored.of))
    write_arrays(run.predictions, arrays)


def _columns(stored: Stored) -> dict[str, np.ndarray]:
    """Return what else is stored of rows: their groups, times and baseline."""
    found = {name: array for name in ("baseline", "group") if (array := getattr(stored, name)) is not None}
    if stored.time is not None:
        found["time"] = stored.time.astype(np.int64)
    return found
