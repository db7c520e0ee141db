"""Bands of predicted quantiles with the widths that were fitted on a run's held-out rows (bands.json)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dlpy.core.errors import RunError
from dlpy.data.quantiles import numbers_of
from dlpy.data.task import Output, Task
from dlpy.data.units import as_seen, own_numbers
from dlpy.runs.decision_records import BandsRecord
from dlpy.runs.decisions import BANDS, read_bands
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored
from dlpy.scores.bands import factors_of, pairs_of, windows_apart, with_factors


@dataclass(frozen=True)
class Bands:
    """The widths of a run's bands.

    factors: of each band's distances from the median, the widest first; () where bands stay as they were learned. on:
    the parts that they were fitted on. in_time: whether these rows are in time order. until: as in BandsRecord.
    """

    factors: tuple[float, ...] = ()
    on: tuple[str, ...] = ()
    in_time: bool = False
    until: Mapping[str, int] | None = None

    @property
    def adapt(self) -> bool:
        """Whether the errors of earlier forecasts change the factors."""
        return bool(self.factors) and self.until is not None


LEARNED = Bands()


def bands_for(run: Run, task: Task, epoch: int, tell: Callable[[str], object]) -> Bands:
    """Return the widths of a run's bands.

    Args:
        run: the run.
        task: of the run.
        epoch: of the checkpoint that predicts; factors of another one are left out, with a line.
        tell: shows the line.

    Raises:
        RunError: bands.json is damaged, or belongs to another run.
    """
    if len(task.outputs) > 1 or not task.output.quantiles or (record := read_bands(run)) is None:
        return LEARNED
    if record.epoch != epoch:
        tell(f"{BANDS} is that of epoch {record.epoch}: bands are shown as they were learned by epoch {epoch}")
        return LEARNED
    if len(record.factors) != len(pairs_of(task.output.quantiles)):
        raise RunError(f"{run.path / BANDS} is damaged: it has {len(record.factors)} bands.")
    return bands_of_record(record)


def bands_of_record(record: BandsRecord) -> Bands:
    """Return the widths that bands.json holds."""
    return Bands(tuple(record.factors), tuple(record.on), record.windows is not None, record.until)


def widened(prediction: np.ndarray, output: Output, bands: Bands) -> np.ndarray:
    """Return quantiles with the fitted widths: (rows, numbers x quantiles), as the model sees the target.

    Of a series, these are the widths before any row after the fitted ones is known.
    """
    if not bands.factors:
        return prediction
    shaped = prediction.reshape(len(prediction), numbers_of(output), len(output.quantiles))
    return with_factors(shaped, output.quantiles, bands.factors).reshape(prediction.shape)


def with_widths(stored: Stored, factors: Sequence[float] | np.ndarray) -> Stored:
    """Return stored predictions, in the target's own unit, with other widths of their bands.

    Args:
        factors: of each band, or of the bands of each row: (rows, bands).
    """
    if stored.quantiles is None or stored.of is None or not len(factors):
        return stored
    seen = in_scale(stored.quantiles, stored.of)
    found = with_factors(seen, stored.of.quantiles, factors)
    return replace(stored, quantiles=own_numbers(found, stored.of) if stored.of.log_of_sum is not None else found)


def in_scale(numbers: np.ndarray, output: Output) -> np.ndarray:
    """Return numbers in the target's own unit as float64; those whose logarithm training sees, as it sees them.

    Whatever the unit, factors of distances are the same; those of logarithms are not.
    """
    found = numbers.astype(np.float64)
    return as_seen(found, output) if output.log_of_sum is not None else found


def fitted(stored: Stored, rows: np.ndarray, windows: int | None) -> Sequence[float] | None:
    """Return the factors of the bands fitted on some of the rows.

    Args:
        rows: their positions.
        windows: how many of them have no target in common; None for rows that are exchangeable.
    """
    if stored.of is None or stored.quantiles is None:
        return None
    quantiles = in_scale(stored.quantiles[rows], stored.of)
    target = in_scale(stored.target[rows], stored.of).reshape(quantiles.shape[:2])
    return factors_of(target, quantiles, stored.of.quantiles, windows)


def windows_of(stored: Stored) -> int:
    """Return how many of the rows have no target in common."""
    return windows_apart(stored.index, (stored.of.horizon if stored.of is not None else None) or 1)
