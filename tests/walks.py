"""A forecast whose bands follow a series: its data, its run's numbers, and the factors of the widths by definition."""

from pathlib import Path
from typing import Any

import numpy as np

from dlpy.runs.directory import Run
from dlpy.runs.results import stored_predictions

LOSS = {"name": "pinball", "quantiles": [0.1, 0.5, 0.9]}


def series(bench: Any, windows: str = "within_parts", time: str | None = "day", **changes: Any) -> Path:
    """Write a walk whose steps become three times as large where the validation rows begin, and its experiment."""
    random = np.random.default_rng(3)
    steps = random.normal(size=300) * np.where(np.arange(300) < 180, 1.0, 3.0)
    days = np.arange("2020-01-01", "2020-10-27", dtype="M8[D]")
    rows = [f"{day},{value:.4f}" for day, value in zip(days, np.cumsum(steps), strict=True)]
    bench.write("\n".join(["day,level", *rows]) + "\n", "walk.csv")
    data = {
        "name": "timeseries_csv", "path": "walk.csv", "time": time, "target": "level", "lookback": 6, "horizon": 2,
        "difference": True, "transforms": ["standardize"], "validation": 60, "test": 60,
        "windows": windows, "columns": ["level"],
    }  # fmt: skip
    training = {"epochs": 3, "batch_size": 32, "loss": LOSS} | changes
    return bench.experiment(data=data, model={"name": "dlinear", "kernel": 3}, training=training)


def quantiles_of(run: Run, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the targets, (rows, steps), and the quantiles as predictions.npz holds them, (rows, steps, quantiles)."""
    (stored,) = (one for one in stored_predictions(run) if one.part == part)
    assert stored.quantiles is not None
    return stored.target, stored.quantiles


def distances_of(run: Run, part: str) -> np.ndarray:
    """Return how far each truth is from the median, in distances of the band's end on that side: (rows, steps)."""
    target, quantiles = quantiles_of(run, part)
    beyond = target - quantiles[:, :, 1]
    ends = np.where(beyond < 0, quantiles[:, :, 1] - quantiles[:, :, 0], quantiles[:, :, 2] - quantiles[:, :, 1])
    return np.abs(beyond) / ends


def followed(distances: np.ndarray, start: float) -> list[float]:
    """Return the factor of each of consecutive windows with two steps ahead, and that after all, as defined."""
    logs, lessons, count = [np.log(start)], np.zeros(distances.shape), len(distances)
    for window in range(count):
        lessons[window] = np.where(np.isnan(distances[window]), 0, (distances[window] > np.exp(logs[-1])) - 0.2)
        newly = lessons[window, 0] + (lessons[window - 1, 1] if window else 0)  # of the row at the origin
        logs.append(logs[-1] + 0.1 * newly / 2)
    logs.append(logs[-1] + 0.1 * lessons[-1, 1] / 2)
    return np.exp(logs).tolist()


def lines_of(out: str) -> dict[str, np.ndarray]:
    """Return the numbers of a CSV by the time of each line."""
    return {time[:10]: np.array(cells, float) for time, *cells in (line.split(",") for line in out.split("\n")[1:-1])}
