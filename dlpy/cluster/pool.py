"""Runs the trainings of a run in processes of this machine or on a cluster: one function submits both."""

from __future__ import annotations

import pickle
import secrets
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Protocol

from dlpy.cluster.address import connected
from dlpy.cluster.archive import place_folders
from dlpy.cluster.check import gone, usable_workers
from dlpy.cluster.greeting import listens
from dlpy.cluster.package import package
from dlpy.cluster.progress import progress_of
from dlpy.cluster.protocol import Cluster, Order, Outcome, Task
from dlpy.core.environment import versions
from dlpy.core.errors import SetupError
from dlpy.core.processes import processes
from dlpy.runs.directory import PROBE, Run
from dlpy.runs.how import Place
from dlpy.storage.atomic import storage


class Shown(Protocol):
    """Shows lines, and how far the tasks on a cluster have come."""

    def notice(self, text: str) -> None:
        """Show a line."""

    def tasks_progress(self, text: str) -> None:
        """Show text in place of the last."""


Submit = Callable[[Callable[..., Any], tuple[Any, ...], Sequence[str]], Future[Any]]
_MOST_LOST = 3  # workers that a task may cost: it probably kills them
_ASK_SECONDS = 2.0
_MOST_SILENT = 3  # questions without an answer, until a cluster that still listens counts as gone


@contextmanager
def tasks_of(run: Run, jobs: int, option: str, show: Shown, place: Place | None = None) -> Iterator[Submit]:
    """Yield what runs `work(path of the run, *arguments)` where the run's trainings take place.

    It is given the work, the arguments and the folders that the work fills, and returns a future.

    Args:
        run: which holds the trainings; its record says where they take place.
        jobs: the number of tasks at a time.
        option: that sets it, for error messages.
        show: shows lines and progress.
        place: where the tasks run, unless where the record says.

    Raises:
        SetupError: a process was killed, or the cluster is gone.
    """
    place = run.record().place if place is None else place
    if place.is_local:
        with processes(jobs, option) as submit:
            yield lambda work, arguments, folders: submit(work, str(run.path), *arguments)
        return
    cluster = connected(place)
    try:
        with _probe(run) as token:
            pool = _Pool(run, cluster, jobs, show)
            pool.begin(place, token)
            try:
                yield pool.submit
            finally:
                pool.end()
    finally:
        cluster.close()


@contextmanager
def _probe(run: Run) -> Iterator[str]:
    """Write a file by which workers recognize the run, and remove it afterwards."""
    path, token = run.path / PROBE, secrets.token_hex(16)
    with storage(path):
        path.write_text(token, encoding="utf-8")
    try:
        yield token
    finally:
        path.unlink(missing_ok=True)


class _Pool:
    """The tasks of a run on a cluster: those that wait, run, were run again, and have ended."""

    def __init__(self, run: Run, cluster: Cluster, jobs: int, show: Shown) -> None:
        self._run, self._cluster, self._jobs, self._show = run, cluster, jobs, show
        self._token, self._shared, self._entry = "", None, dict[str, Any]()
        self._versions = versions()
        self._settings = tuple(sorted((run.record().settings or {}).items()))
        self._waiting: deque[tuple[Task, Future[Any]]] = deque()
        self._running: dict[Future[Any], Task] = {}
        self._ended = 0
        self._lost: Counter[str] = Counter()
        self._differences: dict[str, None] = {}
        self._lock, self._arrivals, self._is_over = threading.RLock(), threading.Lock(), threading.Event()

    def begin(self, place: Place, token: str) -> None:
        """Check the workers, send them what they cannot see, and watch the cluster from now on."""
        workers, silent = usable_workers(self._cluster, place, str(self._run.path.resolve() / PROBE), token)
        shares = all(worker.shares_storage for worker in workers)
        self._token = token
        try:
            self._shared = None if shares else self._cluster.share(package(self._run))
        except OSError as error:
            raise gone(place.on, error) from None
        self._entry = {"on": place.on, "workers": len(workers), "shared_storage": shares}
        storage_of = "shared storage" if shares else "storage of their own"
        left = f"; {', '.join(silent)} did not answer" if silent else ""
        self._show.notice(f"{place.on}: {len(workers)} workers with {storage_of}{left}")
        threading.Thread(target=self._watch, args=(place.on,), daemon=True).start()

    def end(self) -> None:
        """Record in run.json how often tasks were run again, and what differs on the workers."""
        self._is_over.set()
        entry = {**self._entry, "lost_workers": dict(self._lost), "differences": list(self._differences)}
        self._run.update(tasks=[*self._run.record().tasks, entry])

    def submit(self, work: Callable[..., Any], arguments: tuple[Any, ...], folders: Sequence[str]) -> Future[Any]:
        """Run a task as soon as fewer than the largest number run."""
        task = Task(work, str(self._run.path.resolve()), self._token, arguments, tuple(folders), self._versions)
        future = Future[Any]()
        with self._lock:
            self._waiting.append((task, future))
        self._fill()
        return future

    def _fill(self) -> None:
        """Hand tasks to the cluster up to the largest number."""
        with self._lock:
            while self._waiting and len(self._running) < self._jobs:
                task, future = self._waiting.popleft()
                self._running[future] = task
                self._start(task, future)

    def _start(self, task: Task, future: Future[Any]) -> None:
        order = Order(pickle.dumps(task), self._settings)
        try:
            inner = self._cluster.submit(order, self._shared, lambda reason: self._lose(task, reason))
        except OSError as error:
            _settle(future, None, gone(self._entry["on"], error))
            return
        inner.add_done_callback(lambda done: self._arrived(task, done, future))

    def _lose(self, task: Task, reason: str) -> bool:
        """Count a lost worker; return whether the task is run again."""
        name = task.folders[0]
        with self._lock:
            self._lost[name] += 1
            count = self._lost[name]
        again = count < _MOST_LOST
        line = f"{name}: {reason}; " + (f"retry {count} of {_MOST_LOST - 1}" if again else "given up")
        self._run.append_log(line)
        self._show.notice(line)
        return again

    def _arrived(self, task: Task, done: Future[bytes | None], future: Future[Any]) -> None:
        """Put the files of a task into the run, and pass its result on; start it again where its process was lost."""
        if future.done():
            return
        try:
            given = done.result()
            if given is None and self._is_given_up(task):
                raise self._given_up(task)
            if given is None:
                self._start_again(task, future)
                return
            outcome: Outcome = pickle.loads(given)
            self._take(task, outcome)
        except Exception as error:
            outcome = Outcome(error=error)
        with self._lock:
            self._running.pop(future, None)
            self._ended += 1
        _settle(future, outcome.result, outcome.error)
        self._fill()

    def _take(self, task: Task, outcome: Outcome) -> None:
        if outcome.files is not None:
            with self._arrivals:
                place_folders(outcome.files, self._run.path, task.folders)
        self._differences.update(dict.fromkeys(outcome.differences))

    def _start_again(self, task: Task, future: Future[Any]) -> None:
        if self._is_over.is_set():
            return
        if self._lose(task, "its process was killed"):
            self._start(task, future)
        else:
            _settle(future, None, self._given_up(task))

    def _is_given_up(self, task: Task) -> bool:
        return self._lost[task.folders[0]] >= _MOST_LOST

    def _given_up(self, task: Task) -> SetupError:
        hint = "it may need more memory than they have"
        return SetupError(f"{task.folders[0]}: {_MOST_LOST} workers were lost while they trained it; {hint}.")

    def _watch(self, address: str) -> None:
        """Fail all tasks when the cluster stops answering."""
        had, silent = 1, 0
        while not self._is_over.wait(_ASK_SECONDS):
            count = self._cluster.count()
            if self._is_over.is_set():
                return
            if count is None:
                silent += 1
                if silent < _MOST_SILENT and listens(address):  # it may be busy
                    continue
                self._fail(gone(address))
                return
            silent = 0
            if count == 0 and had:
                self._show.notice(f"{address}: no worker is left; waiting for one")
            had = count
            self._show.tasks_progress(self._progress())

    def _progress(self) -> str:
        with self._lock:
            running, waiting, ended = [*self._running.values()], len(self._waiting), self._ended
        return progress_of(self._run, running, waiting, ended)

    def _fail(self, error: SetupError) -> None:
        with self._lock:
            futures = [*self._running, *(future for _, future in self._waiting)]
            self._waiting.clear()
        for future in futures:
            _settle(future, None, error)


def _settle(future: Future[Any], result: Any, error: BaseException | None) -> None:
    """Give a future its result, unless it has one: two threads may know the end of a task."""
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
