"""A warm process that imports nothing heavy and whose commands are a few lines of Python: for what is handed over."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.machine import wait_until

_REPOSITORY = Path(__file__).parents[2]
_PROCESS = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from dlpy.warm import start, files
from dlpy.warm.process import Imported
from dlpy.warm.surroundings import surroundings
start._import_all = lambda prepare: Imported(surroundings(), files.imported(), {"ADDED": "by an import"})
def run():
    exec(sys.argv[1])
start.serve(float(sys.argv[1]), lambda: None, run, lambda path: None)
"""
_COMMAND = """
import sys
from dlpy.warm.client import hand_over
reason = hand_over(sys.argv[1:])
print("not used:", reason)
"""


def heed_signals() -> None:
    """Let signals do what they do, which the process that runs the tests may ignore, as under nohup."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


class Light:
    """A light warm process, and commands for it."""

    def __init__(self, folder: Path, minutes: float = 5) -> None:
        self.folder = folder
        self.environment = os.environ | {"XDG_RUNTIME_DIR": str(folder), "PYTHONPATH": str(_REPOSITORY)}
        self.process = subprocess.Popen([sys.executable, "-P", "-c", _PROCESS, str(minutes)], env=self.environment)
        wait_until(self._answers)

    @property
    def socket(self) -> Path:
        return self.folder / "dlpy-warm" / "socket"

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            return connection.connect_ex(str(self.socket)) == 0

    def started(self, code: str, **options: object) -> subprocess.Popen[str]:
        """Start a command that executes some Python."""
        given: dict = {"env": self.environment, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        given |= {"preexec_fn": heed_signals} | options
        command = [sys.executable, "-c", _COMMAND, textwrap.dedent(code)]
        return subprocess.Popen(command, text=True, start_new_session=True, **given)

    def run(self, code: str, **options: object) -> tuple[int, str, str]:
        """Run a command; return exit status, standard output and standard error."""
        process = self.started(code, **options)
        out, err = process.communicate()
        return process.returncode, out, err

    def commands(self) -> list[int]:
        """Return the numbers of the processes that run commands."""
        number = self.process.pid
        return [int(each) for each in Path(f"/proc/{number}/task/{number}/children").read_text().split()]

    def end(self) -> None:
        self.process.terminate()
        assert self.process.wait() == 0
        assert [*self.folder.iterdir()] == []
