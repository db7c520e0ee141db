"""Columns of times in one form of ISO 8601: read at once, with the answers of the slow readers."""

import numpy as np
import pytest

from dlpy.data.tables.dates import date_of
from dlpy.data.tables.iso_times import iso_times
from dlpy.data.tables.timestamps import time_of


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2012-01-31", "2013-02-28"], ["2012-01-31", "2013-02-28"]),
        (["2012-01-31 23:50", "2012-01-31T00:05"], ["2012-01-31T23:50", "2012-01-31T00:05"]),
        (["2012-02-29 23:50:59"], ["2012-02-29T23:50:59"]),
    ],
)
def test_one_form_is_read_as_by_the_readers_of_single_texts(texts: list[str], expected: list[str]) -> None:
    times = iso_times(texts)
    assert times is not None
    assert times.dtype == np.dtype("datetime64[us]")
    assert times.tolist() == np.array(expected, "datetime64[us]").tolist()
    for text, time in zip(texts, times, strict=True):
        assert date_of(text) == time == time_of(text)


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["2012-01-31", "2012-01-31 23:50"],
        ["2012-1-31"],
        ["2012/01/31"],
        ["2013-02-29"],
        ["2012-01-31 24:00"],
        ["2012-01-31 23:50:60"],
        ["0999-01-01"],
        ["\uff12012-01-31"],  # a wide digit
        ["2012-01-31 23:50Z"],
    ],
)
def test_others_are_left_to_those(texts: list[str]) -> None:
    assert iso_times(texts) is None
