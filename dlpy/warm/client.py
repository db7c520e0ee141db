"""What a command does to run in the warm process: it hands everything over, forwards signals, and waits.

It imports next to nothing, since that is the point.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from dlpy.warm import messages
from dlpy.warm.location import connected
from dlpy.warm.surroundings import surroundings

FORWARDED = (
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTSTP,
    signal.SIGCONT,
)  # fmt: skip
_KILLED = 128 + signal.SIGKILL


def hand_over(arguments: list[str]) -> str | None:
    """Run a command in the warm process, and end this process as the command ends.

    Returns:
        Why there is a warm process and it cannot run the command; an empty text if there is none.
    """
    connection = connected()
    if connection is None:
        return ""
    try:
        files = _inherited_files()
        if not {0, 1, 2} <= set(files) or len(files) >= messages.MOST_FILES:
            return "a standard stream is closed, or too many files are open."
        refusal = _asked(connection, arguments, files)
    except (OSError, ValueError):
        return "it does not answer."
    if refusal is None:
        _follow(connection)
    return refusal


def request(content: dict[str, Any]) -> tuple[socket.socket, dict[str, Any]] | None:
    """Return the answer of the warm process to a request, and the connection; None if there is no such process."""
    connection = connected()
    if connection is None:
        return None
    try:
        messages.send(connection, content)
        return connection, messages.receive(connection)[0]
    except (OSError, ValueError):
        return None


def _asked(connection: socket.socket, arguments: list[str], files: list[int]) -> str | None:
    """Send the command; return why it is refused, or None."""
    folder = os.open(".", os.O_PATH)
    content = {
        "request": "run",
        "surroundings": surroundings(),
        "arguments": arguments,
        "variables": dict(os.environ),
        "path": sys.path,
        "files": files,
        "umask": _umask(),
        "ignored": [number for number in FORWARDED if signal.getsignal(number) == signal.SIG_IGN],
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    }
    try:
        messages.send(connection, content, [folder, *files])
    finally:
        os.close(folder)
    return messages.receive(connection)[0]["refusal"]


def _follow(connection: socket.socket) -> None:
    """Let the command begin, forward signals to it, and end as it ends."""
    woken, waking = socket.socketpair()
    waking.setblocking(False)
    signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
    for number in FORWARDED:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, frame: None)
    try:
        connection.sendall(b"\0")
        while connection not in select.select([connection, woken], [], [])[0]:
            _forward(connection, woken.recv(64))
        ended = messages.receive(connection)[0]
    except OSError:  # the warm process is gone, and the command with it
        os.write(2, b"the warm process was killed, and this command with it.\n")
        os._exit(_KILLED)
    _end(ended["status"])


def _forward(connection: socket.socket, numbers: bytes) -> None:
    for number in numbers:
        connection.sendall(bytes([number]))
        if number == signal.SIGTSTP:
            signal.raise_signal(signal.SIGSTOP)


def _end(status: int) -> None:
    """End with a status, or, if it is negative, by that signal, as the command did."""
    if status < 0:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))  # it has dumped
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status if status >= 0 else 128 - status)


def _inherited_files() -> list[int]:
    """Return the open files that a program started by this process would have, such as those of `<(command)`."""
    numbers = [int(path.name) for path in Path("/proc/self/fd").iterdir()]
    return sorted(filter(_is_inherited, numbers))


def _is_inherited(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:  # that of the listing itself
        return False


def _umask() -> int:
    before = os.umask(0o077)
    os.umask(before)
    return before
