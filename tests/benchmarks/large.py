"""Trains on a generated table that is larger than memory, and prints what it takes.

    python tests/benchmarks/large.py FOLDER [--gigabytes 5] [--epochs 2]

Writes FOLDER/large.csv (30 columns of numbers, two of categories, and a target that is a linear function of some of
them plus noise of deviation 0.1) unless it is there, and trains a dense network on it with `data.memory: 1GB`, in a
process of its own: the bytes read per second in the first pass, the rows trained on per second, the processor time of
both, and the peak memory of the whole process. Everything it writes lies in FOLDER.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import yaml

_NUMBERS, _BLOCK = 30, 20_000
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


def main() -> None:
    """Write the table, train, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gigabytes", type=float, default=5)
    parser.add_argument("--epochs", type=int, default=2)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    table = given.folder / "large.csv"
    if not table.is_file():
        write_table(table, round(given.gigabytes * 1e9))
    print(f"{table}: {table.stat().st_size / 1e9:.2f} GB")
    experiment = {
        "data": {"name": "csv", "path": str(table), "target": "target", "transforms": ["standardize"]},
        "model": {"name": "dense", "units": [64, 64]},
        "training": {"epochs": given.epochs, "batch_size": 512},
    }
    experiment["data"] |= {"memory": "1GB", "validation": 100_000}
    (given.folder / "large.yaml").write_text(yaml.safe_dump(experiment))
    for what in ("reads the table", "finds it in the cache"):
        _train(given.folder, what)


def _train(folder: Path, what: str) -> None:
    environment = os.environ | {"DLPY_CACHE": str(folder / "cache"), "DLPY_RUNS": str(folder / "runs")}
    began = time.time()
    process = subprocess.Popen([sys.executable, "-m", "dlpy", "train", str(folder / "large.yaml")], env=environment)
    _, status, used = os.wait4(process.pid, 0)
    took = f"{time.time() - began:.0f} s, processor {used.ru_utime + used.ru_stime:.0f} s"
    print(f"{what}: {took}, peak memory {used.ru_maxrss / 1e6:.2f} GB, exit status {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
