"""Where the socket of the warm process is, and that only the user can have made it and can open it."""

from __future__ import annotations

import os
import socket
import struct
import sys
from pathlib import Path

_LONGEST = 100  # bytes of a path; the system allows 108


def folder() -> Path:
    """Return the folder of the socket: in $XDG_RUNTIME_DIR, or in dlpy's cache."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        return Path(runtime) / "dlpy-warm"
    from dlpy.storage.cache import own_cache

    return own_cache().absolute() / "warm"


def socket_path() -> Path:
    """Return the path of the socket."""
    return folder() / "socket"


def is_possible(path: Path) -> bool:
    """Return whether this system can have a warm process with its socket there."""
    return sys.platform == "linux" and len(os.fsencode(path)) <= _LONGEST


def is_private(place: Path) -> bool:
    """Return whether a folder belongs to the user, and nobody else may enter it."""
    try:
        found = place.lstat()
    except OSError:
        return False
    return place.is_dir() and not place.is_symlink() and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def connected() -> socket.socket | None:
    """Return a connection to the user's warm process; None if there is none."""
    path = socket_path()
    if not is_possible(path) or not is_private(path.parent):
        return None
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        return None
    if peer(connection)[1] != os.geteuid():
        connection.close()
        return None
    return connection


def peer(connection: socket.socket) -> tuple[int, int]:
    """Return the process and the user at the other end, as the kernel knows them."""
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    process, user, _ = struct.unpack("3i", found)
    return process, user
