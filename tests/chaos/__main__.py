"""Kills training at random moments, resumes it, and compares every byte with a run that was left alone.

    python -m tests.chaos --minutes 10

Families and executions take turns. A run is killed (-9), terminated, interrupted, or loses its disk (a small tmpfs that
is filled; only where one may be mounted), at a moment drawn from its whole duration, up to three times, and resumed
until it is done. With --warm, commands run in a warm process (`dlpy warm`), each side of which is killed too, and are
compared with commands that do not. The seed decides what is done; when exactly a process notices is up to the machine.
The first run that ends otherwise is left on disk and named.
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
import json
import math
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from dlpy.cli.main import run
from dlpy.core import keras_backend
from dlpy.runs.directory import Run
from tests import machine
from tests.chaos.cases import COMMANDS, DATA, FAMILIES, executions, write_data, write_experiment
from tests.chaos.warm import Warm, warm_process
from tests.plots_left_out import plots_left_out

SIGNALS = {"kill": signal.SIGKILL, "terminate": signal.SIGTERM, "interrupt": signal.SIGINT}
_STATUS = {"kill": -signal.SIGKILL, "terminate": 143, "interrupt": 130, "full disk": 6}
_WARM_STATUS = {"kill the command": -signal.SIGKILL, "kill the warm process": 128 + signal.SIGKILL}
_MOST = 3  # disturbances of one run
_DISK_BYTES = 24 << 20
_OF_THE_TIME = ("run.json", "report.html", "log.txt", ".lock", ".changes.lock")


@dataclass(frozen=True)
class Ended:
    """How a command ended: by itself, or by what was done to it."""

    status: int
    said: str
    seconds: float


def outcome(run: Run) -> dict[str, Any]:
    """Return all of a run that must not depend on whether it was interrupted: every file but those that tell of it."""
    paths = [path for path in run.path.rglob("*") if path.is_file() and path.name not in _OF_THE_TIME]
    names = {str(path.relative_to(run.path)): path for path in paths}
    links = {str(path.relative_to(run.path)): str(path.readlink()) for path in run.path.rglob("*") if path.is_symlink()}
    return links | {name: _content(path) for name, path in names.items() if name not in links}


def _content(path: Path) -> Any:
    """Return what a file says, without times and the run's own name."""
    if path.name == "metrics.csv":
        return [row[:1] + row[2:] for row in (line.split(",") for line in path.read_text().splitlines())]
    if path.name == "trials.jsonl":
        log = [{**json.loads(line), "seconds": None} for line in path.read_text().splitlines()]
        return sorted(log, key=lambda trial: trial["number"])
    if path.name == "result.json":
        return {**json.loads(path.read_text()), "seconds": None}
    if path.suffix == ".keras" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist() if name != "metadata.json"}
        return {name: re.sub(rb'"shared_object_id": \d+', b"", held) for name, held in members.items()}  # addresses
    return None if path.parent.name == "plots" else path.read_bytes()


def differences(want: dict[str, Any], got: dict[str, Any]) -> list[str]:
    """Return what is not the same in two outcomes."""
    return sorted(name for name in want.keys() | got.keys() if want.get(name) != got.get(name))


def command(folder: Path, *arguments: str) -> int:
    """Begin a `dlpy` command in a process of its own, with TensorFlow and matplotlib imported; return its number."""
    keras_backend.start()
    import_module("matplotlib.backends.backend_agg")
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let what runs in the background ignore it
    for number, name in ((1, "out.txt"), (2, "err.txt")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.argv = ["dlpy", *arguments]
    try:
        run()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else 0)
    os._exit(1)


def wait(child: int, folder: Path, seconds: float, disturb: Callable[[], object]) -> Ended:
    """Disturb a command so long after it began, unless it has ended, and return how it ended.

    A machine that becomes busy may let it take longer, up to a limit that only what hangs ever reaches.
    """
    began, disturbed = time.monotonic(), False
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        took = time.monotonic() - began
        if done:
            return Ended(os.waitstatus_to_exitcode(status), (folder / "err.txt").read_text(), took)
        if took > seconds + machine.seconds(60):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise AssertionError(f"a command in {folder} did not end")
        if not disturbed and took >= seconds:
            disturb()
            disturbed = True
        time.sleep(0.002)


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount a small tmpfs as `runs`; yields whether that was allowed."""
    runs = folder / "runs"
    runs.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    allowed = libc.mount(b"tmpfs", os.fsencode(runs), b"tmpfs", 0, f"size={_DISK_BYTES}".encode()) == 0
    try:
        yield allowed
    finally:
        if allowed:
            libc.umount2(os.fsencode(runs), 2)


def fill(folder: Path) -> None:
    """Leave no byte free on the small disk."""
    with (folder / "runs" / ".ballast").open("wb", buffering=0) as ballast:
        try:
            while ballast.write(b"\0" * (1 << 16)):
                pass
        except OSError:
            pass


class Chaos:
    """Runs that were left alone, by case, and those that were not."""

    def __init__(self, folder: Path, seed: int, kinds: list[str], warm: Warm | None = None) -> None:
        self._folder, self._random, self._kinds, self._warm = folder, random.Random(seed), kinds, warm
        self._command = command if warm is None else warm.begin
        self._alone: dict[tuple[str, str, int | None], tuple[dict[str, Any], float]] = {}
        self.done: Counter[str] = Counter()
        self.runs = 0
        write_data(folder)

    def _train_base(self) -> None:
        ended = wait(self._command(self._folder, "train", "base.yaml"), self._folder, 0, lambda: None)
        assert ended.status == 0, ended.said
        (run,) = (self._folder / "runs").iterdir()
        run.rename(self._folder / "base")

    def disturb(self, family: str, execution: str) -> list[str]:
        """Train a case, disturbed; return what is then otherwise than if it had been left alone."""
        case = (family, execution, self._random.choice([None, 5]))
        if "run:base" in repr(FAMILIES[family]) and not (self._folder / "base").exists():
            self._train_base()
        want, seconds = self._undisturbed(case)
        folder = self._place(case)
        with small_disk(folder) as full_disks:
            kinds = [kind for kind in self._kinds if kind != "full disk" or full_disks]
            ended = self._disturbed(folder, _begin(family), kinds, seconds)
            if ended.status != 0:
                return [f"its last command ended with {ended.status}: {ended.said}"]
            (path,) = (path for path in (folder / "runs").iterdir() if path.is_dir())
            found = differences(want, outcome(Run(path)))
            if found:
                shutil.copytree(folder / "runs", folder / "otherwise", symlinks=True)
        self.runs += 1
        if not found:
            shutil.rmtree(folder)
        return found

    def _disturbed(self, folder: Path, begin: list[str], kinds: list[str], seconds: float) -> Ended:
        for _ in range(self._random.randint(1, _MOST)):
            kind = self._random.choice(kinds)
            child = self._command(folder, *_next(folder, begin))
            ended = wait(child, folder, self._random.uniform(0.05, seconds), self._disturbance(kind, folder, child))
            (folder / "runs" / ".ballast").unlink(missing_ok=True)
            if ended.status == 0:
                return ended
            usual = (_STATUS | _WARM_STATUS)[kind]
            expected = usual if begun(folder) or ended.said else -SIGNALS.get(kind, 0)
            if ended.status not in (usual, expected) or "Traceback" in ended.said:
                return ended
            self.done[kind] += 1
        return wait(self._command(folder, *_next(folder, begin)), folder, 0, lambda: None)

    def _disturbance(self, kind: str, folder: Path, child: int) -> Callable[[], object]:
        if kind == "full disk":
            return partial(fill, folder)
        if kind in SIGNALS:
            return partial(os.kill, child, SIGNALS[kind])
        assert self._warm is not None
        return self._warm.kill if kind == "kill the warm process" else self._warm.kill_commands

    def _undisturbed(self, case: tuple[str, str, int | None]) -> tuple[dict[str, Any], float]:
        if case not in self._alone:
            self._alone[case] = self._left_alone(case, command if self._warm is None else self._warm.begin_cold)
            if self._warm is not None:
                got, seconds = self._left_alone(case, self._warm.begin)
                assert differences(self._alone[case][0], got) == [], f"{case} in a warm process"
                self._alone[case] = (got, seconds)
        return self._alone[case]

    def _left_alone(self, case: tuple[str, str, int | None], begin: Callable[..., int]) -> tuple[dict[str, Any], float]:
        folder = self._place(case)
        ended = wait(begin(folder, *_begin(case[0])), folder, 0, lambda: None)
        assert ended.status == 0, ended.said
        (path,) = (folder / "runs").iterdir()
        return outcome(Run(path)), ended.seconds

    def _place(self, case: tuple[str, str, int | None]) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="-".join(map(str, case)) + "-", dir=self._folder))
        for name in (*DATA, *(["base"] if (self._folder / "base").exists() else [])):
            (folder / name).symlink_to(self._folder / name)
        write_experiment(folder, *case)
        return folder


def _begin(family: str) -> list[str]:
    """Return the command that trains a family."""
    name, *options = COMMANDS.get(family, ["train"])
    return [name, "experiment.yaml", *options]


def _next(folder: Path, begin: list[str]) -> list[str]:
    """Return the command that goes on: what was killed before it was a run is begun again."""
    if any((path / "run.json").is_file() for path in begun(folder)):
        return ["resume", "latest"]
    for path in begun(folder):
        shutil.rmtree(path)
    return begin


def begun(folder: Path) -> list[Path]:
    """Return the run directories there are; none where a signal came before dlpy was there to hear it."""
    runs = folder / "runs"
    return [path for path in runs.iterdir() if path.is_dir()] if runs.is_dir() else []


def _turns(families: list[str]) -> Iterator[tuple[str, str]]:
    """Yield families and their executions without end: neighbours are executed in different ways, where they can be."""
    for begun in itertools.count():
        for number, family in enumerate(families, begun):
            yield family, executions(family)[number % len(executions(family))]


def main() -> int:
    """Do as the command line says; return 1 where a run ended otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__, allow_abbrev=False)
    parser.add_argument("--minutes", type=float, help="5 unless --disturbances are given")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--kinds", nargs="+", choices=_STATUS, default=list(_STATUS))
    parser.add_argument("--warm", action="store_true", help="commands run in a warm process, which is killed too")
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--disturbances", type=int, help="end after so many")
    parser.add_argument("--no-plots", action="store_true", help="draw no plots, which take half the time")
    options = parser.parse_args()
    os.environ |= {"DLPY_OFFLINE": "1", "DLPY_CACHE": "cache"}  # in each run's own folder: its data is read anew
    folder = Path(tempfile.mkdtemp(prefix="dlpy-chaos-"))
    plots = plots_left_out() if options.no_plots else nullcontext()
    with plots, warm_process() if options.warm else nullcontext() as warm:
        chaos = Chaos(folder, options.seed, options.kinds + (list(_WARM_STATUS) if warm else []), warm)
        print(f"seed {options.seed}, in {folder}", flush=True)
        if not _as_if_left_alone(chaos, options):
            return 1
    counts = ", ".join(f"{count} x {kind}" for kind, count in sorted(chaos.done.items()))
    print(f"{chaos.runs} runs, {counts or 'undisturbed'}: all as if they had been left alone")
    shutil.rmtree(folder)
    return 0


def _as_if_left_alone(chaos: Chaos, options: argparse.Namespace) -> bool:
    """Disturb runs for the time, or as often, as asked; return whether all ended as if they had been left alone."""
    minutes = options.minutes or (math.inf if options.disturbances else 5)
    until = time.monotonic() + 60 * minutes
    for family, execution in _turns(options.families):
        if time.monotonic() > until or chaos.done.total() >= (options.disturbances or math.inf):
            break
        found = chaos.disturb(family, execution)
        print(f"{family} in {execution}: {'OTHERWISE: ' + ', '.join(found) if found else 'the same'}", flush=True)
        if found:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
