"""The next rows of a series, or of each of several, predicted from its last window."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.quantiles import MEDIAN, numbers_of
from dlpy.data.rows import Rows, series_of
from dlpy.data.tables.timestamps import stamp
from dlpy.data.task import Output
from dlpy.runs.adapted_bands import OF_A_FILE
from dlpy.runs.directory import Run
from dlpy.training.adapted_predictions import OF_THE_RUN, adapted_predictions, new_rows
from dlpy.training.evaluate import Tell, Trained, restore, silent
from dlpy.training.given import Ask, Given
from dlpy.training.predict import Predicted, numbers_for, unfamiliar_rows


def predict_ahead(run: Run, path: Path | None, steps: int, ask: Ask, tell: Tell = silent) -> Predicted:
    """Return the predictions for the next rows of each series, one line for each row.

    Args:
        run: of a forecast.
        path: the file that holds the series; None: that of the run's data.
        steps: the number of rows.
        ask: the checkpoint to use, and whether to refuse unfamiliar values.
        tell: shows what the user should know, such as series that do not end with a complete window.

    Raises:
        ConfigError: the run predicts fewer rows.
        DataError: no series of the file ends with a complete window.
    """
    if ask.keep or ask.coverage is not None:
        option = "--keep" if ask.keep else "--coverage"
        raise ConfigError(f"{option} is about the rows of a file, and --ahead predicts rows after it: remove one.")
    return continued(restore(run, ask.checkpoint, tell), path, steps, ask, tell)


def continued(trained: Trained, path: Path | None, steps: int, ask: Ask, tell: Tell | None = None) -> Predicted:
    """Return the predictions of a run that is restored already for the next rows of each series.

    Args:
        trained: the run.
        path, steps, ask: as of `predict_ahead`.
        tell: shows which series are left out, since they do not end with a complete window; None: they are errors.

    Raises:
        ConfigError: the run predicts fewer rows.
        DataError: the file does not end with a complete window.
    """
    data = trained.experiment.data
    rows = (data.here() if path is None else data).ahead(path, steps, tell)
    given = Given(rows, "the last windows", {})
    unfamiliar = unfamiliar_rows(trained, given, ask)
    numbers = _numbers(trained, given, path)
    output = trained.task.output
    names, marks = _marks(rows, steps)
    shape = (len(rows), numbers_of(output), max(1, len(output.quantiles)))
    cells = numbers.reshape(shape)[:, :steps]
    order = _order(output)
    lines: list[list[str | float]] = [
        [*marks[row][step], *cells[row, step, order].tolist()] for row in range(len(rows)) for step in range(steps)
    ]
    quantiles = [f"quantile_{output.quantiles[place]:g}" for place in order[1:]]
    return Predicted([*names, "prediction", *quantiles], lines, unfamiliar)


def _numbers(trained: Trained, given: Given, path: Path | None) -> np.ndarray:
    """Return the predictions for the last windows, (windows, units), with the bands that earlier windows suggest."""
    if not trained.bands.adapt:
        return next(iter(numbers_for(trained, given).values()))
    data, part = trained.experiment.data, OF_A_FILE if path is not None else OF_THE_RUN
    kept = data.here() if path is None else data
    past = kept.history(path or Path(str(kept.path)), trained.raw_task)
    return adapted_predictions(trained, given.rows, given.what, new_rows(trained, past, part), part)


def _order(output: Output) -> list[int]:
    """Return the places of the median and then of the other quantiles."""
    if not output.quantiles:
        return [0]
    median = output.quantiles.index(MEDIAN)
    return [median, *(place for place in range(len(output.quantiles)) if place != median)]


def _marks(rows: Rows, steps: int) -> tuple[list[str], list[list[list[str]]]]:
    """Return the names and, by row and step, the cells that identify a predicted row."""
    series = series_of(rows)
    before = [[] if series is None else [str(series[row])] for row in range(len(rows))]
    if "times" in rows.columns:
        name, times = "time", rows.columns["times"].astype("datetime64[us]")
        cells = [[stamp(time) for time in own[:steps]] for own in times]
    else:
        name, cells = "row", [[str(row + step) for step in range(steps)] for row in rows.index.tolist()]
    names = [*([] if series is None else ["series"]), name]
    return names, [[[*first, cell] for cell in own] for first, own in zip(before, cells, strict=True)]
