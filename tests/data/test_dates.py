"""Dates in tables, in every common order."""

import pytest

from dlpy.data.tables.dates import date_of, dates_of


@pytest.mark.parametrize(
    "text",
    [
        "2012-01-31", "2012/1/31", "2012.01.31", "31.01.2012", "31.01.12", "31/1/12", "20120131", "31-Jan-12",
        "31 January 2012", "31st January 2012", "31st of January 2012", "Jan 31, 2012", "January 31st, 2012", "31JAN2012",
        "2012-Jan-31", "2012 Jan 31", "Tue, 31 Jan 2012", "Tuesday, January 31, 2012", "2012-01-31 00:00",
    ],
)  # fmt: skip
def test_a_day_in_every_common_order(text):
    assert str(date_of(text, month_first=False)) == "2012-01-31T00:00:00.000000"


@pytest.mark.parametrize("text", ["2012-09", "09/2012", "9/2012", "Sept 2012", "September 2012", "2012M09"])
def test_a_month(text):
    assert str(date_of(text)) == "2012-09-01T00:00:00.000000"


@pytest.mark.parametrize("text", ["2012-Q3", "2012Q3", "Q3 2012", "q3/2012"])
def test_a_quarter(text):
    assert str(date_of(text)) == "2012-07-01T00:00:00.000000"


@pytest.mark.parametrize(
    "text",
    ["May", "12 May", "1.2.12", "1.10.12", "13/2012", "Maybe 2012", "Junk 1, 2012", "31/13/2012", "30 Feb 2012", ""],
)
def test_no_date(text):
    assert date_of(text, month_first=False) is None


def test_the_whole_column_decides_whether_the_day_or_the_month_is_first():
    assert dates_of(["01/02/2012", "13/02/2012"]).month_first is False
    assert dates_of(["01/02/2012", "02/13/2012"]).month_first is True
    assert dates_of(["05/01/2012", "02/03/2012", "09/02/2012", "01/07/2012"]).doubtful
    given = dates_of(["05/01/2012", "02/03/2012"], month_first=True)
    assert (str(given.times[0])[:10], given.doubtful) == ("2012-05-01", False)
