"""The step of a series on the calendar: found, counted and continued."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from dlpy.data.tables.frequency import Frequency, frequency_of
from dlpy.data.tables.local_time import evenly, may_be_local


def times(*texts: str) -> np.ndarray:
    return np.array(texts, "M8[us]")


DAYS = np.arange("2024-01-01", "2024-04-01", dtype="M8[D]")


@pytest.mark.parametrize(
    ("found", "words", "following", "seasons"),
    [
        (times("2023-11-01", "2023-12-01", "2024-01-01", "2024-02-01"), "1 month", "2024-03-01", [12]),
        (times("2023-12-31", "2024-01-31", "2024-02-29"), "1 month", "2024-03-31", [12]),
        (times("2023-07-01", "2023-10-01", "2024-01-01"), "3 months", "2024-04-01", [4]),
        (times("1700-01-01", "1701-01-01", "1702-01-01"), "1 year", "1703-01-01", []),
        (times("2024-01-03", "2024-02-01", "2024-03-04", "2024-04-02"), "1 month", "2024-05-02", [12]),
        (DAYS[np.is_busday(DAYS)].astype("M8[us]"), "1 business day", "2024-04-01", [5]),
        (DAYS.astype("M8[us]"), "1 day", "2024-04-01", [7, 365]),
        (DAYS[::7].astype("M8[us]"), "7 days", "2024-04-01", [52]),
        (times("2024-01-01T00:00", "2024-01-01T00:30", "2024-01-01T01:00"), "30 minutes", "2024-01-01T01:30", [48]),
    ],
)
def test_the_step_is_found_on_the_calendar_and_continued(found, words, following, seasons) -> None:
    frequency = frequency_of([found])
    assert str(frequency) == words
    assert set(frequency.steps(found).tolist()) == {1}
    assert frequency.after(found[-1], 1) == np.datetime64(following, "us")
    assert frequency.seasons[: len(seasons)] == seasons


def test_a_missing_month_is_two_steps_and_a_repeated_day_none() -> None:
    months = times("2024-01-01", "2024-02-01", "2024-04-01", "2024-05-01", "2024-06-01")
    assert frequency_of([months]).steps(months).tolist() == [1, 2, 1, 1]
    days = times("2024-01-01", "2024-01-02", "2024-01-02", "2024-01-03", "2024-01-04")
    assert frequency_of([days]).steps(days).tolist() == [1, 0, 1, 1]


def test_28_days_are_no_month() -> None:
    assert str(frequency_of([np.arange("2024-01-01", "2025-01-01", 28, dtype="M8[D]").astype("M8[us]")])) == "28 days"


@given(
    some.sampled_from([Frequency("fixed", 86_400_000_000), Frequency("months", 1), Frequency("business_days", 1)]),
    some.integers(0, 20_000),
    some.lists(some.integers(1, 9), min_size=1, max_size=20),
)
def test_steps_undo_after(frequency: Frequency, day: int, steps: list[int]) -> None:
    start = np.datetime64(int(day), "D").astype("M8[us]")
    if frequency.kind == "business_days":
        start = frequency.after(start, 0)
    if frequency.kind == "months":
        start = start.astype("M8[M]").astype("M8[us]")
    made = [start]
    for step in steps:
        made.append(frequency.after(made[-1], step))
    assert frequency.steps(np.array(made)).tolist() == steps


def test_the_hour_that_occurs_twice_in_autumn_and_the_one_that_is_missing_in_spring_are_even_in_time() -> None:
    utc = np.arange("2024-03-30T00:00", "2024-11-02T00:00", dtype="M8[h]").astype("M8[us]")
    summer = (utc >= np.datetime64("2024-03-31T01:00")) & (utc < np.datetime64("2024-10-27T01:00"))
    local = utc + np.timedelta64(1, "h") + summer * np.timedelta64(1, "h")
    even, changes = evenly(local)
    assert changes == 2
    assert np.unique(np.diff(even)).tolist() == [np.timedelta64(1, "h")]


def test_a_row_that_goes_back_elsewhere_is_no_change_of_the_clock() -> None:
    hours = np.arange("2024-10-26T00:00", "2024-10-30T00:00", dtype="M8[h]").astype("M8[us]")
    for place in (60, 20):  # on Monday at noon; on Saturday evening
        repeated = np.insert(hours, place, hours[place])
        even, changes = evenly(repeated)
        assert changes == 0
        assert even is repeated


@pytest.mark.parametrize(
    ("zone", "years"), [("Europe/Berlin", 1), ("Europe/Berlin", 3), ("America/New_York", 2), ("Australia/Sydney", 1)]
)
def test_hours_that_are_missing_each_spring_are_no_gaps_though_the_doubled_ones_are_not_there(zone, years) -> None:
    utc = np.arange("2021-02-10T00:00", f"{2021 + years}-02-10T00:00", 15, dtype="M8[m]")
    moments = [datetime.fromtimestamp(int(one) * 60, UTC).astimezone(ZoneInfo(zone)) for one in utc.astype(np.int64)]
    local = np.unique(np.array([moment.replace(tzinfo=None) for moment in moments], "M8[us]"))
    even, changes = evenly(local)
    assert changes == years
    assert np.unique(np.diff(even)).tolist() == [np.timedelta64(15, "m")]
    assert may_be_local(local)


def test_an_hour_that_is_missing_in_one_spring_of_two_or_on_another_day_is_a_gap() -> None:
    quarters = np.arange("2021-02-10T00:00", "2022-05-10T00:00", 15, dtype="M8[m]").astype("M8[us]")
    for night in ("2021-03-28T02:00", "2022-03-27T02:00", "2021-03-21T02:00", "2021-06-06T02:00", "2021-03-28T12:00"):
        first = int(np.flatnonzero(quarters == np.datetime64(night))[0])
        with_gap = np.delete(quarters, slice(first, first + 4))
        assert evenly(with_gap) == (with_gap, 0)
    assert not may_be_local(quarters)
