"""Tables of forecasts: the error by step ahead beside the naive forecasts, and the coverage of bands of quantiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.table import Table

from dlpy.cli.score_lines import score_text

_MOST_STEPS = 12  # lines; more steps are thinned out, and all are in evaluation.json


def forecast_tables(results: Mapping[str, Any]) -> list[str | Table]:
    """Return the tables of all parts, each below its title; none without several steps ahead and without quantiles."""
    found: list[str | Table] = []
    for part, result in results.items():
        unit = (result.get("in_unit") or {}).get("unit") or "own unit"
        if result.get("steps"):
            found += [f"{part}: mean absolute error by step ahead, in {unit}", _steps(result["steps"])]
        if result.get("bands"):
            found += [
                f"{part}: bands of quantiles, width in {unit}{_note(result['bands'][0])}",
                _bands(result["bands"]),
            ]
    return found


def _note(band: Mapping[str, Any]) -> str:
    if band.get("adapted"):
        return "; widths follow the errors of earlier forecasts"
    return "; * each fifth with the widths of the others" if band.get("cross_fitted") else ""


def _steps(steps: Sequence[Mapping[str, float]]) -> Table:
    table = Table(box=None, pad_edge=False)
    names = {"mae": "forecast", "last_value": "last value", "seasonal": "earlier period"}
    shown = {key: title for key, title in names.items() if key in steps[0]}
    for title in ("step", *shown.values()):
        table.add_column(title, justify="right", no_wrap=True)
    for place in np.unique(np.linspace(0, len(steps) - 1, _MOST_STEPS).round().astype(int)).tolist():
        line = steps[place]
        table.add_row(str(line["step"]), *(score_text(line[key]) for key in shown))
    return table


def _bands(bands: Sequence[Mapping[str, Any]]) -> Table:
    """Return the coverage and the mean width of each band, those as learned beside those with fitted widths."""
    fitted = "learned" in bands[0]
    table = Table(box=None, pad_edge=False)
    star = " *" if bands[0].get("cross_fitted") else ""
    scores = ["mean width", "interval score"]
    learned = ["as learned", *scores] if fitted else []
    for title in ("asked", f"covered{star}", "by chance", *(f"{score}{star}" for score in scores), *learned):
        table.add_column(title, justify="right", no_wrap=True)
    for band in bands:
        chance = f"+- {band['by_chance']:.1%}" if "by_chance" in band else ""  # none in runs of earlier versions
        before = [_share(band["learned"]["covered"]), *_widths(band["learned"])] if fitted else []
        table.add_row(f"{band['asked']:.0%}", _share(band["covered"]), chance, *_widths(band), *before)
    return table


def _widths(band: Mapping[str, Any]) -> list[str]:
    """Return the mean width and the interval score, which runs of earlier versions lack."""
    return [score_text(band["width"]), score_text(band.get("interval_score"))]


def _share(covered: float | None) -> str:
    return "-" if covered is None else f"{covered:.1%}"
