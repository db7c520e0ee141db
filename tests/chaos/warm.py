"""A warm process for chaos: commands that run in it, the same commands without it, and kills of either side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dlpy.warm.start import command as warm_command
from tests.machine import wait_until

_ROOT = Path(__file__).parents[2]


class Warm:
    """A warm process of its own, begun again whenever it was killed."""

    def __init__(self, minutes: float = 10) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dlpy-warm-"))
        self.environment = os.environ | {"XDG_RUNTIME_DIR": str(self.folder), "PYTHONPATH": str(_ROOT)}
        self._minutes = minutes
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self.folder / "dlpy-warm" / "socket"

    @property
    def number(self) -> int:
        """The number of the warm process."""
        assert self._process is not None
        return self._process.pid

    def ensure(self) -> None:
        """Start the warm process, unless there is one."""
        if self._process is not None and self._process.poll() is None:
            return
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(warm_command(self._minutes), env=self.environment, stdout=subprocess.DEVNULL)
        wait_until(self.socket.exists)

    def begin(self, folder: Path, *arguments: str) -> int:
        """Begin a command that runs in the warm process; return the number of its own process."""
        self.ensure()
        return self._begin(folder, arguments, self.environment)

    def begin_cold(self, folder: Path, *arguments: str) -> int:
        """Begin a command that does not run in the warm process; return the number of its process."""
        return self._begin(folder, arguments, self.environment | {"DLPY_WARM": "0"})

    def children(self) -> list[int]:
        """Return the numbers of the processes that run commands."""
        found = Path(f"/proc/{self.number}/task/{self.number}/children").read_text()
        return [int(number) for number in found.split()]

    def kill_commands(self) -> None:
        """Kill what runs in the warm process."""
        for child in self.children():
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def kill(self) -> None:
        """Kill the warm process."""
        os.kill(self.number, signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def end(self) -> None:
        """Stop the warm process, and check that nothing of it is left."""
        self.ensure()
        os.kill(self.number, signal.SIGTERM)
        assert self._process is not None
        assert self._process.wait() == 0
        assert [*self.folder.iterdir()] == []
        self.folder.rmdir()

    def _begin(self, folder: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> int:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            os.chdir(folder)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for number, name in ((1, "out.txt"), (2, "err.txt")):
                os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            os.execve(sys.executable, [sys.executable, "-m", "dlpy", *arguments], environment)
        return child


@contextmanager
def warm_process() -> Iterator[Warm]:
    """Start a warm process; at the end, stop it and check that nothing is left of it."""
    warm = Warm()
    try:
        warm.ensure()
        yield warm
    finally:
        warm.end()
