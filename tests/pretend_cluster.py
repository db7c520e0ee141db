"""A cluster whose workers are threads of the test's process, with child processes as real workers have them.

It is found as one of an installed package: by an entry point of the group `dlpy.engines`.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from dlpy.cluster import address, worker
from dlpy.cluster.protocol import Cluster, Order, Worker
from dlpy.runs.how import Place

REPOSITORY = Path(__file__).parents[1]


class Pretend(Cluster):
    """Two workers; class attributes say what is wrong with them."""

    found: list[Worker] | None = None
    shares = True
    lost_before = 0  # workers that are lost with each task before it starts
    answers = True
    closed = 0

    def __init__(self, place: Place) -> None:
        self._orders: list[threading.Thread] = []

    def workers(self, probe: str, text: str) -> list[Worker]:
        if self.found is not None:
            return self.found
        own = [worker.described(f"worker {number}", probe, text) for number in (1, 2)]
        return own if self.shares else [Worker(one.name, one.versions, False) for one in own]

    def lacks(self) -> str | None:
        return None

    def share(self, content: bytes) -> bytes:
        return content

    def submit(self, order: Order, shared: Any, lost: Callable[[str], bool]) -> Future[bytes | None]:
        future = Future[bytes | None]()

        def work() -> None:
            for _ in range(self.lost_before):
                if not lost("its worker was lost"):
                    future.set_result(None)
                    return
            try:
                future.set_result(worker.run_order(order, shared, lambda: True))
            except Exception as error:
                future.set_exception(error)

        threading.Thread(target=work, daemon=True).start()
        return future

    def count(self) -> int | None:
        return 2 if self.answers else None

    def close(self) -> None:
        type(self).closed += 1


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> type[Pretend]:
    """The class of clusters at pretend://, for whose attributes the test may give other values."""
    own = type("OfTest", (Pretend,), {})
    monkeypatch.setattr(EntryPoint, "load", lambda point: own)
    point = EntryPoint("pretend", "tests.pretend_cluster:Pretend", address.GROUP)
    monkeypatch.setattr(address, "entry_points", lambda **named: [point])
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    yield own
    while worker._idle:
        worker._idle.pop().end()


def joined(run_path: str, *parts: str) -> str:
    """Return parts of a text, so that a test sees what a task returns."""
    return "+".join(parts)


def filled(run_path: str, name: str) -> bool:
    """Fill the folder of a task; return whether the run is where the test wrote it."""
    folder = Path(run_path) / "folds" / name
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text((Path(run_path) / "config.yaml").read_text())
    return (Path(run_path) / "here").exists()


def killed(run_path: str, times: int) -> str:
    """Kill the process of the task the first few times; the run's folder counts them."""
    mark = Path(run_path) / "killed"
    count = len(mark.read_text()) if mark.exists() else 0
    if count < times:
        mark.write_text("x" * (count + 1))
        os.kill(os.getpid(), signal.SIGKILL)
    return f"after {count}"


def frozen(run_path: str) -> str:
    """Freeze the process of the task the first time."""
    mark = Path(run_path) / "frozen"
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGSTOP)
    return "after that"


def slow(run_path: str, seconds: float) -> float:
    """Take this long."""
    time.sleep(seconds)
    return seconds


def refused(run_path: str) -> None:
    """Fail as a bug would."""
    raise ValueError("a bug")
