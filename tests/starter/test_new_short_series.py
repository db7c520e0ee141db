"""`dlpy new` for series with short dates, and for panels with few rows for each series."""

from pathlib import Path

import numpy as np
import pytest

from dlpy.datasets._series_stamps import short_days
from dlpy.datasets.timeseries_csv import TimeseriesCsv
from dlpy.starter.starter import experiment_for


def test_six_digits_are_dates_where_all_cells_are_dates_in_order() -> None:
    found = short_days(["991231", "000101", "000229"])
    assert found is not None
    assert found.astype("M8[D]").astype(str).tolist() == ["1999-12-31", "2000-01-01", "2000-02-29"]
    assert short_days(["800102", "800230"]) is None  # no February 30
    assert short_days(["800102", "801302"]) is None
    assert short_days(["800103", "800102"]) is None  # not in order
    assert short_days(["80102"]) is None


def test_short_dates_make_a_series(tmp_path: Path) -> None:
    days = np.datetime64("1980-01-02") + np.arange(200)
    wave = 10 + np.sin(np.arange(200) / 3)
    lines = [f"{str(day)[2:].replace('-', '')},{value:.3f}" for day, value in zip(days, wave, strict=True)]
    path = tmp_path / "s.csv"
    path.write_text("\n".join(["day,sold", *lines]) + "\n")
    assert "name: timeseries_csv" in experiment_for(str(path), "sold", tmp_path / "e.yaml").text
    data = TimeseriesCsv.model_validate({"path": str(path), "time": "day", "target": "sold", "lookback": 5})
    assert data.load().train.columns["time"].astype("M8[us]")[0] == np.datetime64("1980-01-07")


@pytest.mark.parametrize("rows", [10, 16])
def test_a_panel_of_short_series_is_forecast(tmp_path: Path, rows: int) -> None:
    rng = np.random.default_rng(0)
    lines = [
        f"{2000 + year},country{country},{rng.normal(country, 0.1) + year / 10:.3f}"
        for country in range(12)
        for year in range(rows)
    ]
    path = tmp_path / "p.csv"
    path.write_text("\n".join(["year,country,growth", *lines]) + "\n")
    text = experiment_for(str(path), "growth", tmp_path / "e.yaml").text
    assert "name: timeseries_csv" in text
    assert "id: country" in text
