"""Damaged input without end: `python -m tests.fuzz experiments --count 200000 --seed 1`, or `files`.

`runs --count 10000 --jobs 2` damages the files of small runs, which it trains first; `light-runs` leaves out the
commands that need TensorFlow.
Prints each failure with its number, and `--only NUMBER` runs that one case again, leaving its file where it lies.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sys
import tempfile
import time
from multiprocessing.pool import ThreadPool
from pathlib import Path

from . import runs
from .attempts import KINDS, RUNS, attempt

_STRETCH = {
    "experiments": 1_000_000,
    "files": 1_000_000,
    "runs": 500,
    "light-runs": 2000,
}  # cases of a process: graphs pile up


def main() -> int:
    """Run all cases, shared out among processes, and return how many failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--folder", type=Path, help="Where the cases lie; the runs that are there are not trained anew."
    )
    given = parser.parse_args()
    numbers = range(given.count) if given.only is None else range(given.only, given.only + 1)
    folder, began = given.folder or Path(tempfile.mkdtemp(prefix="fuzz-")), time.monotonic()
    folder.mkdir(exist_ok=True)
    if given.kind in RUNS:
        runs.trained(folder)
    shares = [numbers[start :: given.jobs] for start in range(min(given.jobs, len(numbers)))]
    places = [_place(folder, number) if given.jobs > 1 else folder for number in range(len(shares))]
    with ThreadPool(len(shares)) as threads:
        work = [(given.kind, given.seed, share, place) for share, place in zip(shares, places, strict=True)]
        failed = sum(threads.starmap(_attempted, work))
    print(f"{given.count:,} cases, {failed} failed, {time.monotonic() - began:.0f} s; the last lies in {folder}")
    return min(failed, 1)


def _place(folder: Path, number: int) -> Path:
    """Return a folder for one of several processes, what was trained in it."""
    place = folder / f"share{number}"
    if not place.exists():
        place.mkdir()
        shutil.copytree(folder, place, symlinks=True, ignore=shutil.ignore_patterns("share*"), dirs_exist_ok=True)
    return place


def _attempted(kind: str, seed: int, numbers: range, folder: Path) -> int:
    """Run cases, each stretch in a process of its own that a crash may end, and return how many failed."""
    failed, context = 0, multiprocessing.get_context("spawn")
    now = context.Value("q", numbers.start)
    while len(numbers):
        some = numbers[: _STRETCH[kind]]
        process = context.Process(target=attempt, args=(kind, seed, some, folder, now))
        process.start()
        process.join()
        code = process.exitcode or 0
        failed += code if code >= 0 else 1
        done = len(some)
        if code < 0:
            print(f"{kind} --seed {seed} --only {now.value}: the process died of signal {-code}", flush=True)
            done = some.index(now.value) + 1
        numbers = numbers[done:]
    return failed


if __name__ == "__main__":
    sys.exit(main())
