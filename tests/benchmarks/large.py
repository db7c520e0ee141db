"""Trains on a generated table that is larger than memory, and prints what it takes.

    python tests/benchmarks/large.py FOLDER [--gigabytes 5] [--epochs 2] [--series 20]

Writes FOLDER/large.csv (30 columns of numbers, two of categories, and a target that is a linear function of some of
them plus noise of deviation 0.1) unless it is there, and trains a dense network on it with `data.memory: 1GB`, in a
process of its own: the bytes read per second in the first pass, the rows trained on per second, the processor time of
both, and the peak memory of the whole process. With `--series N`, the file FOLDER/series.csv holds N series of
ten minutes one below the other, each a wave of a day plus noise of deviation 0.1 beside four columns of noise, and a
dense network forecasts the next four rows of 48; the scores of both runs are printed. Everything lies in FOLDER.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import yaml

_NUMBERS, _BLOCK = 30, 20_000
_SERIES_LINE = 78  # bytes of a row of series
_REGIONS = np.array(["north", "south", "east", "west", "center"])
_CITIES = np.array([f"city{number}" for number in range(12)])


def write_table(path: Path, size: int) -> None:
    """Write a CSV file of about this many bytes."""
    rng, written = np.random.default_rng(0), 0
    with path.open("w") as file:
        names = [*(f"x{number}" for number in range(_NUMBERS)), "region", "city", "target"]
        written += file.write(",".join(names) + "\n")
        while written < size:
            written += file.write(_block(rng))


def _block(rng: np.random.Generator) -> str:
    """Return some lines; the decimals of a number are the digits of an integer, which are written fast."""
    x = rng.normal(size=(_BLOCK, _NUMBERS))
    region, city = rng.integers(len(_REGIONS), size=_BLOCK), rng.integers(len(_CITIES), size=_BLOCK)
    y = x[:, 0] - 0.5 * x[:, 1] + 0.25 * x[:, 2] + (region == 0) - city / 10 + rng.normal(scale=0.1, size=_BLOCK)
    form = ",".join(["%.5f"] * _NUMBERS) + ",%s,%s,%.5f\n"
    columns = [*x.T.tolist(), _REGIONS[region].tolist(), _CITIES[city].tolist(), y.tolist()]
    return "".join([form % cells for cells in zip(*columns, strict=True)])


def write_series(path: Path, size: int, series: int) -> None:
    """Write a CSV file with series of about this many bytes."""
    rng, rows = np.random.default_rng(0), size // _SERIES_LINE // series
    with path.open("w") as file:
        file.write("time,station,a,b,c,d,load\n")
        for number in range(series):
            for start in range(0, rows, _BLOCK):
                file.write(_rows_of_series(rng, number, np.arange(start, min(start + _BLOCK, rows))))


def _rows_of_series(rng: np.random.Generator, number: int, rows: np.ndarray) -> str:
    others = rng.normal(size=(len(rows), 4))
    load = np.sin(2 * np.pi * rows / 144 + number) + rng.normal(scale=0.1, size=len(rows))
    times = (np.datetime64("1900-01-01T00:00:00") + rows * np.timedelta64(600, "s")).astype(str)
    form = "%s,station%03d" + ",%.6f" * 5 + "\n"
    columns = [times.tolist(), [number] * len(rows), *others.T.tolist(), load.tolist()]
    return "".join([form % cells for cells in zip(*columns, strict=True)])


def table_experiment(path: Path) -> dict[str, dict]:
    """Return the experiment on a table, but for its training."""
    data = {"name": "csv", "path": str(path), "target": "target", "transforms": ["standardize"]}
    return {"data": data | {"memory": "1GB", "validation": 100_000}, "model": {"name": "dense", "units": [64, 64]}}


def series_experiment(path: Path) -> dict[str, dict]:
    """Return the experiment on series, but for its training."""
    data = {"name": "timeseries_csv", "path": str(path), "time": "time", "id": "station", "target": "load"}
    data |= {"lookback": 48, "horizon": 4, "transforms": ["standardize"], "memory": "1MB"}
    held_out = {"count": 2000, "take": "last"}
    return {"data": data | {"validation": held_out, "test": held_out}, "model": {"name": "dense", "units": [16]}}


def main() -> None:
    """Write the file, train, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gigabytes", type=float, default=5)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--series", type=int, help="forecast this many series instead")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    size = round(given.gigabytes * 1e9)
    table = given.folder / ("series.csv" if given.series else "large.csv")
    if not table.is_file() and given.series:
        write_series(table, size, given.series)
    elif not table.is_file():
        write_table(table, size)
    print(f"{table}: {table.stat().st_size / 1e9:.2f} GB")
    experiment = series_experiment(table) if given.series else table_experiment(table)
    experiment["training"] = {"epochs": given.epochs, "batch_size": 512}
    (given.folder / "large.yaml").write_text(yaml.safe_dump(experiment))
    first, again = (_train(given.folder, what) for what in ("reads the file", "finds it in the cache"))
    print(f"first pass: {table.stat().st_size / 1e6 / max(1, first - again):.0f} MB for each processor second")


def _train(folder: Path, what: str) -> float:
    """Train, print what it took, and return the processor seconds."""
    environment = os.environ | {"DLPY_CACHE": str(folder / "cache"), "DLPY_RUNS": str(folder / "runs")}
    began = time.time()
    process = subprocess.Popen([sys.executable, "-m", "dlpy", "train", str(folder / "large.yaml")], env=environment)
    _, status, used = os.wait4(process.pid, 0)
    took = f"{time.time() - began:.0f} s, processor {used.ru_utime + used.ru_stime:.0f} s"
    print(f"{what}: {took}, peak memory {used.ru_maxrss / 1e6:.2f} GB, exit status {os.waitstatus_to_exitcode(status)}")
    run = max((folder / "runs").iterdir())
    summary = json.loads((run / "summary.json").read_text())
    with (run / "metrics.csv").open() as file:
        fastest = min(float(row["seconds"]) for row in csv.DictReader(file))
    print(f"{what}: {summary['rows']['train'] / fastest:,.0f} rows a second in the fastest epoch, {summary['last']}")
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
