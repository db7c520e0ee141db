"""How the processes of a training find each other, and make sure that they are about to do the same."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any

from dlpy.core.errors import ConfigError, SetupError
from dlpy.workers.group import Group
from dlpy.workers.link import Link, LinkError
from dlpy.workers.placement import Placement

_HELLO_SECONDS = 3.0  # for a process that has connected to say who it is
_ANSWER_SECONDS = 8.0  # for the first process to answer that
_AGAIN_SECONDS = 0.2  # between two attempts to connect

Facts = dict[str, Any]  # what must be the same in all processes, by how messages name it


def joined(placement: Placement, facts: Facts, wait: float) -> Group:
    """Return the connections of this process, once all processes are there.

    Args:
        placement: of this process.
        facts: that must agree.
        wait: seconds to wait for the others.

    Raises:
        SetupError: a process does not come, or the port is in use.
        ConfigError: a process is about to do something else.
    """
    until = time.monotonic() + wait
    if placement.rank:
        return _connected(placement, facts, until, wait)
    return _accepted(placement, facts, until, wait)


def _accepted(placement: Placement, facts: Facts, until: float, wait: float) -> Group:
    """Return the connections to all other processes, in the order of their ranks."""
    found, pulses = dict[int, Link](), dict[int, socket.socket]()
    try:
        with _listening(placement) as listener:
            while len(found) < placement.size - 1:
                listener.settimeout(max(0.01, until - time.monotonic()))
                try:
                    connected, _ = listener.accept()
                except TimeoutError:
                    missing = next(rank for rank in range(1, placement.size) if rank not in found)
                    raise SetupError(f"{placement.name(missing)} did not connect within {wait:g} s.") from None
                _welcome(Link(connected), placement, facts, found)
            for link in found.values():
                link.send_json({"ok": True})
                link.wait_at_most(None)
            listener.settimeout(_ANSWER_SECONDS)
            while len(pulses) < placement.size - 1:
                _add_pulse(listener, found, pulses)
    except (LinkError, TimeoutError) as error:
        _close(found)
        raise SetupError(f"a worker is gone: {error}.") from None
    except BaseException:
        _close(found)
        raise
    ranks = sorted(found)
    return Group(placement, [found[rank] for rank in ranks], [pulses[rank] for rank in ranks])


def _add_pulse(listener: socket.socket, found: dict[int, Link], pulses: dict[int, socket.socket]) -> None:
    """Add the second connection of a process; others than workers are ignored."""
    connected, _ = listener.accept()
    link = Link(connected)
    link.wait_at_most(_HELLO_SECONDS)
    with suppress(LinkError, LookupError, TypeError):
        rank = link.receive_json()["pulse"]
        if rank in found and rank not in pulses:
            pulses[rank] = connected
            return
    link.close()


def _close(links: dict[int, Link]) -> None:
    for link in links.values():
        with suppress(LinkError):
            link.send_json({"error": "worker 0 ended, see what it printed."})
        link.close()


def _welcome(link: Link, placement: Placement, facts: Facts, found: dict[int, Link]) -> None:
    """Add the link of a process that says the right things; others than workers are ignored."""
    link.wait_at_most(_HELLO_SECONDS)
    try:
        said = link.receive_json()
        rank, theirs = said["dlpy"], said["facts"]
        known = type(rank) is int and 0 < rank < placement.size and isinstance(theirs, dict)
    except (LinkError, LookupError, TypeError):
        known, rank, theirs = False, 0, {}
    if not known:
        link.close()
    elif rank in found:
        with suppress(LinkError):
            link.send_json({"error": f"another process is worker {rank}: give each its own --rank."})
        link.close()
    else:
        found[rank] = link
        with suppress(LinkError):
            link.send_json({"heard": True})
        mistake = _difference(placement.name(rank), facts, theirs)
        if mistake is not None:
            with suppress(LinkError):
                link.send_json({"error": mistake})
            del found[rank]
            link.close()
            raise ConfigError(mistake)


def _difference(name: str, facts: Facts, theirs: Facts) -> str | None:
    for what, value in facts.items():
        if theirs.get(what) != value:
            shown = "" if len(str(value)) > 40 else f": {theirs.get(what)}, not {value}"
            return f"{name} has another {what} than worker 0{shown}."
    return None


def _listening(placement: Placement) -> socket.socket:
    place = f"{placement.host}:{placement.port}"
    try:
        kind = socket.getaddrinfo(placement.host, placement.port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(kind[0], kind[1])
    except OSError as error:
        raise SetupError(f"worker 0 cannot listen at {place}: {error.strerror}.") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(kind[4])
        listener.listen(placement.size)
    except OSError as error:
        listener.close()
        raise SetupError(f"worker 0 cannot listen at {place}: {error.strerror}: choose another port.") from None
    return listener


def _connected(placement: Placement, facts: Facts, until: float, wait: float) -> Group:
    """Return the connections to the first process."""
    link = Link(_reached(placement, until, wait))
    try:
        _introduced(link, placement, facts, until)
        pulse = _reached(placement, time.monotonic() + _ANSWER_SECONDS, _ANSWER_SECONDS)
        Link(pulse).send_json({"pulse": placement.rank})
    except LinkError as error:
        link.close()
        raise SetupError(f"{placement.name(0)} is gone: {error}.") from None
    except BaseException:
        link.close()
        raise
    link.wait_at_most(None)
    return Group(placement, [link], [pulse])


def _introduced(link: Link, placement: Placement, facts: Facts, until: float) -> None:
    """Say who this process is, and wait until all processes are there."""
    link.wait_at_most(_ANSWER_SECONDS)
    link.send_json({"dlpy": placement.rank, "facts": facts})
    try:
        answer = link.receive_json()
    except LinkError as error:
        raise SetupError(f"{placement.name(0)} does not answer as dlpy does ({error}): check the address.") from None
    if "heard" in answer:
        link.wait_at_most(max(1.0, until - time.monotonic()) + _ANSWER_SECONDS)
        answer = link.receive_json()
    if "error" in answer:
        raise ConfigError(answer["error"])


def _reached(placement: Placement, until: float, wait: float) -> socket.socket:
    """Return a connection to the first process, as soon as it listens."""
    while True:
        left = until - time.monotonic()
        try:
            return socket.create_connection((placement.host, placement.port), max(0.01, left))
        except socket.gaierror as error:
            raise SetupError(f"{placement.name(0)} is unknown: {error.strerror}.") from None
        except OSError:
            if left <= 0:
                raise SetupError(f"{placement.name(0)} did not answer within {wait:g} s.") from None
            time.sleep(_AGAIN_SECONDS)
