"""Times commands that run in a warm process against the same commands without it, and against plain Keras scripts.

    python -m tests.benchmarks.warm [JOB ...] [--runs 3]

The three take turns, as whole processes from start to end. Prints medians of the seconds and, in brackets, of the
processor seconds, which other work on the machine changes less, and dlpy / script in both.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.warm import Warm, warm_process

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
BOSTON = """seed: 1
data: {name: csv, path: boston.csv, target: MEDV, test: 102, validation: 81, transforms: [standardize]}
model: {name: dense, units: [64, 64]}
training: {optimizer: rmsprop, epochs: 100, batch_size: 16}
"""


@dataclass(frozen=True)
class Took:
    """What one command took."""

    wall: float  # seconds
    processor: float  # seconds


def main() -> None:
    """Run the jobs and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", nargs="*", help="all unless given")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", type=Path, default=HERE.parents[2] / "shared" / "data")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's Python compiles dlpy once
    with tempfile.TemporaryDirectory() as name, warm_process() as warm:
        folder = Path(name)
        jobs = prepared(folder, options.data)
        for job in options.jobs or jobs:
            compare(job, warm, folder, jobs[job], options.runs)


def prepared(folder: Path, data: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Write data and experiments into a folder; return dlpy's arguments and those of the script, by job."""
    from files import find_data

    rows = (data / "boston.csv").read_text().splitlines()
    (folder / "boston.csv").write_text("\n".join([rows[0].rpartition(",")[0] + ",MEDV", *rows[1:]]) + "\n")
    (folder / "boston.yaml").write_text(BOSTON)
    reviews, images = str(find_data("imdb.npz", data, folder)), str(find_data("fashion_mnist.npz", data, folder))

    def train(name: str, path: str, *more: str) -> list[str]:
        return ["train", f"{HERE.parents[1]}/configs/{name}.yaml", f"data.path={path}", *more, "-q"]

    return {
        "table": (["train", "boston.yaml", "-q"], ["boston_table.py", "boston.csv", "boston.keras"]),
        "evaluate": (["evaluate", "boston"], ["boston_table.py", "boston.csv", "boston.keras", "evaluate"]),
        "bags": (train("imdb_dense", reviews), ["bags.py", reviews]),
        "dense": (train("mnist_dense", images), ["digits.py", images, "dense", "5"]),
        "embedding": (train("imdb_embedding", reviews), ["embedding.py", reviews]),
        "convnet": (train("mnist_convnet", images, "training.epochs=1"), ["digits.py", images, "convnet", "1"]),
    }


def compare(job: str, warm: Warm, folder: Path, sides: tuple[list[str], list[str]], runs: int) -> None:
    """Run all three in turn and print a line of the table."""
    dlpy, script = [sys.executable, "-m", "dlpy", *sides[0]], [sys.executable, str(HERE / "scripts" / sides[1][0])]
    cold = warm.environment | {"DLPY_WARM": "0"}
    took: dict[str, list[Took]] = {"warm": [], "cold": [], "script": []}
    for _ in range(runs):
        took["warm"].append(timed(dlpy, folder, warm.environment, warm))
        took["cold"].append(timed(dlpy, folder, cold, warm))
        took["script"].append(timed([*script, *sides[1][1:]], folder, cold, warm))
    wall = {name: statistics.median(each.wall for each in side) for name, side in took.items()}
    processor = {name: statistics.median(each.processor for each in side) for name, side in took.items()}
    line = "  ".join(f"{name} {wall[name]:5.1f} s ({processor[name]:5.2f})" for name in took)
    shares = "  ".join(
        f"{name}/script {wall[name] / wall['script']:.2f} ({processor[name] / processor['script']:.2f})"
        for name in ("cold", "warm")
    )
    print(f"{job:10}{line}  {shares}  load {os.getloadavg()[0]:.0f}", flush=True)


def timed(command: list[str], folder: Path, environment: Mapping[str, str], warm: Warm) -> Took:
    """Return what a command takes, from the start of its process to the end."""
    before, spent_before, began = resource.getrusage(resource.RUSAGE_CHILDREN), spent(warm), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode or "warm process" in done.stderr:
        sys.exit(f"{command} failed:\n{done.stderr[-2000:]}")
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    own = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Took(wall, own + spent(warm) - spent_before)


def spent(warm: Warm) -> float:
    """Return the processor seconds of all commands that have ended in the warm process."""
    fields = Path(f"/proc/{warm.number}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
