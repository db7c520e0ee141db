"""Bands of the forecasts of a series, whose widths follow the errors of the forecasts made before."""

from __future__ import annotations

import numpy as np

from dlpy.runs.bands import Bands, bands_of_record, in_scale, with_widths
from dlpy.runs.decisions import read_bands
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored
from dlpy.scores.adaptive_bands import Factors, Forecasts
from dlpy.scores.bands import asked_of, distances

OF_A_FILE = "file"  # the part of rows that are not the run's own
_LEAST = 1e-30  # distance of a quantile from the median


def shown_bands(run: Run, stored: Stored) -> Stored:
    """Return stored predictions with bands as `dlpy predict` writes them; those of the last checkpoint as learned."""
    scored = run.evaluation().get(stored.part)
    is_best = scored is None or scored.checkpoint == "best"
    record = read_bands(run) if stored.quantiles is not None and is_best else None
    return stored if record is None else with_own_widths(stored, bands_of_record(record))


def with_own_widths(stored: Stored, bands: Bands) -> Stored:
    """Return stored predictions with the widths of their bands, each row of a series with those of its own origin."""
    return OwnWidths(bands).of(stored)


class OwnWidths:
    """The widths of the bands of rows that come some at a time, those of each series in order of time.

    Args of an instance:
        bands: of a run.
    """

    def __init__(self, bands: Bands) -> None:
        self._bands, self._new = bands, NewRows(bands)
        self._followed: FollowedFactors | None = None

    def of(self, stored: Stored) -> Stored:
        """Return stored predictions with the widths of their bands, after the rows before."""
        if not adapts(stored, self._bands):
            return with_widths(stored, self._bands.factors)
        if self._followed is None:
            start = (
                np.ones(len(self._bands.factors)) if stored.part in self._bands.on else np.array(self._bands.factors)
            )
            self._followed = FollowedFactors(stored, start)
        return with_widths(stored, self._followed.of(stored, self._new.among(stored)))


def adapts(stored: Stored, bands: Bands) -> bool:
    """Return whether the widths of stored predictions follow the errors of earlier ones."""
    return bands.adapt and stored.origin is not None and stored.quantiles is not None


def adapted_from_1(stored: Stored) -> Bands:
    """Return bands that begin as they were learned, and follow the errors of the rows of this part."""
    levels = stored.of.quantiles if stored.of is not None else ()
    return Bands((1.0,) * len(asked_of(levels)), (stored.part,), in_time=True, until={})


def factors_after(stored: Stored) -> list[float]:
    """Return the factors of bands after rows that begin with bands as learned; bands are only made wider.

    The rows of validation also chose the epoch, so that their errors are a little too small. The first
    forecast of later rows is made `delay` rows before its target: errors that are known only after that are left out.
    """
    levels = stored.of.quantiles if stored.of is not None else ()
    after = _over_time(stored, np.ones(len(asked_of(levels))), _known_before_later_rows(stored))
    return np.maximum(1.0, after).tolist()


def _known_before_later_rows(stored: Stored) -> np.ndarray:
    """Return which rows are known at the origin of the first forecast after them: (rows,) bool."""
    names, found = _names(stored), np.ones(len(stored.index), bool)
    ahead = np.zeros_like(stored.index) if stored.origin is None else stored.index - stored.origin
    for name in np.unique(names).tolist():
        own = names == name
        found[own] = stored.index[own] <= stored.index[own].max() - ahead[own].min()
    return found


def last_of_each(stored: Stored) -> dict[str, int]:
    """Return the time, or without time stamps the row, of the last forecast of each series."""
    names, places = _names(stored), _places(stored)
    return {name: int(places[names == name].max()) for name in np.unique(names).tolist()}


def _over_time(stored: Stored, start: np.ndarray, teaches: np.ndarray) -> np.ndarray:
    """Return the factors after all rows: (bands,).

    Args:
        start: the factor of each band.
        teaches: (rows,) bool, whose errors change the factors.
    """
    followed = FollowedFactors(stored, start)
    followed.of(stored, teaches)
    return followed.after()


class FollowedFactors:
    """The factors of bands of stored predictions, some rows at a time.

    Args of an instance:
        stored: some of the rows, which say what is predicted.
        start: the factor of each band before any row is known.
    """

    def __init__(self, stored: Stored, start: np.ndarray) -> None:
        levels = stored.of.quantiles if stored.of is not None else ()
        self._factors, self._numbers = Factors(start.tolist(), asked_of(levels)), dict[str, int]()

    def of(self, stored: Stored, teaches: np.ndarray) -> np.ndarray:
        """Return the factors of each row: (rows, bands).

        Args:
            teaches: (rows,) bool, whose errors change the factors.
        """
        if stored.quantiles is None or stored.of is None or stored.origin is None:
            raise TypeError("expected quantiles of windows")
        with np.errstate(invalid="ignore", divide="ignore"):  # a missing target, or one without a logarithm
            quantiles = in_scale(stored.quantiles, stored.of)
            target = in_scale(stored.target, stored.of).reshape(quantiles.shape[:2])
        scores = distances(target, quantiles, stored.of.quantiles, _LEAST)
        scores[~teaches] = np.nan
        count = stored.quantiles.shape[1]
        ahead = np.arange(count) if stored.of.horizon is not None else np.zeros(count, np.int64)
        names, place = np.unique(_names(stored), return_inverse=True)
        numbers = np.array([self._numbers.setdefault(name, len(self._numbers)) for name in names.tolist()])
        rows = stored.index[:, None] + ahead
        return self._factors.of(Forecasts(scores, stored.origin, rows, numbers[place.reshape(-1)]))

    def after(self) -> np.ndarray:
        """Return the factors after all rows: (bands,)."""
        return self._factors.after()


class NewRows:
    """Which rows change the factors: those without a target that the fitted rows have.

    Args of an instance:
        bands: of a run.
    """

    def __init__(self, bands: Bands) -> None:
        self._bands, self._first = bands, dict[str, int]()  # of each series, the first row behind the fitted ones

    def among(self, stored: Stored) -> np.ndarray:
        """Return which of some rows change the factors, (rows,) bool: later ones of their series than those before."""
        if stored.part in self._bands.on:
            return np.ones(len(stored.index), bool)
        if stored.part == OF_A_FILE and stored.time is None:
            return np.zeros(len(stored.index), bool)  # nothing says which of them are new
        names, places, until = _names(stored), _places(stored), self._bands.until or {}
        length = (stored.of.horizon if stored.of is not None else None) or 1
        found = np.ones(len(stored.index), bool)
        for name in np.unique(names).tolist():
            own = names == name
            known = own & (places <= until[name]) if name in until else np.zeros_like(own)
            if known.any():
                self._first[name] = int(stored.index[known].max()) + length
            if name in self._first:
                found[own] = stored.index[own] >= self._first[name]
        return found


def _names(stored: Stored) -> np.ndarray:
    """Return the name of each row's series, "" where there is one alone."""
    return np.full(len(stored.index), "") if stored.series is None else stored.series


def _places(stored: Stored) -> np.ndarray:
    return stored.index if stored.time is None else stored.time.astype("datetime64[us]").astype(np.int64)
