"""Small clusters on this machine, started as a user would, whose processes can be named and are all ended."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARK = "DLPY_TEST_CLUSTER"  # environment variable of all processes of a cluster, and of the commands that use it


class Cluster:
    """Two workers of one engine; `nodes` are the processes that start workers, the scheduler's among them for Ray."""

    engine = ""

    def __init__(self, folder: Path) -> None:
        self.folder, self.token, self.port = folder, secrets.token_hex(8), free_port()
        self.environment = {**os.environ, MARK: self.token, "PYTHONPATH": str(Path.cwd()), "DLPY_OFFLINE": "1"}
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.nodes: list[subprocess.Popen[bytes]] = []

    @property
    def address(self) -> str:
        return f"{self.engine}://{self.host}:{self.port}"

    host = "127.0.0.1"
    waits = True  # for all workers, whenever some are started

    def start(self) -> None:
        raise NotImplementedError

    def start_node(self, number: int) -> subprocess.Popen[bytes]:
        """Start a node that joins the scheduler."""
        raise NotImplementedError

    def mend(self) -> None:
        """Start nodes in place of those that are gone, or everything if the scheduler is."""
        if self.scheduler is None or self.scheduler.poll() is not None:
            self.start()
            return
        gone = [place for place, node in enumerate(self.nodes) if node.poll() is not None]
        for place in gone:
            self.nodes[place] = self.start_node(place + 1)
        if gone:
            self.wait()

    def wait(self) -> None:
        if self.waits:
            wait_for_workers(self.address)

    def is_whole(self) -> bool:
        return all(process.poll() is None for process in [*filter(None, [self.scheduler]), *self.nodes])

    def popen(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / "cluster.log").open("ab") as log:
            return subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, start_new_session=True)

    def processes(self, part: str = "") -> list[int]:
        """Return the processes of this cluster whose command line has a part."""
        return [pid for pid in marked(self.token) if part in command_of(pid)]

    def stop(self) -> None:
        for process in [*self.nodes, *filter(None, [self.scheduler])]:
            process.terminate()
        until = time.monotonic() + 5
        while self.processes() and time.monotonic() < until:
            self.reap()
            time.sleep(0.1)
        while self.processes():  # a nanny may start another worker in between
            for pid in self.processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.reap()
            time.sleep(0.1)
        self.scheduler, self.nodes = None, []

    def reap(self) -> None:
        for process in [*self.nodes, *filter(None, [self.scheduler])]:
            process.poll()


class Dask(Cluster):
    engine = "dask"

    def start(self) -> None:
        self.stop()
        self.port = free_port()
        run = (sys.executable, "-m")
        where = ("--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard", "--no-show")
        self.scheduler = self.popen(*run, "distributed.cli.dask_scheduler", *where)
        self.nodes = [self.start_node(number) for number in (1, 2)]
        self.wait()

    def start_node(self, number: int) -> subprocess.Popen[bytes]:
        own = ("--local-directory", str(self.folder / f"worker{number}"), "--memory-limit", "0")
        options = ("--nthreads", "1", "--nworkers", "1", "--no-dashboard", *own)
        where = f"tcp://127.0.0.1:{self.port}"
        return self.popen(sys.executable, "-m", "distributed.cli.dask_worker", where, *options)


class Ray(Cluster):
    engine, host, inner = "ray", "127.0.0.2", 0

    def start(self) -> None:
        self.stop()
        self.port, self.inner = free_port(), free_port()
        own = ("--port", str(self.inner), "--ray-client-server-port", str(self.port), "--include-dashboard", "false")
        short = {"prefix": "dlpy-ray-", "dir": "/tmp"}  # paths of sockets have at most 107 letters
        self.sockets = tempfile.TemporaryDirectory(**short, ignore_cleanup_errors=True)
        self.environment |= {"RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0", "RAY_USAGE_STATS_ENABLED": "0"}
        self.scheduler = self.popen(*self.command("--head"), *own, "--temp-dir", self.sockets.name)
        wait_for_port(self.host, self.port)
        self.nodes = [self.start_node(1)]
        self.wait()

    def start_node(self, number: int) -> subprocess.Popen[bytes]:
        return self.popen(*self.command("--address", f"{self.host}:{self.inner}", address="127.0.0.3"))

    def command(self, *role: str, address: str | None = None) -> list[str]:
        ray = str(Path(sys.executable).with_name("ray"))
        own = ["--node-ip-address", address or self.host]
        usual = ["--num-cpus", "1", "--object-store-memory", "100000000", "--block"]
        return [ray, "start", *role, *own, *usual]


@contextmanager
def cluster(engine: str) -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="dlpy-cluster-", ignore_cleanup_errors=True) as folder:
        found = {"dask": Dask, "ray": Ray}[engine](Path(folder))
        try:
            found.start()
            yield found
        finally:
            found.stop()


def wait_for_workers(address: str, count: int = 2) -> None:
    """Wait until workers answer, as dlpy asks them, in a process of its own."""
    ask = f"""
import time
from dlpy.cluster.address import connected
from dlpy.runs.how import Place
cluster, until = connected(Place({address!r})), time.monotonic() + 60
while True:
    found = cluster.workers('', '')
    if len(found) == {count} and all(worker.error is None and not worker.is_silent for worker in found):
        break
    assert time.monotonic() < until, found
    time.sleep(0.2)
cluster.close()
"""
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, timeout=100, check=False)
        if done.returncode == 0:
            return
        time.sleep(1)
    raise TimeoutError(f"no {count} workers at {address}: {done.stderr[-500:]}")


def wait_for_port(host: str, port: int) -> None:
    for _ in range(120):
        with suppress(OSError), socket.create_connection((host, port), timeout=1):
            return
        time.sleep(0.5)
    raise TimeoutError(f"nothing listens at {host}:{port}")


def free_port() -> int:
    """Return a port that nothing listens at, outside those that Ray gives its workers."""
    for _ in range(1000):
        port = 7000 + secrets.randbelow(2900)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no free port")


def marked(token: str) -> list[int]:
    """Return the living processes that were started with the mark of a cluster."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            own = f"{MARK}={token}".encode()
            is_zombie = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            if own in (entry / "environ").read_bytes().split(b"\0") and not is_zombie:
                found.append(int(entry.name))
    return found


def command_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""
