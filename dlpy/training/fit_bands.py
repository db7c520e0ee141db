"""Widths of bands of quantiles, fitted on the held-out rows of a run after its training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.losses.pinball import Pinball
from dlpy.runs.bands import LEARNED, fitted, windows_of
from dlpy.runs.decision_records import BandsRecord
from dlpy.runs.decisions import BANDS, forget_decision, write_decision
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored
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
    record = record_of(held, stored)
    if record is None:
        tell(f"{_AS_LEARNED}{len(stored.index):,} held-out rows are too few for their widths")
        return
    write_decision(run, record)
    tell(_line(record))


def tell_out_of_fold(run: Run, tell: Callable[[str], object]) -> None:
    """Show how often the bands of the folds' models hold the truth of the rows that each held out, if there are any."""
    for stored in stored_predictions(run):
        if stored.part == OUT_OF_FOLD and stored.quantiles is not None:
            found = [f"{band['asked']:.0%}: {band['covered']:.1%}" for band in scores_of_bands(stored, LEARNED)]
            if found:  # a median alone is no band
                tell(f"bands as learned hold the out-of-fold rows, {', '.join(found)}")


def record_of(held: HeldOut, stored: Stored) -> BandsRecord | None:
    """Return what bands.json says; None if there are too few rows, or no quantiles of them."""
    if stored.of is None or stored.quantiles is None or not len(stored.index):
        return None
    windows = windows_of(stored) if held.in_time else None
    factors = fitted(stored, np.arange(len(stored.index)), windows)
    if not factors:
        return None
    asked = asked_of(stored.of.quantiles)
    return BandsRecord(held.epoch, held.parts, asked, list(factors), len(stored.index), windows)


def _line(record: BandsRecord) -> str:
    each = ", ".join(f"{asked:.0%} x {factor:.2f}" for asked, factor in zip(record.asked, record.factors, strict=True))
    rows = "out-of-fold" if record.on == ["out_of_fold"] else "validation"
    apart = "" if record.windows is None else f" ({record.windows:,} that share no target)"
    also = "" if rows == "out-of-fold" else ", which also chose the epoch"
    return f"widths of bands: {each}; fitted on {record.rows:,} {rows} rows{apart}{also}"
