"""The process of a task: what it does about a worker that is frozen or gone."""

import os
import pickle
import queue
import signal
import time
from collections.abc import Iterator

import pytest

from dlpy.cluster import child_process
from dlpy.cluster.protocol import Outcome

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # their `SystemExit`


class Pipes:
    """Both ends of the connection to a worker, here held by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: queue.Queue[object] = queue.Queue()
        monkeypatch.setattr(child_process, "MISSING", 3)
        monkeypatch.setattr(child_process.time, "sleep", lambda seconds, sleep=time.sleep: sleep(seconds / 20))
        monkeypatch.setattr(child_process.os, "kill", lambda process, number: self.done.put((process, number)))
        monkeypatch.setattr(child_process.os, "_exit", self.end)
        source, sink = os.pipe()
        self.tasks = os.fdopen(sink, "wb")
        back, forth = os.pipe()
        self.outcomes = os.fdopen(back, "rb")
        self.connection = child_process.Connection(os.fdopen(source, "rb"), os.fdopen(forth, "wb"))

    def end(self, status: int) -> None:
        self.done.put(status)
        raise SystemExit(status)  # ends the thread

    def send(self, content: object) -> None:
        pickle.dump(content, self.tasks)
        self.tasks.flush()


@pytest.fixture
def pipes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipes]:
    found = Pipes(monkeypatch)
    yield found
    if not found.tasks.closed:
        found.tasks.close()  # before the end of a process is a real one again
        assert found.done.get(timeout=20) == 1


def test_a_worker_that_sends_no_signs_of_life_during_a_task_is_killed(pipes: Pipes) -> None:
    pipes.send((b"task", None))
    assert pipes.connection.next_task() == (b"task", None)
    assert pipes.done.get(timeout=20) == (os.getppid(), signal.SIGKILL)
    assert pipes.done.get(timeout=20) == 1


def test_a_worker_may_be_silent_between_tasks_and_is_told_of_life_within_one(pipes: Pipes) -> None:
    time.sleep(1)  # of the test, that is 20 of the process
    pipes.send((b"task", "package"))
    assert pipes.connection.next_task() == (b"task", "package")
    for _ in range(20):
        pipes.send(None)
        assert pickle.load(pipes.outcomes) == b""
    pipes.connection.give(Outcome("result"))
    found = b""
    while found == b"":
        found = pickle.load(pipes.outcomes)
    assert pickle.loads(found) == Outcome("result")
    assert pipes.done.empty()


def test_a_process_ends_with_its_worker(pipes: Pipes) -> None:
    pipes.tasks.close()
    assert pipes.done.get(timeout=20) == 1
