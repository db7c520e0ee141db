"""Predictions for windows of a series whose bands have the widths that the errors of earlier windows suggest."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeGuard

import numpy as np

from dlpy.data.features import Features, Windows
from dlpy.data.quantiles import medians, numbers_of
from dlpy.data.rows import PLACE, Rows
from dlpy.data.stored.mapped_rows import rows_where
from dlpy.data.validate import check_rows
from dlpy.data.windows import cut_to_windows
from dlpy.runs.adapted_bands import OF_A_FILE, NewRows, OwnWidths
from dlpy.runs.bands import LEARNED
from dlpy.runs.predictions import Stored
from dlpy.training.answers import places_of
from dlpy.training.evaluate import Trained

_AT_ONCE = 16_384  # windows
_FEWEST = 32  # windows, on average, between which others are left out, to be predicted at once
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
    widths = OwnWidths(trained.bands)
    for rows in pieces_of(past) if past is not None and len(past) else []:
        widths.of(_predicted(trained, rows, part, what))
    return np.concatenate([_numbers(trained, rows, (part, what), widths) for rows in pieces_of(raw)])


def adapted_in_pieces(trained: Trained, raw: Rows, what: str) -> Iterator[tuple[Rows, np.ndarray]]:
    """Yield some thousand rows of a file at a time with their predictions, as `adapted_predictions` returns them all.

    Args:
        trained, raw, what: those of `adapted_predictions`.
    """
    widths = OwnWidths(trained.bands)
    for rows in pieces_of(raw):
        yield replace(rows, inputs=_cut(rows.inputs)), _numbers(trained, rows, (OF_A_FILE, what), widths)


def new_rows(trained: Trained, raw: Rows, part: str) -> Rows:
    """Return the rows whose errors change the widths of bands."""
    new = NewRows(trained.bands)
    found = []
    for places in _places_of_pieces(raw):
        rows = raw.take(places)
        stored = _stored(trained, rows, part)
        found.append(places[new.among(replace(stored, index=rows.columns.get(PLACE, rows.index)))])
    return raw.take(np.concatenate([np.empty(0, np.int64), *found]))


def pieces_of(raw: Rows) -> Iterator[Rows]:
    """Yield all rows; those of a series in a file some thousand at a time."""
    return (raw.take(places) if len(places) < len(raw) else raw for places in _places_of_pieces(raw))


def _places_of_pieces(raw: Rows) -> Iterator[np.ndarray]:
    x = next(iter(raw.inputs.values()), None)
    if not isinstance(x, Windows) or not x.in_file:
        yield np.arange(len(raw))
        return
    starts = x.starts
    jumps = rows_where((1, len(x)), lambda rows: np.abs(starts[rows] - starts[rows - 1]) > _AT_ONCE, starts).tolist()
    jumps = jumps if len(jumps) * _FEWEST <= len(x) else []
    for first, end in itertools.pairwise([0, *jumps, len(x)]):
        for start in range(first, end, _AT_ONCE):
            yield np.arange(start, min(start + _AT_ONCE, end))


def _cut(inputs: Mapping[str, Features]) -> dict[str, Features]:
    """Return windows in a file that lie close to each other with the part of the series that they see, in memory."""
    return {name: cut_to_windows(x) if _are_close(x) else x for name, x in inputs.items()}


def _are_close(x: Features) -> TypeGuard[Windows]:
    if not isinstance(x, Windows) or not x.in_file:
        return False
    first, end = x.span
    return end - first <= _FEWEST * max(len(x), _AT_ONCE)


def _numbers(trained: Trained, rows: Rows, of: tuple[str, str], widths: OwnWidths) -> np.ndarray:
    """Return the predictions for rows with the widths of their bands: (rows, numbers x quantiles) float32.

    Args:
        of: the part that the rows are of, and what they are, for messages.
    """
    quantiles = widths.of(_predicted(trained, rows, *of)).quantiles
    return np.asarray(quantiles, np.float32).reshape(len(rows), -1)


def _predicted(trained: Trained, raw: Rows, part: str, what: str) -> Stored:
    """Return rows with their quantiles as they were learned."""
    rows, output = trained.applied(replace(raw, inputs=_cut(raw.inputs), targets={})), trained.task.output
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
