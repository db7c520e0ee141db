"""A generated series with anomalies."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.rows import TRUTH, Loaded, Rows, Source
from dlpy.data.splits import Holdout
from dlpy.data.task import Task
from dlpy.datasets._series import Positive, Series
from dlpy.datasets._series_record import Record
from dlpy.datasets._series_spans import thinned
from dlpy.stand_ins.pump import Pump, pump

_ANOMALY = "anomaly"


class PumpPressure(Series):
    """The pressure of a pump, hour by hour for 250 days, to forecast: generated, with anomalies in the last 30 %.

    `dlpy predict RUN --score --truth anomaly` scores how unlike its forecast each hour is. There are 15 spikes and 5
    shifts. The mean absolute error of the best possible forecast is 0.80 where there are no anomalies.
    """

    name: Literal["pump_pressure"] = "pump_pressure"
    lookback: Positive = 48
    unit: str = "bar"
    validation: Holdout | None = Holdout(fraction=0.2)
    test: Holdout | None = Holdout(fraction=0.3)
    generator_seed: int = 0
    """Seed for generating the series; separate from `seed`, so that runs with different seeds share the same rows."""

    def check(self) -> None:
        if self.path is not None:
            raise ConfigError(f"data.path: {self.name} is generated and reads no file: remove 'path'.")

    def outline(self) -> Task:
        return self.task(1, 0)

    def load(self) -> Loaded:
        return self.stand_in(self.generator_seed, None)

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        source = Source("stand-in", "a generated series of a pump's pressure", always_generated=True)
        loaded = self.loaded(_record(pump(seed)), source)
        train, test = thinned(loaded.train, limit), thinned(loaded.test, limit)
        return Loaded(train or loaded.train, test, loaded.task, source)

    def to_score(self, path: Path | None, truth: str | None) -> Rows:
        if path is not None:
            raise ConfigError(f"{self.name} is generated: leave the file out, and its own series is scored.")
        if truth not in (None, _ANOMALY):
            raise ConfigError(f"--truth {truth}: {self.name} has one column of truth, '{_ANOMALY}'.")
        made = pump(self.generator_seed)
        rows = self.rows_of(_record(made), self.anchors(len(made.pressure)))
        if truth is not None:
            rows.columns[TRUTH] = made.is_anomaly[rows.index]
        return rows


def _record(made: Pump) -> Record:
    times = np.datetime64("2020-01-01T00:00:00", "us") + np.arange(len(made.pressure)) * np.timedelta64(1, "h")
    return Record(made.pressure[:, None], made.pressure, 0, times, names=("pressure",))
