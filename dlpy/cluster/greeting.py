"""Recognizes what answers at an address, in seconds and before the library of a cluster is imported.

These libraries would try for a long time where nobody answers, or somebody who speaks another protocol.
"""

from __future__ import annotations

import socket
from contextlib import suppress

from dlpy.core.errors import SetupError
from dlpy.runs.how import Place

_REACH_SECONDS = 3
_ANSWER_SECONDS = 4
_GREETINGS = {  # what a client sends first; a Dask scheduler greets without it
    "dask": b"",
    "ray": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]),  # gRPC
}
_SETTINGS = 4  # the type of the first frame of an answer by gRPC
_LONGEST = 1 << 20  # bytes of Dask's first message, whose length comes first
_HINTS = {"dask": "dask scheduler --port {port}", "ray": "ray start --head --ray-client-server-port {port}"}


def where_of(address: str) -> str:
    """Return the host and the port of an address."""
    return address.partition("://")[2]


def require_answer(place: Place, scheme: str) -> None:
    """Raise SetupError unless what answers at an address speaks as a cluster of this scheme does."""
    where = where_of(place.on)
    try:
        probe = _connection(where)
    except (OSError, OverflowError) as error:
        raise SetupError(f"--on {place.on}: nothing answers there ({error}); start the cluster first.") from None
    with probe:
        answer = _first_bytes(probe, _GREETINGS[scheme])
    found = _engine_of(answer)
    if found == scheme:
        return
    if found is not None:
        raise SetupError(f"--on {place.on}: this is the port of a {found.title()} cluster: give {found}://{where}.")
    hint = _HINTS[scheme].format(port=where.rpartition(":")[2])
    what = "it speaks another protocol" if answer else "nothing comes from there"
    raise SetupError(f"--on {place.on}: no {scheme.title()} cluster answers there ({what}); start one with: {hint}.")


def listens(address: str) -> bool:
    """Return whether anything accepts connections at an address such as dask://host:port."""
    try:
        _connection(where_of(address)).close()
    except (OSError, OverflowError, ValueError):
        return False
    return True


def _connection(where: str) -> socket.socket:
    host, _, port = where.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), _REACH_SECONDS)


def _first_bytes(probe: socket.socket, greeting: bytes) -> bytes:
    """Return the first nine bytes of an answer, or fewer where no more come in time."""
    probe.settimeout(_ANSWER_SECONDS)
    answer = b""
    with suppress(OSError):
        probe.sendall(greeting)
        while len(answer) < 9 and (more := probe.recv(9 - len(answer))):
            answer += more
    return answer


def _engine_of(answer: bytes) -> str | None:
    """Return the scheme of the cluster whose answer begins with these bytes, or None."""
    if len(answer) < 9:
        return None
    if answer[0] == 0 and answer[3] == _SETTINGS:
        return "ray"
    return "dask" if 0 < int.from_bytes(answer[:8], "little") < _LONGEST else None
