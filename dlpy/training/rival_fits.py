"""Classic models fitted to the rows of a run, each alone: in this process, or as a task on a cluster."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from dlpy.cluster.pool import tasks_of
from dlpy.components.estimator import EstimatorModel
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.rows import Loaded
from dlpy.data.task import Task
from dlpy.data.validate import check
from dlpy.experiment.cross_checks import clashes, misfits
from dlpy.experiment.experiment import Experiment
from dlpy.experiment.training_options import Training
from dlpy.runs.directory import Run
from dlpy.runs.history import mean_over_folds
from dlpy.runs.how import Place
from dlpy.training.estimators import Estimator, fit_rounds
from dlpy.training.evaluate import read_config
from dlpy.training.folds import divided, fold_data
from dlpy.training.loaded_rows import same_rows
from dlpy.training.pipeline import Split, split, transform
from dlpy.training.prepare import Prepared
from dlpy.training.reporter import Reporter

On = Literal["validation", "test", "folds"]
_MOST_ROWS = {"svm": 10_000}  # of a rival that was not asked for by name: more take minutes


@dataclass(frozen=True)
class Rows:
    """The rows of a run: loaded, and the part that models are scored on.

    by_name: whether the user asked for these models, even if they take minutes.
    """

    loaded: Loaded
    on: On
    by_name: bool


def fitted(
    run: Run, families: Sequence[EstimatorModel], rows: Rows, place: Place, reporter: Reporter
) -> Iterator[dict[str, Any]]:
    """Yield the scores and the seconds of each family, or the reason why there are none."""
    if place.is_local:
        experiment, _ = read_config(run)
        for family in families:
            yield _rival(experiment, family, rows)
        return
    with tasks_of(run, len(families), "--jobs", reporter, place) as submit:
        what = [(family, rows.on, rows.by_name) for family in families]
        pending = [submit(_apart, given, [f"rivals/{given[0].name}"]) for given in what]
        for future in pending:
            yield future.result()


def _apart(run_path: str, family: EstimatorModel, on: On, by_name: bool) -> dict[str, Any]:
    """Return the scores of a family, fitted in another process."""
    experiment, loaded = _again(run_path)
    return _rival(experiment, family, Rows(loaded, on, by_name))


@lru_cache(maxsize=1)
def _again(run_path: str) -> tuple[Experiment, Loaded]:
    run = Run(Path(run_path))
    experiment, _ = read_config(run)
    return experiment, same_rows(run, experiment)


def _rival(experiment: Experiment, family: EstimatorModel, rows: Rows) -> dict[str, Any]:
    """Return the scores of a family, or the reason why there are none."""
    loaded, most = rows.loaded, _MOST_ROWS.get(family.name, math.inf)
    if loaded.task.output.kind not in family.targets:
        return {"reason": f"is for targets of other kinds: {', '.join(family.targets)}"}
    chosen = _experiment_of(experiment, family, loaded.task)
    mistakes = clashes(chosen) or misfits(chosen, loaded.task)
    if mistakes:
        return {"reason": mistakes[0].message}
    if not rows.by_name and len(loaded.train) > most:
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
