"""Damaged input without end: `python -m tests.fuzz experiments --count 200000 --seed 1`, or `files`.

Prints each failure with its number, and `--only NUMBER` runs that one case again, leaving its file where it lies.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from . import experiments, files
from .watch import Watch

KINDS = {"experiments": experiments.Case, "files": files.Case}
_EVERY = 10_000


def attempt(kind: str, seed: int, numbers: range, folder: Path, now: Synchronized) -> None:
    """Run cases, print what goes wrong, and exit with how many did."""
    os.environ.update(DLPY_NO_PLUGINS="1", DLPY_OFFLINE="1", DLPY_CACHE=str(folder / "cache"), DLPY_RUNS="runs")
    watch, failed = Watch(folder), 0
    for number in numbers:
        now.value = number
        case = KINDS[kind](seed, number, folder)
        problem = watch.problem(case.run)
        if problem:
            failed += 1
            print(f"{kind} --seed {seed} --only {number}: {case.about}: {problem}", flush=True)
        if number and number % _EVERY == 0:
            print(f"... {number:,}, the slowest took {watch.slowest:.2f} s", flush=True)
    sys.exit(min(failed, 100))


def main() -> int:
    """Run all cases, each stretch in a process of its own that a crash may end, and return how many failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    given = parser.parse_args()
    numbers = range(given.count) if given.only is None else range(given.only, given.only + 1)
    folder, began, failed = Path(tempfile.mkdtemp(prefix="fuzz-")), time.monotonic(), 0
    now = multiprocessing.Value("q", numbers.start)
    while len(numbers):
        process = multiprocessing.Process(target=attempt, args=(given.kind, given.seed, numbers, folder, now))
        process.start()
        process.join()
        failed += process.exitcode or 0 if (process.exitcode or 0) >= 0 else 1
        if (process.exitcode or 0) >= 0:
            break
        print(f"{given.kind} --seed {given.seed} --only {now.value}: the process died of signal {-process.exitcode}")
        numbers = range(now.value + 1, numbers.stop)
    print(f"{given.count:,} cases, {failed} failed, {time.monotonic() - began:.0f} s; the last lies in {folder}")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
