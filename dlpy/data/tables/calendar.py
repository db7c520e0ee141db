"""The parts of dates given in seconds since 1970: year, month, weekday and others, and public holidays."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Literal

import numpy as np

from dlpy.core.errors import ConfigError

Part = Literal["year", "month", "day", "weekday", "hour", "minute", "day_of_year", "elapsed"]
PARTS: dict[str, float | None] = {  # each part, and the number of its values if it repeats
    "year": None,
    "month": 12,
    "day": 31,
    "weekday": 7,
    "hour": 24,
    "minute": 60,
    "day_of_year": 366,
}
_SECONDS_OF_DAY = 86_400
_FAR = 2.5e11  # seconds: about the year 9900
_THURSDAY = 3  # 1970-01-01; Monday is 0


def part_of(part: str, seconds: np.ndarray) -> np.ndarray:
    """Return a part of each date: (rows,) float64, NaN where a date is missing.

    The year is as written; the month, the day and the day of the year count from 1; the weekday (Monday), the hour and
    the minute from 0.

    Args:
        part: one of PARTS.
        seconds: (rows,) seconds since 1970, NaN where a date is missing.
    """
    missing = np.isnan(seconds)
    whole = np.where(missing, 0, np.floor(seconds)).astype(np.int64)
    days, in_day = np.divmod(whole, _SECONDS_OF_DAY)
    dates = days.astype("datetime64[D]")
    if part == "year":
        found = _years(dates).astype(np.int64) + 1970
    elif part == "month":
        found = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    elif part == "day":
        found = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    elif part == "day_of_year":
        found = (dates - _years(dates)).astype(np.int64) + 1
    elif part == "weekday":
        found = (days + _THURSDAY) % 7
    else:
        found = in_day // 3600 if part == "hour" else in_day // 60 % 60
    return np.where(missing, np.nan, found)


def parts_that_vary(seconds: np.ndarray) -> list[str]:
    """Return the parts in which dates differ, without the day of the year, and `elapsed`.

    Dates that are all the first of a month stand for months or years, so that their weekdays mean nothing. For dates
    that differ in the year alone, `elapsed` would repeat it.
    """
    present = seconds[~np.isnan(seconds)]
    if len(present) == 0 or np.ptp(present) == 0:
        return []
    found = [part for part in PARTS if part != "day_of_year" and np.ptp(part_of(part, present)) > 0]
    if (part_of("day", present) == 1).all() and (present % _SECONDS_OF_DAY == 0).all():
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
    days = (np.where(missing, 0, seconds) // _SECONDS_OF_DAY).astype(np.int64).astype("datetime64[D]")
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


def _years(dates: np.ndarray) -> np.ndarray:
    return dates.astype("datetime64[Y]")
