"""Tasks on a Ray cluster, through the Ray Client server that `ray start --head` starts on port 10001."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from dlpy.cluster.greeting import where_of
from dlpy.cluster.protocol import Cluster, Order, Worker
from dlpy.cluster.worker import described, run_order
from dlpy.core.errors import DlpyError, SetupError, in_one_line
from dlpy.core.patience import within
from dlpy.runs.how import Place

os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")  # else `uv run dlpy` would start workers by uv, too
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"  # else a call without a connection starts a cluster on this machine
warnings.filterwarnings("ignore", module=r"ray\.")  # what matters is an error
grpc: Any = import_module("grpc")
ray: Any = import_module("ray")  # an optional package, which type checkers need not find
exceptions: Any = import_module("ray.exceptions")
scheduling: Any = import_module("ray.util.scheduling_strategies")
client: Any = import_module("ray.util.client").ray

_CONNECT_SECONDS = 60  # Ray starts a process for each connection, which takes 3 s on an idle machine
_ATTEMPTS = 3
_ANSWER_SECONDS = 5
_DESCRIBE_SECONDS = 8  # a worker imports dlpy first
_LOST = (
    exceptions.WorkerCrashedError,
    exceptions.NodeDiedError,
    exceptions.OutOfMemoryError,
    exceptions.ObjectLostError,
    exceptions.RaySystemError,
    exceptions.LocalRayletDiedError,
)


class RayCluster(Cluster):
    """A connection to a Ray cluster. Its own retries are off: dlpy counts lost workers, and runs a task again."""

    def __init__(self, place: Place) -> None:
        self._place, self._refs = place, dict[Future[bytes | None], Any]()
        self._is_closed = False
        where = where_of(place.on)
        _require_client_server(place.on)
        logging.getLogger("ray").setLevel(logging.CRITICAL)
        try:
            within(_CONNECT_SECONDS, lambda: _connect(where))
        except Exception as error:
            hint = f"start one with: ray start --head --ray-client-server-port {where.rpartition(':')[2]}"
            wrong = in_one_line(error)
            raise SetupError(f"--on {place.on}: no Ray Client server answers there ({wrong}); {hint}.") from None
        options = {"num_gpus": place.gpus, "num_cpus": place.cpus, "memory": place.memory}
        given = {name: value for name, value in options.items() if value is not None}
        self._remote = ray.remote(max_retries=0, **given)(_run)

    def workers(self, probe: str, text: str) -> list[Worker]:
        with _connection():
            return within(_DESCRIBE_SECONDS + _ANSWER_SECONDS, lambda: self._described(probe, text))

    def _described(self, probe: str, text: str) -> list[Worker]:
        nodes = {node["NodeID"]: node["NodeManagerAddress"] for node in _nodes()}
        describe = ray.remote(num_cpus=0, max_retries=0)(described)
        refs = {}
        for number, address in nodes.items():
            there = scheduling.NodeAffinitySchedulingStrategy(number, soft=False)
            refs[describe.options(scheduling_strategy=there).remote(address, probe, text)] = address
        answered, silent = ray.wait(list(refs), num_returns=len(refs), timeout=_DESCRIBE_SECONDS)
        missing = [Worker(refs[ref], is_silent=True) for ref in silent]
        return missing + [_answer(ref, refs[ref]) for ref in answered]

    def lacks(self) -> str | None:
        with _connection():
            offered = [node["Resources"] for node in within(_ANSWER_SECONDS, _nodes)]
        asked = {"GPU": self._place.gpus, "CPU": self._place.cpus, "memory": self._place.memory}
        for name, needed in asked.items():
            if needed is not None and not any(resources.get(name, 0) >= needed for resources in offered):
                most = max(resources.get(name, 0) for resources in offered)
                return f"{_amount(name, needed)}: at most {_amount(name, most)} (see `ray status`)"
        return None

    def share(self, content: bytes) -> Any:
        with _connection():
            return ray.put(content)

    def submit(self, order: Order, shared: Any, lost: Callable[[str], bool]) -> Future[bytes | None]:
        outer = Future[bytes | None]()
        with _connection():
            self._start(order, shared, lost, outer)
        return outer

    def _start(self, order: Order, shared: Any, lost: Callable[[str], bool], outer: Future[bytes | None]) -> None:
        ref = self._remote.remote(order, shared)
        self._refs[outer] = ref

        def ended(done: Future[Any]) -> None:  # in the thread of the connection, which must stay free for calls
            threading.Thread(target=self._ended, args=(done, (order, shared, lost), outer), daemon=True).start()

        ref.future().add_done_callback(ended)

    def _ended(self, done: Future[Any], again: tuple[Any, Any, Any], outer: Future[bytes | None]) -> None:
        """Hand over the outcome of a task, or run it again where its worker was lost."""
        self._refs.pop(outer, None)
        try:
            outer.set_result(done.result())
        except _LOST as error:
            if self._is_closed or not again[2](f"its worker was lost ({type(error).__name__})"):
                outer.set_result(None)
            else:
                self._start(*again, outer)
        except exceptions.TaskCancelledError:
            outer.set_result(None)
        except BaseException as error:
            outer.set_exception(SetupError(f"a worker could not run the task: {in_one_line(error)}."))

    def count(self) -> int | None:
        with suppress(Exception):
            return within(_ANSWER_SECONDS, lambda: len(_nodes()))
        return None

    def close(self) -> None:
        self._is_closed = True
        with suppress(Exception):
            within(_ANSWER_SECONDS, self._cancel)
        with suppress(Exception):
            within(_ANSWER_SECONDS, ray.shutdown)

    def _cancel(self) -> None:
        for ref in [*self._refs.values()]:
            ray.cancel(ref, force=False)


@contextmanager
def _connection() -> Iterator[None]:
    """Raise ConnectionError where Ray tells in its own ways that the connection is lost."""
    try:
        yield
    except (OSError, DlpyError):
        raise
    except Exception as error:
        if isinstance(error, grpc.RpcError) or not client.is_connected():
            raise ConnectionError(in_one_line(error)) from error
        raise


def _amount(name: str, number: float) -> str:
    return f"{number / 1e9:.4g} GB of memory" if name == "memory" else f"{name}={number:g}"


def _require_client_server(address: str) -> None:
    """Raise SetupError where another server of Ray answers, for which Ray would wait for half a minute."""
    with grpc.insecure_channel(where_of(address)) as channel:
        ask = channel.unary_unary("/ray.rpc.RayletDriver/ClusterInfo")
        found = ask.future(b"", timeout=_ANSWER_SECONDS).exception()
    if found is not None and found.code() == grpc.StatusCode.UNIMPLEMENTED:
        raise SetupError(
            f"--on {address}: this is another port of Ray. Its Ray Client server listens at port 10001, unless "
            "`ray start --head` was given --ray-client-server-port."
        )


def _connect(where: str) -> None:
    """Connect; where Ray cannot start its process for the connection in time, as on a busy machine, try again."""
    for _ in range(_ATTEMPTS):
        with suppress(ConnectionAbortedError):
            ray.init(f"ray://{where}", log_to_driver=False, logging_level=50)
            return
    raise ConnectionAbortedError("Ray could not start a process for the connection")


def _nodes() -> list[dict[str, Any]]:
    """Return the nodes that are alive."""
    return [node for node in ray.nodes() if node["Alive"]]


def _answer(ref: Any, address: str) -> Worker:
    try:
        return ray.get(ref)
    except Exception as error:
        if isinstance(error, (*_LOST, exceptions.TaskUnschedulableError)):
            return Worker(address, is_silent=True)
        missing: Any = getattr(error, "cause", error) if isinstance(error, exceptions.RayTaskError) else error
        if isinstance(missing, ModuleNotFoundError):
            return Worker(address, error=f"it cannot import {missing.name}: install dlpy there")
        return Worker(address, error=in_one_line(error))


def _run(order: Order, package: bytes | None) -> bytes | None:
    """Run a task in a Ray worker; where Ray cancels it by KeyboardInterrupt, its process ends after a step."""
    return run_order(order, package, lambda: True)
