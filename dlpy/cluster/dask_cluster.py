"""Tasks on a Dask cluster: `dask scheduler` and `dask worker --nthreads 1`, or what starts these for you."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from importlib import import_module
from typing import Any

from dlpy.cluster.greeting import where_of
from dlpy.cluster.protocol import Cluster, Order, Worker
from dlpy.cluster.worker import described, run_order
from dlpy.core.errors import SetupError, in_one_line
from dlpy.core.patience import within
from dlpy.runs.how import Place

dask: Any = import_module("dask")  # an optional package, which type checkers need not find
distributed: Any = import_module("distributed")

_CONNECT_SECONDS = 4
_ANSWER_SECONDS = 4
_DESCRIBE_SECONDS = 8  # a worker imports dlpy first
_CLOSE_SECONDS = 2
_RESOURCES = {"gpus": "GPU", "cpus": "CPU", "memory": "MEMORY"}


class DaskCluster(Cluster):
    """A connection to a Dask scheduler.

    Dask runs a task again whose worker is lost; how often is known from events that tasks send when they start.
    """

    def __init__(self, place: Place) -> None:
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # its messages are no lines for users
        self._place, self._where = place, where_of(place.on)
        self._topic = f"dlpy-{uuid.uuid4().hex}"
        self._started: dict[str, int] = {}
        self._lost: dict[str, Callable[[str], bool]] = {}
        self._futures: dict[str, Any] = {}
        self._lock = threading.Lock()
        try:
            within(_ANSWER_SECONDS, lambda: asyncio.run(_require_scheduler(f"tcp://{self._where}")))
            self._client = within(_CONNECT_SECONDS, self._connected)
        except Exception as error:
            hint = f"start one with: dask scheduler --port {self._where.rpartition(':')[2]}"
            wrong = in_one_line(error)
            raise SetupError(f"--on {place.on}: no Dask scheduler answers there ({wrong}); {hint}.") from None
        self._client.subscribe_topic(self._topic, self._task_starts)

    def _connected(self) -> Any:
        with dask.config.set({"distributed.comm.timeouts.connect": f"{_CONNECT_SECONDS}s"}):
            return distributed.Client(f"tcp://{self._where}", timeout=_CONNECT_SECONDS, set_as_default=False)

    def workers(self, probe: str, text: str) -> list[Worker]:
        addresses = list(self._scheduler_info()["workers"])
        there = {"workers": addresses, "on_error": "return"}
        try:
            ask = self._client.run
            answers: dict[str, Any] = within(_DESCRIBE_SECONDS, lambda: ask(_described, probe, text, **there))
        except TimeoutError:
            return [Worker(address, is_silent=True) for address in self._silent() or addresses]
        silent = [Worker(address, is_silent=True) for address in addresses if address not in answers]
        return silent + [_worker(address, answer) for address, answer in answers.items()]

    def _silent(self) -> list[str]:
        """Return the workers that the scheduler has not heard of lately."""
        found = self._scheduler_info()["workers"].items()
        return [address for address, worker in found if time.time() - worker["last_seen"] > _DESCRIBE_SECONDS / 2]

    def lacks(self) -> str | None:
        offered = [worker["resources"] for worker in self._scheduler_info()["workers"].values()]
        for name, needed in self._needed().items():
            if not any(resources.get(name, 0) >= needed for resources in offered):
                return f"{name}={needed:g}: start workers with: dask worker --resources '{name}={needed:g}'"
        return None

    def share(self, content: bytes) -> Any:
        key = f"dlpy-package-{hashlib.sha256(content).hexdigest()}"
        return self._client.submit(bytes, content, key=key, pure=True)  # unlike scattered data, it survives its worker

    def submit(self, order: Order, shared: Any, lost: Callable[[str], bool]) -> Future[bytes | None]:
        key, outer = f"dlpy-{uuid.uuid4().hex}", Future[bytes | None]()
        with self._lock:
            self._lost[key], self._started[key] = lost, 0
        options = {"key": key, "pure": False, "resources": self._needed() or None}
        future = self._client.submit(_run, self._topic, order, shared, **options)
        with self._lock:
            self._futures[key] = future
        future.add_done_callback(lambda done: self._ended(key, done, outer))
        return outer

    def count(self) -> int | None:
        with suppress(Exception):
            return len(self._scheduler_info()["workers"])
        return None

    def close(self) -> None:
        with self._lock:
            left = [*self._futures.values()]
        with suppress(Exception):
            within(_CLOSE_SECONDS, lambda: self._client.cancel(left, force=True))
        with suppress(Exception):
            within(_CLOSE_SECONDS, lambda: self._client.close(timeout=_CLOSE_SECONDS))

    def _scheduler_info(self) -> dict[str, Any]:
        ask = self._client.sync
        return within(_ANSWER_SECONDS, lambda: ask(self._client.scheduler.identity, callback_timeout=_ANSWER_SECONDS))

    def _needed(self) -> dict[str, float]:
        asked = {name: getattr(self._place, option) for option, name in _RESOURCES.items()}
        return {name: float(value) for name, value in asked.items() if value is not None}

    def _task_starts(self, event: tuple[Any, Any]) -> None:
        """Count the starts of a task: all but the first follow the loss of a worker."""
        key = event[1]["key"]
        with self._lock:
            self._started[key] = self._started.get(key, 0) + 1
            count, lost = self._started[key], self._lost.get(key)
        if count > 1 and lost is not None and not lost("its worker was lost"):
            self._futures[key].cancel(force=True)

    def _ended(self, key: str, done: Any, outer: Future[bytes | None]) -> None:
        """Hand over the outcome of a task; Dask calls this in a thread of its own."""
        with self._lock:
            self._futures.pop(key, None)
        try:
            outer.set_result(done.result(timeout=_ANSWER_SECONDS))
        except (distributed.KilledWorker, CancelledError):
            outer.set_result(None)
        except Exception as error:
            outer.set_exception(SetupError(f"a worker could not run the task: {in_one_line(error)}."))
        done.release()


async def _require_scheduler(address: str) -> None:
    """Raise an error where no Dask scheduler answers; a client would leave its threads behind."""
    comm = await distributed.core.connect(address, timeout=_ANSWER_SECONDS)
    try:
        await comm.write({"op": "identity", "reply": True})
        answer = await comm.read()
        if answer["type"] != "Scheduler":
            raise ValueError(f"it is a {answer['type'].lower()}")
    finally:
        comm.abort()


def _described(probe: str, text: str, dask_worker: Any) -> Worker:
    """Return the description of a worker, which Dask passes under this name."""
    return described(dask_worker.address, probe, text)


def _worker(address: str, answer: Any) -> Worker:
    if isinstance(answer, Worker):
        return answer
    if isinstance(answer, ModuleNotFoundError):
        return Worker(address, error=f"it cannot import {answer.name}: install dlpy there")
    if isinstance(answer, Exception):
        return Worker(address, error=in_one_line(answer))
    return Worker(address, is_silent=True)


def _run(topic: str, order: Order, package: bytes | None) -> bytes | None:
    """Run a task for a Dask worker, until Dask no longer wants it."""
    worker = distributed.get_worker()
    key = str(worker.get_current_task())
    worker.log_event(topic, {"key": key})

    def is_wanted() -> bool:
        state = worker.state.tasks.get(key)
        return (
            worker.status == distributed.Status.running
            and state is not None
            and state.state in ("executing", "long-running")
        )

    return run_order(order, package, is_wanted)
