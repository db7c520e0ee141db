"""`dlpy` commands in processes of their own, for what cannot be seen from within one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.machine import seconds

_REPOSITORY = Path(__file__).parents[1]
# tests may have been started in the background by a shell, which lets those ignore Ctrl-C
_CODE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from dlpy.cli.main import run; run()"


def interpreted(code: str) -> list[str]:
    """Return the lines that code prints in an interpreter of its own, which finds dlpy."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=_REPOSITORY, capture_output=True, text=True, timeout=seconds(60), check=True
    )
    return done.stdout.splitlines()


def started(*arguments: object) -> subprocess.Popen[str]:
    """Return a `dlpy` in a process group of its own."""
    command = [sys.executable, "-c", _CODE, *map(str, arguments)]
    path = os.pathsep.join([str(_REPOSITORY), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path, "DLPY_OFFLINE": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment, start_new_session=True)
