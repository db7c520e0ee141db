"""Predictions for windows of a series whose bands have the widths that the errors of earlier windows suggest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dlpy.data.quantiles import medians, numbers_of
from dlpy.data.rows import Rows
from dlpy.data.validate import check_rows
from dlpy.runs.adapted_bands import OF_A_FILE, teaches, with_own_widths
from dlpy.runs.bands import LEARNED
from dlpy.runs.predictions import Stored, joined
from dlpy.training.answers import places_of
from dlpy.training.evaluate import Trained

OF_THE_RUN = "run"  # the part of rows that are those of the run's own data


def adapted_predictions(
    trained: Trained, raw: Rows, what: str, past: Rows | None = None, part: str = OF_A_FILE
) -> np.ndarray:
    """Return the predictions for rows in the target's own unit: (rows, numbers x quantiles) float32.

    Args:
        trained: a run whose bands adapt.
        raw: the rows before the transforms, with the targets that are known: NaN, or none at all, for others.
        what: the rows are, for messages.
        past: earlier rows that are not predicted, but whose errors count.
        part: of a file, or of the run's own data.

    Raises:
        DataError: there are no rows, or one is not finite after the transforms.
    """
    found = _predicted(trained, raw, part, what)
    if past is not None and len(past):
        found = joined([_predicted(trained, past, part, what), found])
    quantiles = with_own_widths(found, trained.bands).quantiles
    return np.asarray(quantiles, np.float32).reshape(len(found.index), -1)[-len(raw) :]


def new_rows(trained: Trained, raw: Rows, part: str) -> Rows:
    """Return the rows whose errors change the widths of bands."""
    return raw.take(np.flatnonzero(teaches(_stored(trained, raw, part), trained.bands)))


def _predicted(trained: Trained, raw: Rows, part: str, what: str) -> Stored:
    """Return rows with their quantiles as they were learned."""
    rows, output = trained.applied(replace(raw, targets={})), trained.task.output
    check_rows(rows, what, trained.task)
    (learned,) = replace(trained, bands=LEARNED).own_predictions(rows).values()
    quantiles = learned.reshape(len(raw), numbers_of(output), len(output.quantiles))
    return replace(_stored(trained, raw, part), prediction=medians(learned, output), quantiles=quantiles)


def _stored(trained: Trained, raw: Rows, part: str) -> Stored:
    """Return rows as predictions.npz holds them, without predictions."""
    output, places = trained.task.output, places_of(raw)
    shape = len(raw), numbers_of(output)
    target = raw.y.reshape(shape) if raw.targets else np.full(shape, np.nan, np.float32)
    time = raw.columns["time"].astype("datetime64[us]") if "time" in raw.columns else None
    stored = Stored(part, target, np.empty((len(raw), 0)), raw.index, time=time, of=output)
    return replace(stored, origin=places.get("origin"), series=places.get("of_series"))
