"""Kills parts of a cluster while it trains, resumes at most once, and compares every byte with a local run.

    python -m tests.benchmarks.cluster_chaos dask --times 20 --seed 1

A child process, a worker, a node, the scheduler or the command itself is killed (-9), or the command is interrupted, at
a random moment; kfold of the IMDB stand-in and a search of 40 trials take turns. Every run must end complete, with the
files of a local run, without orphans, temporary files or half directories.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dlpy.runs.directory import Run
from tests.benchmarks.clusters import Cluster, cluster, command_of
from tests.chaos.__main__ import outcome

KINDS = ["child", "worker", "node", "scheduler", "head", "interrupt"]
_SEARCH = """
extends: {configs}/boston_kfold.yaml
model: {{units: {{search: {{choices: [[8], [16], [32]]}}}}, dropout: {{search: [0.0, 0.5]}}}}
training: {{epochs: 30, batch_size: 32}}
search: {{trials: 40, sampler: random, workers: 2, together: 1}}
"""


@dataclass(frozen=True)
class Job:
    name: str
    command: list[str]


def jobs(folder: Path) -> list[Job]:
    configs = Path("configs").resolve()
    (folder / "search.yaml").write_text(_SEARCH.format(configs=configs))
    fold = ["kfold", str(configs / "imdb_dense.yaml"), "kfold.folds=5", "training.epochs=6"]
    return [Job("kfold", fold), Job("search", ["search", str(folder / "search.yaml")])]


class Trial:
    """One run on a cluster that is disturbed."""

    def __init__(self, on: Cluster, job: Job, reference: dict, folder: Path) -> None:
        self.on, self.job, self.reference, self.folder = on, job, reference, folder
        self.log = ""

    def disturbed(self, kind: str, after: float) -> str:
        """Return how the run ended: "alone" or "resumed".

        Raises:
            AssertionError: it did not end as a local one does.
        """
        process = self.begin([*self.job.command, "--on", self.on.address])
        deadline = time.monotonic() + after
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        was_running = process.poll() is None
        if was_running:
            self.disturb(kind, process)
        status = self.end(process)
        how = "alone" if was_running else "over before"
        if status != 0:
            how = "resumed"
            runs = list(self.folder.glob("*/run.json"))
            if not self.on.is_whole():
                self.on.start()
            command = ["resume", "latest"] if runs else self.job.command
            status = self.end(self.begin([*command, "--on", self.on.address]))
        assert status == 0, f"{kind} after {after:.1f} s: exit {status}\n{self.log}"
        self.check()
        if not self.on.is_whole() or kind in ("node", "scheduler"):
            self.on.start()
        return how

    def begin(self, arguments: list[str]) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "dlpy", *arguments, "--runs", str(self.folder)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(command, env=self.on.environment, start_new_session=True, **pipes)

    def end(self, process: subprocess.Popen[str]) -> int:
        try:
            said, _ = process.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            said += "\nHUNG"
        self.log += said
        return process.returncode

    def disturb(self, kind: str, process: subprocess.Popen[str]) -> None:
        if kind in ("head", "interrupt"):
            process.send_signal(signal.SIGKILL if kind == "head" else signal.SIGINT)
            return
        if kind == "scheduler" or (kind == "node" and not self.on.nodes):
            victims = self.session(self.on.scheduler)
        elif kind == "node":
            victims = self.session(random.choice(self.on.nodes))
        else:
            children = self.on.processes("child_process")
            if not children:
                return
            victims = [random.choice(children)]
            if kind == "worker":
                victims = [parent_of(victims[0])]
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def session(self, process: subprocess.Popen[bytes] | None) -> list[int]:
        """Return the processes of a node, the children that train left out: they must notice themselves."""
        if process is None:
            return []
        own = [pid for pid in self.on.processes() if os.getsid(pid) == process.pid]
        return [pid for pid in own if "child_process" not in command_of(pid)]

    def check(self) -> None:
        (run,) = (Run(path.parent) for path in self.folder.glob("*/run.json"))
        assert run.record().status == "completed"
        found = outcome(run)
        assert found.keys() == self.reference.keys(), found.keys() ^ self.reference.keys()
        wrong = [name for name in found if found[name] != self.reference[name]]
        assert not wrong, f"other bytes: {wrong}"
        strange = [path for path in run.path.rglob(".*") if re.match(r"\.\d+-|\.cluster", path.name)]
        assert not strange, f"left behind: {strange}"
        time.sleep(1)
        orphans = [pid for pid in self.on.processes("child_process") if parent_of(pid) == 1]
        assert not orphans, f"orphans: {orphans}"


def parent_of(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def reference(job: Job, folder: Path) -> tuple[dict, float]:
    """Return the outcome of a local run in two processes."""
    began = time.monotonic()
    extra = ["--jobs", "2"] if job.name == "kfold" else []
    command = [sys.executable, "-m", "dlpy", *job.command, *extra, "--runs", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (run,) = (Run(path.parent) for path in folder.glob("*/run.json"))
    return outcome(run), time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", choices=["dask", "ray"])
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    given = parser.parse_args()
    draw, ends, counts = random.Random(given.seed), time.monotonic() + 60 * given.minutes, Counter()
    with tempfile.TemporaryDirectory(prefix="dlpy-chaos-") as place, cluster(given.engine) as on:
        found = {}
        for job in jobs(Path(place)):
            found[job.name] = (job, *reference(job, Path(place, f"local-{job.name}")))
            began = time.monotonic()
            Trial(on, job, found[job.name][1], Path(place, f"quiet-{job.name}")).disturbed("child", 1000)
            found[job.name] = (*found[job.name][:2], time.monotonic() - began - 4)  # seconds of the command's start
            print(f"{job.name}: {found[job.name][2]:.0f} s on the cluster, to the same files", flush=True)
        for number in range(given.times):
            if time.monotonic() > ends:
                break
            kind = given.kinds[number % len(given.kinds)]
            job, expected, seconds = found["kfold" if (number + number // len(given.kinds)) % 2 == 0 else "search"]
            folder, after = Path(place, f"run-{number}"), 4 + draw.uniform(0, 0.9) * seconds
            began = time.monotonic()
            how = Trial(on, job, expected, folder).disturbed(kind, after)
            counts[kind, how] += 1
            print(
                f"{number + 1}: {job.name}, {kind} after {after:.1f} s: {how}, {time.monotonic() - began:.0f} s",
                flush=True,
            )
    for (kind, how), count in sorted(counts.items()):
        print(f"{kind}, {how}: {count}")
    print(f"{counts.total()} of {counts.total()} runs ended with the files of a local run")


if __name__ == "__main__":
    main()
