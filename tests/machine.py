"""How long to wait for what should end: limits that grow with how slow this machine is, or how busy."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache

_USUAL = 0.15  # seconds that an interpreter takes to start and import numpy where two cores are free
_MARGIN = 5.0  # the machine may become busier than it was when it was measured


@cache
def _slowness() -> float:
    """Return how many times longer than usual a fixed piece of work takes, at least 1; measured once."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import numpy"], check=True)
    return max(1.0, (time.monotonic() - began) / _USUAL)


def seconds(usual: float) -> float:
    """Return a limit for what takes at most so many seconds on a free machine; only what hangs ever reaches it."""
    return usual * _MARGIN * _slowness()


def wait_until(condition: Callable[[], bool], usual: float = 60) -> None:
    """Wait for what another process or thread is to bring about."""
    end = time.monotonic() + seconds(usual)
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("nothing happened")
        time.sleep(0.01)
