"""Cases run one after another in a process of their own."""

from __future__ import annotations

import os
import sys
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

from . import experiments, files, runs, watch

KINDS: dict[str, Any] = {
    "experiments": experiments.Case,
    "files": files.Case,
    "runs": runs.Case,
    "light-runs": runs.LightCase,
}
RUNS = ("runs", "light-runs")
_EVERY = 10_000


def attempt(kind: str, seed: int, numbers: range, folder: Path, now: Synchronized) -> None:
    """Run cases, print what goes wrong, and exit with how many did."""
    os.environ.update(DLPY_NO_PLUGINS="1", DLPY_OFFLINE="1", DLPY_CACHE=str(folder / "cache"), DLPY_RUNS="runs")
    sys.dont_write_bytecode = True
    own = ("cache",)
    if kind in RUNS:
        watch.MOST_SECONDS, watch.MOST_MEGABYTES = runs.MOST_SECONDS, runs.MOST_MEGABYTES
        runs.warm_up(folder, dear=kind == "runs")
        own = runs.OWN
    watched, failed = watch.Watch(folder, own), 0
    for number in numbers:
        now.value = number
        problem = _problem(kind, seed, number, folder, watched)
        if problem:
            failed += 1
            print(f"{kind} --seed {seed} --only {number}: {problem}", flush=True)
        if number and number % _EVERY == 0:
            print(f"... {number:,}, the slowest took {watched.slowest:.2f} s", flush=True)
    sys.exit(min(failed, 100))


def _problem(kind: str, seed: int, number: int, folder: Path, watched: watch.Watch) -> str | None:
    """Return what goes wrong with a case; one that cannot be made is a failure too, and ends no others."""
    try:
        case = KINDS[kind](seed, number, folder)
    except Exception as error:
        return f"the case cannot be made: {error!r}"
    problem = watched.problem(case.run)
    return f"{case.about}: {problem}" if problem else None
