"""Measures what an empty task costs on a cluster, and simulates many workers from these costs.

    python -m tests.benchmarks.cluster_simulation dask

The simulation has 10,000 tasks of 10 seconds on 1,000 workers, of which 1 % fail in an hour; a lost worker costs its
task's time and comes back after a minute. The head and the scheduler serve one task after another.
"""

from __future__ import annotations

import argparse
import heapq
import os
import random
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from dlpy.cluster.pool import tasks_of
from dlpy.runs.directory import Run
from dlpy.training.parts import Notices
from tests.benchmarks.clusters import Cluster, cluster
from tests.pretend_cluster import joined

_FAILURES = 0.01 / 3600  # of a worker, in a second
_RUNS = 20
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Costs:
    """Seconds for each task: of the head's and the scheduler's processors, and from submission to result alone."""

    head: float
    scheduler: float
    alone: float


def measured(on: Cluster, count: int) -> Costs:
    with tempfile.TemporaryDirectory() as place:
        run = Run(Path(place) / "run")
        run.path.mkdir()
        data = {"source": "file", "description": "", "sha256": ""}
        run.write(
            "run.json",
            {"kind": "kfold", "status": "running", "smoke": False, "data": data, "place": {"on": on.address}},
        )
        with tasks_of(run, 1000, "--jobs", Notices()) as submit:
            for future in [submit(joined, (), ["folds/01"]) for _ in range(8)]:  # children start
                future.result()
            singles = []
            for _ in range(50):
                began = time.monotonic()
                submit(joined, (), ["folds/01"]).result()
                singles.append(time.monotonic() - began)
            own, scheduler = time.process_time(), processor_seconds(on)
            for future in [submit(joined, (), ["folds/01"]) for _ in range(count)]:
                future.result()
            head, of_scheduler = time.process_time() - own, processor_seconds(on) - scheduler
    return Costs(head / count, of_scheduler / count, statistics.median(singles))


def processor_seconds(on: Cluster) -> float:
    """Return the processor seconds of the scheduler's processes; of Ray, of all but the workers and their children."""
    pids = [on.scheduler.pid] if on.engine == "dask" and on.scheduler else on.processes("ray/core")
    total = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total


def simulated(costs: Costs, tasks: int, workers: int, seconds: float, seed: int) -> float:
    """Return the duration of all tasks."""
    draw, head_free, scheduler_free, ended = random.Random(seed), 0.0, 0.0, 0.0
    free = [(0.0, worker) for worker in range(workers)]
    waiting = tasks
    while waiting:
        at, worker = heapq.heappop(free)
        head_free = max(head_free, at) + costs.head
        scheduler_free = max(scheduler_free, head_free) + costs.scheduler
        until = draw.expovariate(_FAILURES)
        if until < seconds:
            heapq.heappush(free, (scheduler_free + until + 60, worker))
            continue
        waiting -= 1
        ended = max(ended, scheduler_free + seconds)
        heapq.heappush(free, (scheduler_free + seconds, worker))
    return ended


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", choices=["dask", "ray"])
    parser.add_argument("--count", type=int, default=500)
    given = parser.parse_args()
    with cluster(given.engine) as on:
        costs = measured(on, given.count)
    print(f"an empty task: {1000 * costs.alone:.1f} ms from submission to result (median of 50)")
    print(f"processor time of a task: head {1000 * costs.head:.2f} ms, scheduler {1000 * costs.scheduler:.2f} ms")
    ideal = 10_000 * 10 / 1_000
    for name, own in {
        "both": costs,
        "the engine alone": Costs(0, costs.scheduler, 0),
        "dlpy alone": Costs(costs.head, 0, 0),
        "neither": Costs(0, 0, 0),
    }.items():
        times = [simulated(own, 10_000, 1_000, 10, seed) for seed in range(_RUNS)]
        told = f"median {statistics.median(times):.1f} s, at most {max(times):.1f} s"
        print(f"10,000 tasks of 10 s on 1,000 workers, costs of {name}: {told} ({ideal:.0f} s without any)")
    busiest = max(costs.head, costs.scheduler)
    print(f"saturates at {1 / busiest:,.0f} tasks a second: {10 / busiest:,.0f} workers with tasks of 10 s")


if __name__ == "__main__":
    main()
