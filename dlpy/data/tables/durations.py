"""Durations and times of day in cells, as seconds: 1:23:45, 12:30, 2h 30m, 3 days, PT1H."""

from __future__ import annotations

import re
from itertools import pairwise

from dlpy.data.tables.amounts import tidy

_CLOCK = re.compile(
    r"(?:\+|(?P<minus>-))?(?:(?P<days>\d+) ?d(?:ays?)?,? )?(?P<a>\d{1,4}):(?P<b>\d\d)(?::(?P<c>\d\d))?(?P<f>[.,]\d+)?"
    r"(?P<half> ?[ap]\.?m\.?)?",
    re.IGNORECASE | re.ASCII,
)
_UNITS = {
    **dict.fromkeys(("w", "week", "weeks", "wk", "wks"), 604_800.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std"), 3_600.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), 0.001),
}
_PART = r"\d+(?:\.\d+)? ?(?:{})\.?"
_NAMES = "|".join(sorted(_UNITS, key=len, reverse=True))
_SPELLED = re.compile(rf"(?:{_PART.format(_NAMES)}(?:,? (?:and )?|(?=\d)|$))+", re.IGNORECASE | re.ASCII)
_PIECE = re.compile(r"(\d+(?:\.\d+)?) ?([a-z]+)", re.IGNORECASE | re.ASCII)
_ISO = re.compile(
    r"(?P<minus>-)?P(?:(?P<w>\d+)W)?(?:(?P<d>\d+)D)?(?:T(?=\d)(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?"
    r"(?:(?P<s>\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
_AMBIGUOUS_ALONE = ("m", "w", "d")  # metres, watts, dimensions
_LONGEST = 48


def is_short_clock(text: str) -> bool:
    """Return whether a cell is such as 12:30, which may be hours and minutes or minutes and seconds."""
    found = _CLOCK.fullmatch(tidy(text))
    return found is not None and not any(found[part] for part in ("c", "f", "half", "days"))


def leading_number(text: str) -> int:
    """Return the number before the first colon of a short clock."""
    return abs(int(text.partition(":")[0]))


def seconds_of(text: str, *, minutes_first: bool = False) -> float | None:
    """Return a duration in seconds, or a time of day in seconds since midnight; None if it is neither.

    Args:
        minutes_first: how to read 12:30; without it these are hours and minutes.
    """
    text = tidy(text) if len(text) <= _LONGEST else ""
    if not text:
        return None
    found = _CLOCK.fullmatch(text)
    if found is not None:
        return _of_clock(found, minutes_first=minutes_first)
    if text[0] in "-P":
        return _of_iso(text)
    return _of_words(text) if text[0].isdigit() and _SPELLED.fullmatch(text) else None


def _of_clock(found: re.Match[str], *, minutes_first: bool) -> float | None:
    a, b, c = int(found["a"]), int(found["b"]), int(found["c"] or 0)
    if b > 59 or c > 59 or (found["half"] and not 1 <= a <= 12) or (found["days"] and a > 23):
        return None
    if found["half"]:
        a = a % 12 + (12 if "p" in found["half"].lower() else 0)
    fraction = float((found["f"] or "0").replace(",", "."))
    short = found["c"] is None and (minutes_first or bool(found["f"]))  # 1:23.45 has seconds
    size = 60 * a + b if short else 3600 * a + 60 * b + c
    total = 86_400 * int(found["days"] or 0) + size + fraction
    return -total if found["minus"] else total


def _of_iso(text: str) -> float | None:
    found = _ISO.fullmatch(text)
    if found is None or not any(found[part] for part in "wdhms"):
        return None
    total = sum(float(found[part] or 0) * _UNITS[part] for part in "wdhms")
    return -total if found["minus"] else total


def _of_words(text: str) -> float | None:
    parts = [(float(size), unit.lower()) for size, unit in _PIECE.findall(text)]
    if any(unit not in _UNITS for _, unit in parts) or (len(parts) == 1 and parts[0][1] in _AMBIGUOUS_ALONE):
        return None
    sizes = [_UNITS[unit] for _, unit in parts]
    falling = all(one > other for one, other in pairwise(sizes))
    return sum(count * _UNITS[unit] for count, unit in parts) if falling else None
