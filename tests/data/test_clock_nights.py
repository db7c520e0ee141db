"""The nights in which clocks may be changed: known days of four countries, and none between them."""

import numpy as np
import pytest

from dlpy.data.tables.local_time import next_night_of_change


@pytest.mark.parametrize(
    ("first", "last", "night"),
    [
        ("2024-03-25T00:00", "2024-04-01T00:00", "2024-03-31"),  # Berlin
        ("2024-10-20T00:00", "2024-10-28T00:00", "2024-10-27"),
        ("2024-03-08T00:00", "2024-03-12T00:00", "2024-03-10"),  # New York
        ("2024-11-01T00:00", "2024-11-05T00:00", "2024-11-03"),
        ("2024-04-05T00:00", "2024-04-09T00:00", "2024-04-07"),  # Sydney
        ("2024-09-27T00:00", "2024-10-01T00:00", "2024-09-29"),  # Wellington
        ("2024-04-10T00:00", "2024-09-20T00:00", None),
        ("2024-11-04T00:00", "2025-03-07T00:00", None),
        ("2024-03-30T23:00", "2024-03-31T05:00", "2024-03-31"),
    ],
)
def test_nights_of_change_are_those_of_the_calendar(first: str, last: str, night: str | None) -> None:
    found = next_night_of_change(np.datetime64(first, "us"), np.datetime64(last, "us"))
    assert (None if found is None else str(found)) == night
