"""Times commands that run in a warm process against the same commands without it, and against plain Keras scripts.

    python -m tests.benchmarks.warm [--runs 3]

The three take turns, as whole processes from start to end. Prints medians in seconds, and ratios.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.warm import Warm, warm_process

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
BOSTON = """seed: 1
data: {name: csv, path: boston.csv, target: MEDV, test: 102, validation: 81, transforms: [standardize]}
model: {name: dense, units: [64, 64]}
training: {optimizer: rmsprop, epochs: 100, batch_size: 16}
"""


def main() -> None:
    """Run the jobs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", type=Path, default=HERE.parents[2] / "shared" / "data")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, warm_process() as warm:
        folder = Path(name)
        jobs = prepared(folder, options.data)
        for job, (dlpy, script) in jobs.items():
            compare(job, warm, folder, (dlpy, script), options.runs)


def prepared(folder: Path, data: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Write data and experiments into a folder; return dlpy's arguments and those of the script, by job."""
    from files import find_data

    rows = (data / "boston.csv").read_text().splitlines()
    (folder / "boston.csv").write_text("\n".join([rows[0].rpartition(",")[0] + ",MEDV", *rows[1:]]) + "\n")
    (folder / "boston.yaml").write_text(BOSTON)
    reviews, configs = find_data("imdb.npz", data, folder), HERE.parents[1] / "configs"
    return {
        "table": (["train", "boston.yaml", "-q"], ["boston_table.py", "boston.csv", "boston.keras"]),
        "evaluate": (["evaluate", "boston"], ["boston_table.py", "boston.csv", "boston.keras", "evaluate"]),
        "bags": (["train", f"{configs}/imdb_dense.yaml", f"data.path={reviews}", "-q"], ["bags.py", str(reviews)]),
    }


def compare(job: str, warm: Warm, folder: Path, sides: tuple[list[str], list[str]], runs: int) -> None:
    """Run all three in turn and print a line of the table."""
    dlpy, script = [sys.executable, "-m", "dlpy", *sides[0]], [sys.executable, str(HERE / "scripts" / sides[1][0])]
    cold = warm.environment | {"DLPY_WARM": "0"}
    took: dict[str, list[float]] = {"warm": [], "cold": [], "script": []}
    for _ in range(runs):
        took["warm"].append(seconds(dlpy, folder, warm.environment))
        took["cold"].append(seconds(dlpy, folder, cold))
        took["script"].append(seconds([*script, *sides[1][1:]], folder, cold))
    medians = {name: statistics.median(each) for name, each in took.items()}
    line = "  ".join(f"{name} {each:5.1f} s" for name, each in medians.items())
    ratios = f"warm/cold {medians['warm'] / medians['cold']:.2f}  warm/script {medians['warm'] / medians['script']:.2f}"
    print(f"{job:10}{line}  {ratios}  load {os.getloadavg()[0]:.0f}", flush=True)


def seconds(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    """Return how long a command takes, from the start of its process to the end."""
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode or "warm process" in done.stderr:
        sys.exit(f"{command} failed:\n{done.stderr[-2000:]}")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
