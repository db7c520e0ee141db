"""Which parts of dates differ, dates as text, and public holidays; dates are in seconds since 1970."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Literal

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.tables.parts_of_dates import PARTS, SECONDS_OF_DAY, part_of

Part = Literal["year", "month", "day", "weekday", "hour", "minute", "day_of_year", "elapsed"]
_FAR = 2.5e11  # seconds: about the year 9900


def parts_that_vary(seconds: np.ndarray) -> list[str]:
    """Return the parts in which dates differ, without the day of the year, and `elapsed`.

    Dates that are all the first of a month stand for months or years, so that their weekdays mean nothing. For dates
    that differ in the year alone, `elapsed` would repeat it.
    """
    present = seconds[~np.isnan(seconds)]
    if len(present) == 0 or np.ptp(present) == 0:
        return []
    found = [part for part in PARTS if part != "day_of_year" and np.ptp(part_of(part, present)) > 0]
    if (part_of("day", present) == 1).all() and (present % SECONDS_OF_DAY == 0).all():
        found = [part for part in found if part != "weekday"]
    return found if found == ["year"] else [*found, "elapsed"]


def shown(seconds: float) -> str:
    """Return a date as text, such as 2016-12-31 or 2016-12-31 23:50, or what is no date as a number."""
    if not abs(seconds) < _FAR:
        return f"{seconds:g}"
    time = np.datetime64(round(seconds), "s")
    text = np.datetime_as_string(time, "s").replace("T", " ")
    return text.removesuffix(":00").removesuffix(" 00:00")


def is_holiday(seconds: np.ndarray, place: str) -> np.ndarray:
    """Return 1.0 for each date that is a public holiday and 0.0 for others: (rows,) float64, NaN for missing dates."""
    years = np.unique(part_of("year", seconds[~np.isnan(seconds)])).astype(int).tolist()
    found = np.array(holidays_in(place, years), "datetime64[D]")
    missing = np.isnan(seconds)
    days = (np.where(missing, 0, seconds) // SECONDS_OF_DAY).astype(np.int64).astype("datetime64[D]")
    return np.where(missing, np.nan, np.isin(days, found))


def holidays_in(place: str, years: Sequence[int]) -> list[str]:
    """Return the public holidays of a country, or of a region of it such as DE-BY, as ISO dates.

    Raises:
        ConfigError: the package holidays does not know the place, or is not installed.
    """
    try:
        library = importlib.import_module("holidays")
    except ImportError:
        raise ConfigError("date_parts: 'holidays' needs the package holidays: pip install 'dlpy[dates]'.") from None
    country, _, region = place.partition("-")
    try:
        known = library.country_holidays(country, subdiv=region or None, years=years)
    except NotImplementedError as error:
        raise ConfigError(f"date_parts: holidays of '{place}' are not known: {error}") from None
    return sorted(day.isoformat() for day in known)
