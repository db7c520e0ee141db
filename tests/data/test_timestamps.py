"""Points in time as tables write them."""

import numpy as np
import pytest

from dlpy.data.tables import timestamps
from dlpy.data.tables.frequency import Frequency, frequency_of

NOON = np.datetime64("2016-03-09T12:00:00", "us")


@pytest.mark.parametrize(
    "text",
    [
        "2016-03-09T12:00:00", "2016-03-09 12:00", "2016-03-09T12:00:00Z", "2016-03-09 13:00:00+01:00", "09.03.2016 12:00:00",
        "1457524800", "1457524800.0",
    ],
)  # fmt: skip
def test_one_moment_written_in_many_ways(text):
    assert timestamps.time_of(text) == NOON


@pytest.mark.parametrize("text", ["", "noon", "32.01.2016 00:00:00", "-5", "1e12", "2016-13-01"])
def test_what_is_no_moment(text):
    assert timestamps.time_of(text) is None


def test_distances_and_breaks():
    times = NOON + np.array([0, 10, 20, 31, 50, 60, 60, 70]) * np.timedelta64(1, "m")
    frequency = frequency_of([times])
    assert frequency == Frequency("fixed", 10 * 60 * 1_000_000)
    assert (np.flatnonzero(frequency.steps(times) != 1) + 1).tolist() == [4, 6]
    shown = [timestamps.spelled(np.timedelta64(seconds, "s")) for seconds in (1, 600, 5400, 86400)]
    assert shown == ["1 second", "10 minutes", "1.5 hours", "1 day"]
    assert timestamps.stamp(NOON) == "2016-03-09 12:00:00"


def test_only_ascending_columns_are_lines_of_time():
    assert timestamps.time_line(["2016-03-09", "2016-03-10", "2016-03-11"]) is not None
    assert timestamps.time_line(["2016-03-09", "2016-03-08", "2016-03-11"]) is None
    assert timestamps.time_line(["3", "4", "5"]) is None
    assert timestamps.time_line(["2016-03-09"] * 3) is None


def test_many_stamps_are_those_of_each_time():
    times = NOON + np.array([0, 1, 999_999, 1_000_000, -(10**15)])

    assert timestamps.stamps(times)[:2] == ["2016-03-09 12:00:00", "2016-03-09 12:00:00"]
    assert timestamps.stamps(times) == [timestamps.stamp(time) for time in times]
