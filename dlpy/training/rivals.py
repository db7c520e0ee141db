"""Classic models fitted to the very rows of a run, and their scores beside its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dlpy.components.estimator import EstimatorModel
from dlpy.components.model import Model
from dlpy.components.objectives import DATA_LOSS
from dlpy.core.errors import ConfigError, RunError, did_you_mean
from dlpy.data.task import Task
from dlpy.data.units import has_unit, own_scores
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import Run, require_one_training
from dlpy.runs.how import Place
from dlpy.runs.lookup import final_model
from dlpy.training.evaluate import evaluate, read_config, tasks
from dlpy.training.loaded_rows import same_rows
from dlpy.training.reporter import Reporter
from dlpy.training.rival_fits import On, Rows, fitted


def rivals(
    run: Run, names: list[str], reporter: Reporter, *, test: bool = False, place: Place | None = None
) -> dict[str, Any]:
    """Fit classic models to the training rows of a run, and return and store their scores beside the run's.

    Args:
        run: a completed training, or k-fold run, whose folds are then used.
        names: of the families; if empty, all that are installed and fit.
        reporter: shows the seconds of each.
        test: score the test rows, which is counted as a look at them, instead of the validation rows.
        place: where they are fitted; in this process unless given.

    Raises:
        ConfigError: a name is unknown, no package is installed, or the run has no such rows.
        RunError: the run is not complete.
    """
    require_one_training(run)
    experiment, _ = read_config(run)
    families = _families(names)
    if experiment.data.as_kept().reads_in_pieces():
        raise ConfigError(f"classic models need all rows of {experiment.data.path} in memory: raise data.memory.")
    loaded = same_rows(run, experiment)
    rows = Rows(loaded, _part(run, experiment, test=test), bool(names))
    own = _of_run(run, rows.on)
    found = {}
    for family, told in zip(families, fitted(run, families, rows, place or Place(), reporter), strict=True):
        found[family.name] = told
        reporter.notice(f"{family.name}: {told['reason'] if 'reason' in told else str(told['seconds']) + ' s'}")
    if test and final_model(run) is not None:
        reporter.notice("the final model of the run has learnt the validation rows too; these models have not")
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
    if math.isclose(known[best], own, rel_tol=1e-6):  # one is rounded to 32 bits
        return f"{best} does as well as {model}: {score} {own:.4g}."
    if sign * known[best] < sign * own:
        return f"{model} does best: {score} {own:.4g} against {known[best]:.4g} of {best}."
    share = f" by {100 * abs(known[best] - own) / abs(own):.1f} %" if own else ""
    return f"{best} does better than {model}{share}: {against}."
