"""Plots drawn by a process beside the training: the same files and notices, and nothing left of it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dlpy.core import own_process
from dlpy.drawing import process
from dlpy.drawing.process import draw_all
from tests.machine import wait_until

pytestmark = pytest.mark.slow

LOSS = {"loss": [0.9, 0.5, 0.4], "val_loss": [0.8, 0.6, 0.7]}
_CODE = """
import fcntl, os, signal, sys, time
from pathlib import Path
from dlpy.core import own_process
from dlpy.drawing import by_two, process
from dlpy.runs.directory import Run
from dlpy.storage import atomic

fork, forks = os.fork, []

def no_process():
    raise BlockingIOError

def one_process():
    if forks:
        no_process()
    forks.append(1)
    return fork()

def interrupt(notice):
    raise KeyboardInterrupt

what, run = sys.argv[1], Run(Path(sys.argv[2]))
if what == "one processor":
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
if what == "no more processes":
    os.fork = no_process
if what == "one more process":
    os.fork = one_process
if what == "fork killed":
    by_two._be = lambda *given: os.kill(os.getpid(), signal.SIGKILL)
if what == "children are not waited for":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
own_process.claim()
lock = (run.path / "lock").open("w")
fcntl.flock(lock, fcntl.LOCK_EX)
process.begin()
lock.close()
assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()
number = process._current.number if process._current else None
if what == "killed":
    os.kill(number, signal.SIGKILL)
    (run.plots / f".{number}@{atomic._machine()}-half.png").write_text("")
if what == "interrupted":
    try:
        process.draw_all(run, interrupt)
    except KeyboardInterrupt:
        run.log.unlink(missing_ok=True)
if what == "asleep":
    print(number, flush=True)
    time.sleep(600)
process.draw_all(run, print)
print("matplotlib" in sys.modules, number is None)
with (run.path / "lock").open() as lock:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the process that draws does not hold it
process.end()
"""


def begun(what: str, run: Path) -> subprocess.Popen[str]:
    """Return a process that draws a run as a command would."""
    command = [sys.executable, "-c", _CODE, what, str(run)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(what: str, run: Path) -> list[str]:
    """Return the lines that it prints."""
    out, err = begun(what, run).communicate()
    assert err == ""
    return out.splitlines()


def content(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (run / "plots").iterdir()}


@pytest.fixture
def drawn(make_run):
    """A run and its plots, drawn in this process and removed."""
    run = make_run().task("binary").metrics(LOSS).predictions([0, 1, 1], [[0.1], [0.8], [0.4]], "test").run
    draw_all(run, print)
    plots = content(run.path)
    assert len(plots) > 2
    for path in run.plots.iterdir():
        path.unlink()
    return run.path, plots


@pytest.mark.parametrize(
    ("what", "loads_matplotlib", "draws_itself"),
    [
        ("usual", False, False),
        ("killed", True, False),
        ("children are not waited for", False, False),
        ("one processor", True, True),
        ("no more processes", True, True),
        ("one more process", False, False),
        ("fork killed", True, False),
    ],
)
def test_the_files_are_the_same(drawn, what, loads_matplotlib, draws_itself):
    if what != "one processor" and len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one processor")
    run, plots = drawn
    assert ended(what, run) == [f"{loads_matplotlib} {draws_itself}"]
    assert content(run) == plots


@pytest.mark.parametrize("what", ["usual", "interrupted"])
def test_plots_that_fail_are_told_and_logged(make_run, what):
    run = make_run().task("binary").metrics(LOSS).run
    (run.path / "predictions.npz").write_text("no arrays")
    told: list[str] = []
    draw_all(run, told.append)
    log = run.log.read_text()
    run.log.unlink()
    assert sorted(ended(what, run.path)[:-1]) == sorted(told)
    assert log.count("Traceback") == run.log.read_text().count("Traceback") == len(told)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor")
def test_it_dies_with_the_command(make_run):
    command = begun("asleep", make_run().metrics(LOSS).run.path)
    assert command.stdout is not None
    number = int(command.stdout.readline())
    assert is_alive(number)
    command.send_signal(signal.SIGKILL)
    command.wait()
    wait_until(lambda: not is_alive(number))


def is_alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_program_that_imports_dlpy_is_not_forked():
    assert not own_process.is_claimed()
    process.begin()
    assert process._current is None
