"""The entry point of the script `dlpy`; it handles Ctrl-C while the modules of the command line are imported."""

from __future__ import annotations

import os
import signal


def run() -> None:
    """Run the command line of this process."""
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(128 + number))
    from dlpy.core import timing

    timing.begin()
    from dlpy.cli.main import run as run_command

    run_command()
