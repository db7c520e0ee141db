"""Schemas of what is decided on held-out rows: calibration.json, thresholds.json and bands.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class CalibrationRecord:
    """calibration.json: the temperature of each output, and what it was fitted on.

    epoch: of the best checkpoint. on: the parts that the rows are: validation, also test, or out_of_fold. rows: their
    number by output.
    """

    epoch: int
    on: list[str]
    temperatures: Mapping[str, float]
    rows: Mapping[str, int]


@dataclass(frozen=True)
class BandsRecord:
    """bands.json: what the distance of each band's ends from the median is multiplied by, and what it was fitted on.

    asked, factors: of each band, the widest one first. windows: of rows in order of time, how many of them have no
    target in common; None for other rows. epoch, on: as in CalibrationRecord. rows: their number. until: of a series,
    by its name ("" of a single one), the time of the first target of the last of these rows, in microseconds since
    1970, or without time stamps the number of that target's row: later forecasts change the factors. None: they never
    change, as in runs of earlier versions.
    """

    epoch: int
    on: list[str]
    asked: list[float]
    factors: list[float]
    rows: int
    windows: int | None
    until: Mapping[str, int] | None = None


@dataclass(frozen=True)
class ThresholdsRecord:
    """thresholds.json: the threshold of the second class, or those of the labels, by output.

    Thresholds apply to the model's own probabilities, before calibration. criterion: as typed, such as precision=0.95.
    epoch, on, rows: as in CalibrationRecord.
    """

    epoch: int
    on: list[str]
    criterion: str
    thresholds: Mapping[str, list[float]]
    rows: Mapping[str, int]
