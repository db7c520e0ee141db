"""The program of a child process: it runs tasks from standard input until that is closed."""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
import time
import traceback
from functools import cache
from pathlib import Path
from typing import IO, Any

from dlpy.cluster.child import MISSING
from dlpy.cluster.package import folders_of_package
from dlpy.cluster.protocol import Outcome, Task
from dlpy.cluster.versions import other_versions
from dlpy.cluster.worker import holds
from dlpy.core import signals
from dlpy.core.environment import environment
from dlpy.core.errors import DlpyError, SetupError, UnavailableError, in_one_line
from dlpy.core.registry import plugin_failure
from dlpy.runs.directory import PROBE, Run


class Connection:
    """To the worker of this process: tasks come from it, and signs of life while one runs.

    Args of an instance:
        tasks: what the worker sends. outcomes: where what goes to the worker is written.
    """

    def __init__(self, tasks: IO[bytes], outcomes: IO[bytes]) -> None:
        self._source, self._outcomes, self._process = tasks, outcomes, os.getppid()
        self._tasks: queue.Queue[tuple[bytes, str | None]] = queue.Queue()
        self._sending, self._is_busy, self._is_heard = threading.Lock(), threading.Event(), threading.Event()
        for work in (self._receive, self._watch):
            threading.Thread(target=work, daemon=True).start()

    def next_task(self) -> tuple[bytes, str | None]:
        """Return a task, and the path of its package."""
        found = self._tasks.get()
        self._is_busy.set()
        return found

    def give(self, outcome: Outcome) -> None:
        """Send the outcome of a task."""
        self._is_busy.clear()
        self._send(pickle.dumps(outcome))

    def _send(self, content: bytes) -> None:
        with self._sending:
            pickle.dump(content, self._outcomes)
            self._outcomes.flush()

    def _receive(self) -> None:
        """Pass tasks on; end the process as soon as its worker is gone, however that ended."""
        while True:
            try:
                found = pickle.load(self._source)
            except (EOFError, OSError, pickle.UnpicklingError):
                os._exit(1)
            self._is_heard.set()
            if found is not None:
                self._tasks.put(found)

    def _watch(self) -> None:
        """Send signs of life during a task; kill a worker that sends none: only then is the task run elsewhere."""
        missing = 0
        while True:
            time.sleep(1)
            missing = missing + 1 if self._is_busy.is_set() and not self._is_heard.is_set() else 0
            self._is_heard.clear()
            if missing >= MISSING and os.getppid() == self._process:
                os.kill(self._process, signal.SIGKILL)
                os._exit(1)
            if self._is_busy.is_set():
                self._send(b"")


def main() -> None:
    """Run tasks in this process; what they print is lost, since standard output carries the outcomes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the worker's terminal: the worker decides
    signals.listen_once()
    outcomes = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    worker = Connection(sys.stdin.buffer, outcomes)
    while True:
        task, package = worker.next_task()
        try:
            worker.give(outcome_of(task, package))
        except signals.Stopped as stop:
            os._exit(128 + stop.number)


def outcome_of(pickled: bytes, package: str | None) -> Outcome:
    """Return the outcome of a task; errors are part of it.

    Args:
        pickled: the task.
        package: the path of the run in this machine's cache, if the storage is not shared.
    """
    try:
        task: Task = pickle.loads(pickled)
        wrong = other_versions(_here()["versions"], task.versions)  # this worker may have joined after the check
        if wrong is not None:
            raise SetupError(wrong)
        run = Run(Path(task.run))
        shares = holds(run.path / PROBE, task.token)
        if not shares and package is None:
            raise SetupError(f"it does not see {run.path}, as other workers do: give all workers the same storage.")
        run = run if shares or package is None else Run(Path(package))
        result = task.work(str(run.path), *task.arguments)
        return Outcome(result, None, None if shares else folders_of_package(run, task.folders), differences(run))
    except signals.Stopped:
        raise
    except (Exception, SystemExit) as error:
        return Outcome(error=_that_travels(error))


@cache
def _here() -> dict[str, Any]:
    """Return the environment of this process, which takes a while to find out."""
    return environment()


def differences(run: Run) -> list[str]:
    """Return a line for each thing that affects results and is different here from where a run was started."""
    record, here = run.record(), _here()
    pairs = [(name, getattr(record, name), here[name]) for name in ("device", "threads", "settings")]
    own = here["host"]
    return [f"{name}: {then}, on {own} {now}" for name, then, now in pairs if then is not None and then != now]


def _that_travels(error: BaseException) -> BaseException:
    """Return an error that another machine can read; of a bug, its traceback comes along as text."""
    known: Any = plugin_failure(error) or error
    if isinstance(known, SetupError | UnavailableError):  # of this machine
        return type(known)(f"worker on {_here()['host']}: {known}")
    if isinstance(known, DlpyError):
        return known
    text = "".join(traceback.format_exception(error))
    return RuntimeError(f"{in_one_line(error)}\non a worker:\n{text}")


if __name__ == "__main__":
    main()
