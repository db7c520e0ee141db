"""The entry point of the script `dlpy`; it handles Ctrl-C while the modules of the command line are imported."""

from __future__ import annotations

import gc
import os
import signal
import sys

_HEAVY = (  # commands that import Keras, or draw
    ("train",), ("resume",), ("evaluate",), ("predict",), ("calibrate",), ("kfold",), ("search",), ("ensemble",),
    ("generate",), ("explain",), ("export",), ("plot",), ("report",), ("show", "model"),
)  # fmt: skip
_HELP = {"--help", "-h"}
NEW_OBJECTS = 100_000  # between two collections of garbage; Python's 700 takes a tenth of a short command


def run() -> None:
    """Run the command line of this process."""
    gc.set_threshold(NEW_OBJECTS)
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(128 + number))
    arguments = sys.argv[1:]
    words = tuple(each for each in arguments if not each.startswith("-"))
    is_heavy = words[:1] in _HEAVY or words[:2] in _HEAVY
    minutes = _run_warm(arguments) if is_heavy and not _HELP & {*arguments} else 0
    from dlpy.core import timing
    from dlpy.core.ending import flush, status_of

    timing.begin()
    from dlpy.cli.main import run as run_command

    try:
        status = status_of(run_command)
    finally:
        if minutes:
            from dlpy.warm.start import start_in_background

            start_in_background(minutes)
    flush()
    os._exit(status)


def _run_warm(arguments: list[str]) -> float:
    """Run a command in the warm process, if there is one that can; else return the minutes of one to start, or 0."""
    given = os.environ.get("DLPY_WARM", "")
    try:
        minutes = float(given or 0)
        if not 0 <= minutes <= 1440:
            raise ValueError
    except ValueError:
        sys.stderr.write(f"error: $DLPY_WARM is {given!a}; give minutes, up to 1440, or 0 for no warm process.\n")
        sys.exit(2)
    if given and not minutes:
        return 0
    from dlpy.warm.client import hand_over

    reason = hand_over(arguments)
    if reason:
        sys.stderr.write(f"the warm process is not used: {reason}\n")
    return 0 if reason else minutes
