"""Classic models fitted to the very rows of a run, and their scores beside its own."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dlpy.components.estimator import EstimatorModel
from dlpy.components.model import Model
from dlpy.components.objectives import DATA_LOSS
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError, RunError, did_you_mean
from dlpy.data.rows import Loaded
from dlpy.data.task import Task
from dlpy.data.units import has_unit, own_scores
from dlpy.data.validate import check
from dlpy.experiment.cross_checks import clashes, misfits
from dlpy.experiment.experiment import Experiment
from dlpy.experiment.training_options import Training
from dlpy.runs.directory import Run, require_one_training
from dlpy.runs.history import mean_over_folds
from dlpy.training.estimators import Estimator, fit_rounds
from dlpy.training.evaluate import evaluate, read_config, tasks
from dlpy.training.folds import divided, fold_data
from dlpy.training.loaded_rows import same_rows
from dlpy.training.pipeline import Split, split, transform
from dlpy.training.prepare import Prepared
from dlpy.training.reporter import Reporter

On = Literal["validation", "test", "folds"]
_MOST_ROWS = {"svm": 10_000}  # of a rival that was not asked for by name: more take minutes


@dataclass(frozen=True)
class Rows:
    """The rows of a run: loaded, and the part that models are scored on."""

    loaded: Loaded
    on: On


def rivals(run: Run, names: list[str], reporter: Reporter, *, test: bool = False) -> dict[str, Any]:
    """Fit classic models to the training rows of a run, and return and store their scores beside the run's.

    Args:
        run: a completed training, or k-fold run, whose folds are then used.
        names: of the families; if empty, all that are installed and fit.
        reporter: shows the seconds of each.
        test: score the test rows, which is counted as a look at them, instead of the validation rows.

    Raises:
        ConfigError: a name is unknown, no package is installed, or the run has no such rows.
        RunError: the run is not complete.
    """
    require_one_training(run)
    experiment, _ = read_config(run)
    families = _families(names)
    if experiment.data.reads_in_pieces():
        raise ConfigError(f"classic models need all rows of {experiment.data.path} in memory: raise data.memory.")
    rows = Rows(same_rows(run, experiment), _part(run, experiment, test=test))
    own = _of_run(run, rows.on)
    found = {}
    for family in families:
        found[family.name] = told = _rival(experiment, family, rows, by_name=bool(names))
        reporter.notice(f"{family.name}: {told['reason'] if 'reason' in told else str(told['seconds']) + ' s'}")
    _, task = tasks(run)
    common = _comparable(experiment, task)
    for told in (own, *found.values()):
        told["scores"] = _shown(told.get("scores", {}), common, experiment, task)
    own["baseline"] |= _shown(own["baseline"], common, experiment, task)
    record = {"on": rows.on, "model": experiment.model.name, "score": common[0], **own, "rivals": found}
    record["verdict"] = verdict(record, experiment.directions(task, validation=False)[common[0]])
    run.write("rivals.json", record)
    return record


def _shown(scores: Mapping[str, Any], names: list[str], experiment: Experiment, task: Task) -> dict[str, Any]:
    """Return these scores, metrics in the target's own unit where they can be converted."""
    known = {name: scores[name] for name in names if name in scores}
    return known | (own_scores(known, task.output, experiment.metric_names(task)) if has_unit(task.output) else {})


def _families(names: list[str]) -> list[EstimatorModel]:
    """Return the families of these names with their defaults; if none are given, all classic ones."""
    classes = {name: Model.registry.get(name) for name in Model.registry.names()}
    known = {name: cls for name, cls in classes.items() if issubclass(cls, EstimatorModel)}
    for name in names:
        if name not in known:
            raise ConfigError(f"--with {name}: there is no such classic model.{did_you_mean(name, known)}")
    found = [_of_what_is_installed(known[name].model_validate({"name": name})) for name in names or known]
    missing = [error for family in found if (error := _lacks(family)) is not None]
    if len(missing) == len(found):
        raise missing[0]
    return found


def _of_what_is_installed(family: EstimatorModel) -> EstimatorModel:
    """Return boosting with the other library if its own is not installed; other families as they are."""
    other = family.model_copy(update={"library": "xgboost"}) if family.name == "boosting" else family
    return other if _lacks(family) is not None and _lacks(other) is None else family


def _lacks(family: EstimatorModel) -> ConfigError | None:
    """Return the error about a missing package; None if all are installed."""
    try:
        family.require_packages()
    except ConfigError as error:
        return error
    return None


def _part(run: Run, experiment: Experiment, *, test: bool) -> On:
    """Return what models are scored on.

    Raises:
        ConfigError: the run has no such rows.
    """
    record, (_, task) = run.record(), tasks(run)
    if record.status != "completed":
        raise RunError(f"run {run.id} is not complete ({record.status}): `dlpy resume {run.id}` first.")
    if len(task.outputs) > 1 or len(task.inputs) > 1 or not task.has_answers:
        raise ConfigError(f"rivals need one input and one target to predict; run {run.id} has others.")
    if record.kind == "kfold":
        if test:
            raise ConfigError(f"--test: run {run.id} is a k-fold run, which never uses the test rows.")
        return "folds"
    if not test and experiment.data.validation is None:
        raise ConfigError(f"run {run.id} has no validation rows: use --test, or give the experiment and --kfold.")
    return "test" if test else "validation"


def _of_run(run: Run, on: On) -> dict[str, Any]:
    """Return the scores of the run itself and of its baseline, and the seconds that it took."""
    summary, seconds = run.summary(), run.record().seconds
    usual = summary.baseline.scores if summary.baseline is not None else {}
    if on == "test":
        found = evaluate(run, ["test"])["test"]
        return {"scores": _plain(found["scores"]), "baseline": found["baseline"], "seconds": seconds}
    best = summary.best.scores if summary.best is not None else {}
    scores = best if on == "validation" else summary.mean or {}
    held_out = {name.removeprefix("val_"): value for name, value in scores.items() if name.startswith("val_")}
    return {"scores": _plain(held_out), "baseline": {**usual}, "seconds": seconds}


def _plain(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return scores with the loss without penalties as the loss: rivals have none."""
    return {**scores, "loss": scores[DATA_LOSS]} if DATA_LOSS in scores else {**scores}


def _comparable(experiment: Experiment, task: Task) -> list[str]:
    """Return the scores that mean the same for all models, the one that decides first."""
    keys = [key for key, metric in experiment.metrics_by_key(task).items() if metric.is_logged]
    loss, usual = experiment.loss(task), task.output.loss
    plain = loss.name == usual and loss == type(loss)(name=usual)
    return [*keys, *(["loss"] if plain or not keys else [])]


def _rival(experiment: Experiment, family: EstimatorModel, rows: Rows, *, by_name: bool) -> dict[str, Any]:
    """Return the scores of a family, or the reason why there are none."""
    loaded, most = rows.loaded, _MOST_ROWS.get(family.name, math.inf)
    if loaded.task.output.kind not in family.targets:
        return {"reason": f"is for targets of other kinds: {', '.join(family.targets)}"}
    chosen = _experiment_of(experiment, family, loaded.task)
    mistakes = clashes(chosen) or misfits(chosen, loaded.task)
    if mistakes:
        return {"reason": mistakes[0].message}
    if not by_name and len(loaded.train) > most:
        return {"reason": f"takes minutes for {len(loaded.train):,} rows: dlpy rivals --with {family.name}"}
    started = time.monotonic()
    try:
        scores = _scores(chosen.resolved(loaded.task, {}), rows)
    except DataError as error:
        return {"reason": str(error)}
    return {"scores": scores, "seconds": round(time.monotonic() - started, 3)}


def _experiment_of(experiment: Experiment, family: EstimatorModel, raw: Task) -> Experiment:
    """Return the experiment with a classic model in place of its own, and its rows made flat."""
    given = experiment.training
    options = {name: getattr(given, name) for name in ("metrics", "class_weight") if getattr(given, name) is not None}
    data = experiment.data.model_copy(update={"augmentation": None})
    changes = {"model": family, "training": Training(**options), "callbacks": [], "data": data}
    chosen = experiment.model_copy(update=changes)
    steps = list(data.transforms)
    try:
        task = chosen.task(raw)
    except ConfigError:
        return chosen
    if task is not None and len(task.input.shape) > 2:
        steps.append(Transform.registry.get("reshape").model_validate({"name": "reshape", "shape": [-1]}))
    elif task is not None and task.input.kind == "sequence":
        steps = [step for step in steps if step.name != "pad"]
        steps.append(Transform.registry.get("multi_hot").model_validate({"name": "multi_hot"}))
    return chosen.model_copy(update={"data": data.model_copy(update={"transforms": steps})})


def _scores(experiment: Experiment, rows: Rows) -> dict[str, float]:
    """Return the scores of a classic model on the rows of the run; over folds, their means."""
    loaded = rows.loaded
    if rows.on != "folds":
        data, _ = transform(experiment, split(experiment.data, loaded), loaded.task)
        check(data)
        best = fit_rounds(None, experiment, data, Reporter()).best
        if rows.on == "test":
            if data.test is None:
                raise DataError("there are no test rows.")
            return Estimator(best.fitted, experiment, data.task).evaluate(data.test, 0)
        return _held_out(best.scores)
    prepared = Prepared(experiment, loaded, Split(loaded.train, None, loaded.test))
    each = [_held_out(scores) for scores in _of_folds(prepared)]
    table = np.array([[scores[name] for name in each[0]] for scores in each], np.float64)
    return dict(zip(each[0], mean_over_folds(table).tolist(), strict=True))


def _of_folds(prepared: Prepared) -> Iterator[dict[str, float]]:
    """Yield the scores of each fold's last epoch, as `dlpy kfold` counts them."""
    for number, (train, validation) in enumerate(divided(prepared)):
        data, _ = fold_data(prepared, train, validation)
        experiment = prepared.experiment.model_copy(update={"seed": prepared.experiment.seed + number})
        yield fit_rounds(None, experiment, data, Reporter()).last.scores


def _held_out(scores: Mapping[str, float]) -> dict[str, float]:
    return {name.removeprefix("val_"): value for name, value in scores.items() if name.startswith("val_")}


def verdict(record: Mapping[str, Any], direction: str) -> str:
    """Return in a sentence whether a classic model does better than the run's own.

    Args:
        record: rivals.json.
        direction: "min" or "max", whichever is better of the score that decides.
    """
    score, model, own = record["score"], record["model"], record["scores"].get(record["score"])
    sign = -1 if direction == "min" else 1
    known = {name: told["scores"].get(score) for name, told in record["rivals"].items()}
    known = {name: value for name, value in known.items() if value is not None and math.isfinite(value)}
    if own is None or not math.isfinite(own) or not known:
        return f"no classic model can be compared with {model} by {score}."
    best = max(known, key=lambda name: sign * known[name])
    against = f"{score} {known[best]:.4g} against {own:.4g}"
    if known[best] == own:
        return f"{best} does as well as {model}: {score} {own:.4g}."
    if sign * known[best] < sign * own:
        return f"{model} does best: {score} {own:.4g} against {known[best]:.4g} of {best}."
    share = f" by {100 * abs(known[best] - own) / abs(own):.1f} %" if own else ""
    return f"{best} does better than {model}{share}: {against}."
