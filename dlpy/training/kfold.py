"""k-fold validation: the folds one after another or at once, their means, and a final model with --refit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from dlpy.components.model import GenerativeModel
from dlpy.core import keras_backend
from dlpy.data.features import Windows
from dlpy.data.rows import Data, Loaded, Rows, known_rows
from dlpy.data.steps import STRIDE, step_numbers
from dlpy.data.validate import check_every_class
from dlpy.drawing import process as drawing
from dlpy.drawing.process import draw_all
from dlpy.experiment.document import Document
from dlpy.experiment.experiment import Experiment
from dlpy.experiment.yaml_reader import Mistake
from dlpy.runs.curves import best_epoch
from dlpy.runs.directory import Run
from dlpy.runs.history import fold_histories, mean_history
from dlpy.runs.how import How
from dlpy.runs.lock import locked
from dlpy.runs.outcome import record_outcome
from dlpy.runs.predictions import key_of
from dlpy.runs.results import without_targets
from dlpy.storage.atomic import require_writable, write_arrays
from dlpy.training.answers import group_numbers, places_of
from dlpy.training.callbacks import checkpoint_of
from dlpy.training.class_balance import fold_warnings
from dlpy.training.class_table import class_table, save_class_table
from dlpy.training.fit_bands import tell_out_of_fold
from dlpy.training.fold_files import Fold
from dlpy.training.folds import divided, fold_data, folds_together, train_folds
from dlpy.training.pipeline import Split, transform
from dlpy.training.prepare import Prepared, prepare
from dlpy.training.record import Options, begin, fingerprint, settle_config
from dlpy.training.refit import for_refit
from dlpy.training.reporter import Reporter
from dlpy.training.spread import spread
from dlpy.training.train import finish

_TIME = ("time", "the rows are in its order")


def kfold(experiment: Experiment, document: Document, options: Options, reporter: Reporter) -> Run:
    """Train an experiment once per fold and return the run directory with the scores of the folds and their means."""
    _require_folds(experiment, document)
    keras_backend.check_settings()
    require_writable(options.folder)
    drawing.begin()
    options = replace(options, kind="kfold", folds=options.folds or How(), given=fingerprint(experiment))
    prepared, first = with_folds(prepare(experiment, document, options))
    reporter.data_ready(prepared.loaded, first, prepared.experiment)
    if not options.smoke:
        rows, task = prepared.loaded.train, prepared.loaded.task
        reporter.notices(fold_warnings(rows, task, experiment.kfold, experiment.data.split_seed))
    run = begin(prepared.experiment, prepared.loaded, first.task, options)
    settle_config(run, prepared.experiment)
    with locked(run), record_outcome(run):
        validate(run, prepared, options.folds or How(), reporter)
        draw_all(run, reporter.notice)
    return run


def with_folds(prepared: Prepared) -> tuple[Prepared, Data]:
    """Return the experiment with the model's options filled in, and the first fold's rows; all folds are checked."""
    parts = divided(prepared)
    first, _ = fold_data(prepared, *parts[0])
    if any(output.has_classes for output in first.task.outputs.values()):
        for train, _ in parts:
            check_every_class(prepared.loaded.train.take(train), prepared.loaded.task)
    experiment = prepared.experiment
    experiment = experiment.model_copy(update={"model": experiment.model.resolved(first.task)})
    return replace(prepared, experiment=experiment), first


def validate(run: Run, prepared: Prepared, how: How, reporter: Reporter) -> None:
    """Train the folds that are not done, and write the means of all folds and the final model."""
    prepared = folds_together(run, prepared, how.jobs)
    settle_config(run, prepared.experiment)
    folds = train_folds(run, prepared, how.jobs, reporter)
    prepared = replace(prepared, experiment=prepared.experiment.executed(folds[0].execution))
    settle_config(run, prepared.experiment)
    summary = _summarize(run, prepared, folds)
    tell_out_of_fold(run, prepared.experiment.training.loss, reporter.notice)
    if how.refit:
        _refit(run, prepared, summary, reporter)


def _require_folds(experiment: Experiment, document: Document) -> None:
    """Raise ConfigError where the experiment cannot be validated by folds."""
    if experiment.data.folds_go_forward:
        _require_forward_folds(experiment, document)
    elif experiment.data.rows_are_in_time:
        message = "folds would train on rows later than those they are scored on: use `dlpy train`."
        key, what = ("name", f"{experiment.data.name} is a series") if experiment.data.in_time_order else _TIME
        raise document.error([Mistake(("data", key), f"{what}: {message}")])
    if isinstance(experiment.model, GenerativeModel):
        name = experiment.model.name
        message = f"folds compare predictions with targets, and {name} is generative: use `dlpy train`."
        raise document.error([Mistake(("model", "name"), message)])


def _require_forward_folds(experiment: Experiment, document: Document) -> None:
    """Raise ConfigError for options that folds of a series, each later than the one before, rule out."""
    kfold, found = experiment.kfold, []
    if kfold.repeats > 1:
        found.append(Mistake(("kfold", "repeats"), "the folds of a series follow each other in time: remove it."))
    if experiment.training.together is True:
        hint = "folds of a series differ in their number of rows: use auto."
        found.append(Mistake(("training", "together"), hint))
    if found:
        raise document.error(found)


def _summarize(run: Run, prepared: Prepared, folds: list[Fold]) -> dict[str, Any]:
    """Write summary.json and the out-of-fold predictions."""
    names = [name for name in folds[0].scores if all(name in fold.scores for fold in folds)]
    table = np.array([[fold.scores[name] for name in names] for fold in folds], np.float64)  # NaN where undefined
    curves = mean_history(fold_histories(run)).curves
    monitor = checkpoint_of(prepared.experiment).monitor or "val_loss"
    directions = prepared.experiment.directions(prepared.loaded.task, validation=True)
    epoch = best_epoch(curves[monitor], directions[monitor])
    scores = {name: float(curve[epoch - 1]) for name, curve in curves.items() if name != "learning_rate"}
    numbers = set.intersection(*(set(fold.baseline) for fold in folds))  # those defined in every fold
    summary = {
        "folds": [{"fold": fold.number, "rows": len(fold.rows), **fold.scores} for fold in folds],
        **{name: dict(zip(names, values.tolist(), strict=True)) for name, values in spread(table).items()},
        "best": {"epoch": epoch, "monitor": monitor, **scores},
        "baseline": {
            "on": "validation",
            "guess": f"{_guess(prepared.loaded)}, as in each fold",
            **{key: float(np.mean([fold.baseline[key] for fold in folds])) for key in sorted(numbers)},
        },
    }
    run.write("summary.json", summary)
    if not without_targets(run):  # codes have none, though the data has
        _save_out_of_fold(run, prepared.loaded, folds)
    return summary


def _guess(loaded: Loaded) -> str:
    """Return what the baseline of a fold is: a constant, or of a series the last value."""
    guesses = [name for x in loaded.train.inputs.values() if isinstance(x, Windows) for name in x.guesses()]
    return guesses[0] if guesses else "constant"


def _save_out_of_fold(run: Run, loaded: Loaded, folds: list[Fold]) -> None:
    """Write for every row the prediction of models not trained on it (the mean of repeats), and the scores by class."""
    rows = np.concatenate([fold.rows for fold in folds])
    numbers, first, place = np.unique(rows, return_index=True, return_inverse=True)
    arrays = {}
    for name, output in loaded.task.outputs.items():
        prediction = _mean_by_row([fold.predictions[name] for fold in folds], place)
        target = np.concatenate([fold.targets[name] for fold in folds])[first]
        one_hot = output.has_classes and target.ndim > 1 and target.shape[1] > 1
        flat = target.reshape(-1) if target.size == len(target) else target
        labels = target.argmax(axis=-1) if one_hot else flat
        known = known_rows(target) if output.has_missing else np.arange(len(numbers))
        row = numbers // STRIDE if output.is_per_step else numbers
        key = "out_of_fold" if len(loaded.task.outputs) == 1 else key_of("out_of_fold", name)
        own = {"index": loaded.train.index[row], "target": labels, "prediction": prediction}
        own |= group_numbers(loaded.train.take(row))
        if name in folds[0].quantiles:
            own["quantiles"] = _mean_by_row([fold.quantiles[name] for fold in folds], place)
            own |= _places(loaded.train.take(row))
        if output.is_per_step:
            own = {"group": row, **own, "index": step_numbers(own["index"], numbers % STRIDE)}
        arrays |= {f"{key}.{what}": array[known] for what, array in own.items()}
        if output.has_classes or output.kind == "multilabel":
            save_class_table(run, key, class_table(labels[known], prediction[known], output))
    write_arrays(run.predictions, arrays)


def _places(rows: Rows) -> dict[str, np.ndarray]:
    """Return where windows of a series lie, and their times."""
    found = places_of(rows)
    return found | {"time": rows.columns["time"]} if found and "time" in rows.columns else found


def _mean_by_row(given: list[np.ndarray], place: np.ndarray) -> np.ndarray:
    """Return the mean of the predictions of all folds for each row: (rows, units).

    Args:
        given: the predictions of each fold. place: the number of the row of each of them.
    """
    prediction, count = np.concatenate(given), np.bincount(place)
    total = np.zeros((len(count), prediction.shape[1]))
    np.add.at(total, place, prediction)
    return (total / count[:, None]).astype(np.float32)


def _refit(run: Run, prepared: Prepared, summary: dict[str, Any], reporter: Reporter) -> None:
    """Train the final model on all rows except the test rows, up to the best epoch of the mean curve."""
    epochs = summary["best"]["epoch"]
    reporter.notice(f"refit: all {len(prepared.loaded.train):,} rows, {epochs} epochs")
    experiment = for_refit(prepared.experiment, epochs)
    parts = Split(prepared.loaded.train, None, prepared.loaded.test)
    final = replace(prepared, experiment=experiment, parts=parts, is_refit=True)
    data, pipeline = transform(experiment, final.parts, prepared.loaded.task)
    task = data.task.to_record()  # that of the first fold may have another scale, or vocabulary
    run.change("run.json", lambda record: record | {"task": task})
    finish(run, final, data, pipeline, reporter)
    run.write("summary.json", summary | {"refit": run.read("summary.json")})
