"""Runs a server until a signal ends it, and then answers what was asked before."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlpy.core import signals
from dlpy.core.errors import ConfigError, SetupError
from dlpy.core.processes import end_with_parent
from dlpy.runs.directory import Run
from dlpy.serve.limits import Limits
from dlpy.training.evaluate import Tell, silent

if TYPE_CHECKING:
    from types import FrameType

    import uvicorn
    from starlette.applications import Starlette

    from dlpy.serve.app import Beside

_JOB = "DLPY_SERVE_JOB"  # what a worker process serves, as JSON
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")  # names by which this machine calls itself
_BACKLOG = 2048


@dataclass(frozen=True)
class Job:
    """What is served, and where.

    runs: the directory of each run by the name that it is served by.
    """

    runs: dict[str, str]
    host: str
    port: int
    limits: Limits
    workers: int = 1


def require_installed() -> None:
    """Raise SetupError if the packages of a server are missing."""
    try:
        import starlette
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise SetupError(f"dlpy serve needs {error.name}: pip install 'dlpy[serve]'.") from None
    del starlette


def names_of(runs: Sequence[Run]) -> dict[str, str]:
    """Return the directory of each run by its experiment's name, or by its id where two have the same.

    Raises:
        ConfigError: a run is given twice.
    """
    twice = next((run for number, run in enumerate(runs) if run.path in {each.path for each in runs[:number]}), None)
    if twice is not None:
        raise ConfigError(f"run {twice.id} is given twice: leave one out.")
    names = [run.name for run in runs]
    return {run.name if names.count(run.name) == 1 else run.id: str(run.path) for run in runs}


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address.

    Raises:
        SetupError: the port is in use, or the host is none of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise SetupError(f"cannot listen on {in_address(host)}:{port}: {reason}. --port 0 takes a free one.") from None
    listening.set_inheritable(True)
    return listening


def worker(tell: Tell) -> Starlette:
    """Return the application of a worker process; its job is in the environment."""
    end_with_parent()
    content = json.loads(os.environ[_JOB])
    job = Job(**{**content, "limits": Limits(**content["limits"])})
    return app_for(job, tell, lambda: _told_when_listening(job, tell))


async def _told_when_listening(job: Job, tell: Tell) -> None:
    """Say that a worker is ready once a connection to the server succeeds; the workers share its socket."""
    while True:
        try:
            _, writer = await asyncio.open_connection(job.host, job.port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            tell(f"ready: worker {os.getpid()}")
            return


def app_for(job: Job, tell: Tell = silent, beside: Beside | None = None) -> Starlette:
    """Restore the runs of a job and return what answers requests to them; `beside` runs from its start on."""
    from dlpy.serve.app import Service, app_of
    from dlpy.serve.served_run import ServedRun

    runs = [ServedRun(name, Run(Path(path)), tell) for name, path in job.runs.items()]
    return app_of(Service(runs, job.limits, beside), hosts_of(job.host))


def hosts_of(host: str) -> list[str]:
    """Return the names that requests may call the server by; ["*"] if it is open to other machines.

    A page of another site can make a browser call this machine by that site's name, and is refused.
    """
    own = in_address(host)
    return [*dict.fromkeys((*_LOOPBACK, own))] if own in _LOOPBACK or own.startswith("127.") else ["*"]


def in_address(host: str) -> str:
    """Return a host as it stands in an address: [::1] for ::1."""
    return f"[{host}]" if ":" in host else host


def serve(job: Job, listening: socket.socket, application: str, tell: Tell = silent) -> None:
    """Serve a job on a socket until SIGINT or SIGTERM comes; requests that have come are still answered.

    Args:
        job: what to serve.
        listening: a socket that is bound to an address.
        application: the function that returns the `worker` of a process of its own, as "module:function".
        tell: shows what the user should know.

    Raises:
        DlpyError: a run cannot be restored.
    """
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    options: dict[str, Any] = {
        "log_config": None,
        "access_log": False,
        "backlog": _BACKLOG,
        "timeout_keep_alive": 15,
        "timeout_graceful_shutdown": max(1, round(job.limits.seconds)),
        "limit_concurrency": 4 * job.limits.queue,
        "server_header": False,
        "date_header": False,
        "ws": "none",
    }
    logging.getLogger("uvicorn").setLevel(logging.ERROR)  # what is no HTTP is no news
    signals.hand_over()
    if job.workers == 1:
        _server(uvicorn.Config(app_for(job, tell), **options), tell).run([listening])
        return
    os.environ[_JOB] = json.dumps(asdict(replace(job, port=listening.getsockname()[1])))
    config = uvicorn.Config(application, factory=True, workers=job.workers, **options)
    Multiprocess(config, [listening]).run()


def _server(config: uvicorn.Config, tell: Tell) -> uvicorn.Server:
    """Return a server that says when it listens, and ends without an error when a signal asks it to."""
    import uvicorn

    class Ending(uvicorn.Server):
        """A server that does not raise the signal again after it has ended, and ends at once at the second signal."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            tell("ready")

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            if self.should_exit:
                logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # that requests are cut off is what is asked
            super().handle_exit(sig, frame)

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
            try:
                yield
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)

    return Ending(config)
