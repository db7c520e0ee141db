"""Widths of bands of quantiles, fitted on the held-out rows of a run after its training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.losses.pinball import Pinball
from dlpy.runs.adapted_bands import adapted_from_1, factors_after, last_of_each
from dlpy.runs.bands import LEARNED, Bands, fitted, windows_of
from dlpy.runs.decision_records import BandsRecord
from dlpy.runs.decisions import BANDS, forget_decision, write_decision
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored, split_span
from dlpy.runs.results import stored_predictions
from dlpy.scores.bands import asked_of, pairs_of
from dlpy.training.band_scores import scores_of_bands
from dlpy.training.held_out import OUT_OF_FOLD, HeldOut, held_out

_AS_LEARNED = "bands stay as learned: "


def fit_after_training(run: Run, loss: object, tell: Callable[[str], object]) -> None:
    """Fit the widths of the bands on the held-out rows and write bands.json; a line says what became of them."""
    if not isinstance(loss, Pinball) or not loss.conformal or not pairs_of(loss.quantiles):
        return
    forget_decision(run, BANDS)
    if all(stored.part == "test" for stored in stored_predictions(run)):
        tell(f"{_AS_LEARNED}there are no validation rows")
        return
    try:
        held = held_out(run)
    except ConfigError as error:
        tell(f"{_AS_LEARNED}{str(error).rstrip('.')}")
        return
    (stored,) = held.outputs.values()
    record = record_of(held, stored, changes=_follows_training(run, stored))
    if record is None:
        tell(f"{_AS_LEARNED}{len(stored.index):,} held-out rows are too few for their widths")
        return
    write_decision(run, record)
    tell(_line(record))


def tell_out_of_fold(run: Run, loss: object, tell: Callable[[str], object]) -> None:
    """Show how often the bands of the folds' models hold the truth of the rows that each held out, if there are any."""
    for stored in stored_predictions(run):
        if stored.part == OUT_OF_FOLD and stored.quantiles is not None:
            found = scores_of_bands(stored, out_of_fold_bands(stored, loss))
            learned = [f"{band['asked']:.0%}: {band.get('learned', band)['covered']:.1%}" for band in found]
            if found:  # a median alone is no band
                tell(f"bands as learned hold the out-of-fold rows, {', '.join(learned)}")
            if found and found[0].get("adapted"):
                own = [f"{band['asked']:.0%}: {band['covered']:.1%}" for band in found]
                tell(f"bands that follow earlier errors hold the out-of-fold rows, {', '.join(own)}")


def out_of_fold_bands(stored: Stored, loss: object) -> Bands:
    """Return the widths of the bands of folds: those of a series follow the errors from one fold to the next."""
    is_adapted = isinstance(loss, Pinball) and loss.conformal and stored.origin is not None
    return adapted_from_1(stored) if is_adapted else LEARNED


def record_of(held: HeldOut, stored: Stored, *, changes: bool = True) -> BandsRecord | None:
    """Return what bands.json says; None if there are too few rows, or no quantiles of them.

    Args:
        held: the held-out rows.
        stored: their targets and predictions.
        changes: whether the errors of later rows change the widths.
    """
    if stored.of is None or stored.quantiles is None or not len(stored.index):
        return None
    windows = windows_of(stored) if held.in_time else None
    asked, rows = asked_of(stored.of.quantiles), len(stored.index)
    if stored.origin is not None:
        until = last_of_each(stored) if changes else None
        return BandsRecord(held.epoch, held.parts, asked, factors_after(stored), rows, windows, until)
    factors = fitted(stored, np.arange(rows), windows)
    return BandsRecord(held.epoch, held.parts, asked, list(factors), rows, windows) if factors else None


def _follows_training(run: Run, stored: Stored) -> bool:
    """Return whether no row that the model learnt from is later than the held-out rows of its series.

    The errors of such a row would say too little, and those of later rows could not be told from them.
    """
    learnt = split_span(run.splits, "train") if stored.part != OUT_OF_FOLD else None
    if learnt is None:
        return True
    first, last = learnt
    if stored.series is None or len(np.unique(stored.series)) == 1:
        return bool(last < stored.index.min())
    return bool(first < stored.index.min())  # every series is split alike, one behind the other


def _line(record: BandsRecord) -> str:
    each = ", ".join(f"{asked:.0%} x {factor:.2f}" for asked, factor in zip(record.asked, record.factors, strict=True))
    rows = "out-of-fold" if record.on == ["out_of_fold"] else "validation"
    apart = "" if record.windows is None else f" ({record.windows:,} that share no target)"
    also = "" if rows == "out-of-fold" else ", which also chose the epoch"
    later = "" if record.until is None else "; later forecasts follow the errors of those before"
    return f"widths of bands: {each}; fitted on {record.rows:,} {rows} rows{apart}{also}{later}"
