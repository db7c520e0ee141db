"""Kills parts of a cluster while it trains, resumes at most once, and compares every byte with a local run.

    python -m tests.benchmarks.cluster_chaos dask --times 20 --seed 1
    python -m tests.benchmarks.cluster_chaos ray --large --times 2 --kinds worker

A child process, a worker, a node, the scheduler or the command itself is killed (-9), a child or a worker is frozen, or
the command is interrupted, at a random moment while tasks run; each kind comes so many times. k-fold validation, a
search and several seeds take turns, or with --large five folds of the IMDB stand-in and a search of 40 trials. Every
run must end complete, with the files of a local run, without orphans, temporary files or half directories.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from dlpy.runs.directory import Run
from tests.benchmarks.cluster_jobs import Job, large_jobs, small_jobs
from tests.benchmarks.clusters import Cluster, cluster, command_of
from tests.chaos.__main__ import outcome

KINDS = ["child", "worker", "node", "scheduler", "head", "interrupt", "frozen child", "frozen worker"]


class Trial:
    """One run on a cluster that is disturbed."""

    def __init__(self, on: Cluster, job: Job, reference: dict, folder: Path) -> None:
        self.on, self.job, self.reference, self.folder = on, job, reference, folder
        self.log, self.said = "", ""  # what the command said, and its last line before it was resumed
        self.seconds = 0.0  # from the first task to the disturbance, or the last task

    def disturbed(self, kind: str, after: float) -> str:
        """Return how the run ended: "alone" or "resumed".

        Raises:
            AssertionError: it did not end as a local one does.
        """
        process = self.begin([*self.job.command, "--on", self.on.address])
        self.wait_for_tasks(process)
        self.seconds = -time.monotonic()
        while process.poll() is None and self.has_tasks() and self.seconds + time.monotonic() < after:
            time.sleep(0.02)
        self.seconds += time.monotonic()
        was_running = process.poll() is None and self.has_tasks() and self.disturb(kind, process)
        status = self.end(process)
        how = "alone" if was_running else "over before"
        assert was_running or status == 0, f"it ended by itself with {status}\n{self.log}"
        if status != 0:
            how, self.said = "resumed", self.log.strip().rpartition("\n")[2]
            runs = list(self.folder.glob("*/run.json"))
            self.on.mend()
            command = ["resume", "latest"] if runs else self.job.command
            status = self.end(self.begin([*command, "--on", self.on.address]))
        assert status == 0, f"{kind} after {after:.1f} s: exit {status}\n{self.log}"
        self.check()
        self.on.mend()
        return how

    def wait_for_tasks(self, process: subprocess.Popen[str]) -> None:
        while process.poll() is None and not self.has_tasks():
            time.sleep(0.02)

    def has_tasks(self) -> bool:
        return any(self.folder.glob("*/.cluster"))

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

    def disturb(self, kind: str, process: subprocess.Popen[str]) -> bool:
        """Kill or stop something; return whether there was something left to disturb."""
        if kind in ("head", "interrupt"):
            process.send_signal(signal.SIGKILL if kind == "head" else signal.SIGINT)
            return True
        if kind == "scheduler" or (kind == "node" and not self.on.nodes):
            victims = self.session(self.on.scheduler)
        elif kind == "node":
            victims = self.session(random.choice(self.on.nodes))
        else:
            victims = self.child_or_worker(kind)
        number = signal.SIGSTOP if kind.startswith("frozen") else signal.SIGKILL
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        return bool(victims)

    def child_or_worker(self, kind: str) -> list[int]:
        """Return a child process that trains, or its worker; at the beginning, wait until there is one."""
        children = self.on.processes("child_process")
        while self.has_tasks() and not children:
            time.sleep(0.02)
            children = self.on.processes("child_process")
        if not children:
            return []
        child = random.choice(children)
        return [parent_of(child) if kind.endswith("worker") else child]

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
        strange = [path for path in run.path.rglob(".*") if re.match(r"\.\d+@|\.cluster|\.claim", path.name)]
        assert not strange, f"left behind: {strange}"
        time.sleep(1)
        orphans = [pid for pid in self.on.processes("child_process") if parent_of(pid) == 1]
        assert not orphans, f"orphans: {orphans}"


def parent_of(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def reference(job: Job, folder: Path) -> dict:
    """Return the outcome of a local run in two processes."""
    extra = [] if job.name == "search" else ["--jobs", "2"]
    command = [sys.executable, "-m", "dlpy", *job.command, *extra, "--runs", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (run,) = (Run(path.parent) for path in folder.glob("*/run.json"))
    return outcome(run)


class Chaos:
    """Jobs with the files of their local runs and their durations on a cluster, and what was done so far."""

    def __init__(self, on: Cluster, place: Path, jobs: list[Job], seed: int) -> None:
        self.on, self.place, self.jobs, self.draw = on, place, jobs, random.Random(seed)
        self.references = {job.name: reference(job, place / f"local-{job.name}") for job in jobs}
        self.seconds = {job.name: self.undisturbed(job) for job in jobs}
        self.counts = Counter[tuple[str, str]]()

    def undisturbed(self, job: Job) -> float:
        trial = Trial(self.on, job, self.references[job.name], self.place / f"quiet-{job.name}")
        trial.disturbed("child", 1000)
        print(f"{job.name}: {trial.seconds:.1f} s on the cluster, to the same files", flush=True)
        return trial.seconds

    def disturb(self, number: int, kind: str) -> None:
        job = self.jobs[self.done(kind) % len(self.jobs)]
        after, began = self.draw.uniform(0, self.seconds[job.name]), time.monotonic()
        trial = Trial(self.on, job, self.references[job.name], self.place / f"run-{number}")
        how = self.ended(trial, kind, after)
        self.counts[kind, how] += 1
        if how == "over before":
            self.seconds[job.name] = trial.seconds
        took = time.monotonic() - began
        print(f"{number + 1}: {job.name}, {kind} after {after:.1f} s: {how}, {took:.0f} s  {trial.said}", flush=True)
        shutil.rmtree(trial.folder, ignore_errors=True)

    def ended(self, trial: Trial, kind: str, after: float) -> str:
        """Return how a run ended; one that failed is kept on disk, and the cluster is started anew."""
        try:
            return trial.disturbed(kind, after)
        except AssertionError as error:
            kept = Path(tempfile.mkdtemp(prefix="dlpy-chaos-failed-"))
            shutil.copytree(trial.folder, kept, symlinks=True, dirs_exist_ok=True)
            print(f"{error}\nThe run is kept in {kept}.", flush=True)
            self.on.start()
            return "FAILED"

    def done(self, kind: str) -> int:
        """Return how many runs were disturbed while they ran."""
        return sum(count for (own, how), count in self.counts.items() if own == kind and how != "over before")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", choices=["dask", "ray"])
    parser.add_argument("--times", type=int, default=20, help="disturbances of each kind")
    parser.add_argument("--minutes", type=float, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--jobs", nargs="+", default=["kfold", "search", "seeds"], help="only these")
    given = parser.parse_args()
    ends = time.monotonic() + 60 * given.minutes
    with tempfile.TemporaryDirectory(prefix="dlpy-chaos-") as place, cluster(given.engine) as on:
        jobs = large_jobs(Path(place)) if given.large else small_jobs(Path(place))
        jobs = [job for job in jobs if job.name in given.jobs]
        on.waits = given.engine == "dask"  # a node of Ray joins faster than the next command begins
        chaos, number = Chaos(on, Path(place), jobs, given.seed), 0
        while time.monotonic() < ends and (left := [kind for kind in given.kinds if chaos.done(kind) < given.times]):
            chaos.disturb(number, min(left, key=chaos.done))
            number += 1
    for (kind, how), count in sorted(chaos.counts.items()):
        print(f"{kind}, {how}: {count}")
    wrong = sum(count for (_, how), count in chaos.counts.items() if how == "FAILED")
    print(f"{number - wrong} of {number} runs ended with the files of a local run")


if __name__ == "__main__":
    main()
