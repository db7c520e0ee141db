"""Starts the warm process: its private folder, its socket, and the import of TensorFlow and Keras."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dlpy.core import keras_backend
from dlpy.core.errors import RunError, SetupError, StorageError
from dlpy.warm import files
from dlpy.warm.location import is_possible, is_private, socket_path
from dlpy.warm.preload import preload
from dlpy.warm.process import Imported, WarmProcess
from dlpy.warm.surroundings import surroundings

DEFAULT_MINUTES = 30
MOST_MINUTES = 1440


def command(minutes: float) -> list[str]:
    """Return the command line of a warm process; `-P` keeps it from importing files of the working directory."""
    return [sys.executable, "-P", "-m", "dlpy.cli.warm_process", str(minutes)]


def start_in_background(minutes: float) -> None:
    """Start a warm process that outlives this one and its terminal; it ends at once if there is one already."""
    nothing = subprocess.DEVNULL
    subprocess.Popen(command(minutes), stdin=nothing, stdout=nothing, stderr=nothing, cwd="/", start_new_session=True)


def serve(minutes: float, prepare: Callable[[], None], run: Callable[[], None], ready: Callable[[Path], None]) -> None:
    """Be the warm process, until none of the user's commands has come for this long.

    Args:
        minutes: how long to wait for a command.
        prepare: imports what is above this module and takes a while.
        run: runs the command line of a process, and exits.
        ready: called with the path of the socket when commands can come.
    """
    path = socket_path()
    if not is_possible(path):
        raise SetupError(f"a warm process needs Linux and a short path to its socket, not {path}.")
    with _own_folder(path.parent):
        imported = _import_all(prepare)
        with _listening(path) as listener:
            ready(path)
            WarmProcess(listener, imported, minutes, run).serve(lambda: path.unlink(missing_ok=True))


@contextmanager
def _own_folder(place: Path) -> Iterator[None]:
    """Make the folder of the socket, and hold its lock: one warm process at a time."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.mkdir(mode=0o700, exist_ok=True)
        if not is_private(place):
            raise SetupError(f"{place} can be entered by others, or is not yours; remove it.")
        held = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise StorageError(f"cannot use {place}: {error.strerror}.") from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise RunError("a warm process is running, or starting; dlpy warm --status shows it.") from None
    try:
        yield
    finally:
        with suppress(OSError):
            place.rmdir()
        os.close(held)


def _import_all(prepare: Callable[[], None]) -> Imported:
    around, before = surroundings(), dict(os.environ)
    keras_backend.start()
    prepare()
    preload()
    if threading.active_count() > 1 or _uses_a_gpu():
        raise SetupError("TensorFlow has started threads or a GPU, so that this process cannot fork.")
    added = {name: value for name, value in os.environ.items() if before.get(name) != value}
    return Imported(around, files.imported(), added)


def _uses_a_gpu() -> bool:
    return any(_target(path).startswith(("/dev/nvidia", "/dev/kfd")) for path in Path("/proc/self/fd").iterdir())


def _target(path: Path) -> str:
    with suppress(OSError):
        return str(path.readlink())
    return ""


@contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    """Listen at a socket that only the user can open."""
    path.unlink(missing_ok=True)  # of a warm process that was killed
    with socket.socket(socket.AF_UNIX) as listener:
        before = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        listener.listen(16)
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)
