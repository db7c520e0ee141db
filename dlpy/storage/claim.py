"""Claims on a file or folder: locks that other machines see, too, where those of the file system do not.

A claim is a file that only one process can create, on network file systems as well. It says who holds it, and its time
is renewed every few seconds, so that the claim of a machine that is gone expires.
"""

from __future__ import annotations

import errno
import os
import platform
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dlpy.storage.atomic import beside, is_running

HAS_NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK, errno.EINVAL)  # what file systems without locks answer
_HAS_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
RENEW_SECONDS = 10.0
STALE_SECONDS = 60.0  # without a renewal, after which a claim of another machine ends
_ASK_SECONDS = 0.2


@dataclass(frozen=True)
class Claim:
    """Who holds a claim, and how many seconds ago it was renewed; 0 and "another" while it is being
    written, where the file system has no links."""

    process: int
    host: str
    since: str
    age: float

    @property
    def holder(self) -> str:
        """The holder in words."""
        return f"process {self.process} on host {self.host} since {self.since}"


class ClaimedError(Exception):
    """Another process holds a claim."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(claim.holder)
        self.claim = claim


@contextmanager
def claimed(path: Path, *, has_lock: bool, patience: float) -> Iterator[None]:
    """Hold a claim; it is given back at the end.

    Args:
        path: of the file that is the claim.
        has_lock: whether this process holds a lock of the file system, which shows that no process of this machine
            holds the claim.
        patience: seconds to wait for another process.

    Raises:
        ClaimedError: another process holds it.
    """
    own, until = _text(), time.monotonic() + patience
    while not _created(path, own):
        _wait_for_end(path, has_lock=has_lock, until=until)
        if path.exists() and not _remove_ended(path, has_lock=has_lock):
            time.sleep(_ASK_SECONDS)
    is_over = threading.Event()
    threading.Thread(target=_renew, args=(path, own, is_over), daemon=True).start()
    try:
        yield
    finally:
        is_over.set()
        if _read(path) == own:
            path.unlink(missing_ok=True)


def _wait_for_end(path: Path, *, has_lock: bool, until: float) -> None:
    """Look at a claim until it is given back or has ended.

    Raises:
        ClaimedError: it is held until a time of `time.monotonic`, or longer.
    """
    clock = _clock_beside(path)  # asked once: each question writes a file
    while (other := holder_of(path, has_lock=has_lock, clock=clock)) is not None:
        if time.monotonic() > until:
            raise ClaimedError(other)
        time.sleep(_ASK_SECONDS)


def holder_of(path: Path, *, has_lock: bool, clock: float | None = None) -> Claim | None:
    """Return the claim of a living process, or None.

    Args:
        clock: the clock of the file system, as `_clock_beside` returns it; None: ask for it.
    """
    found = _claim_in(path, clock)
    return found if found is not None and not _has_ended(found, has_lock=has_lock) else None


def _claim_in(path: Path, clock: float | None = None) -> Claim | None:
    """Return the claim in a file, or None if there is no such file; one that cannot be read is another's."""
    text, age = _read(path) or "", _age(path, clock)
    if age is None:
        return None
    process, host, since = (text.splitlines() + ["0", "another", "just now"][text.count("\n") :])[:3]
    return Claim(int(process) if process.isdecimal() else 0, host, since, max(age, 0.0))


def _has_ended(found: Claim, *, has_lock: bool) -> bool:
    is_of_this_machine = found.host == platform.node()
    return found.age > STALE_SECONDS or (is_of_this_machine and (has_lock or not is_running(found.process)))


def _text() -> str:
    return f"{os.getpid()}\n{platform.node()}\n{datetime.now().isoformat(' ', 'seconds')}\n"


def _created(path: Path, text: str) -> bool:
    """Create the file of a claim; return False if there is one.

    The file appears with its text: a process that is killed in between leaves no claim without a holder, which would
    have to be respected until it expires.
    """
    temporary = path.with_name(f"{beside(path).name}-{threading.get_ident()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        return _linked(temporary, path, text)
    finally:
        temporary.unlink(missing_ok=True)


def _linked(temporary: Path, path: Path, text: str) -> bool:
    """Give a file a second name; return False if a file of that name exists. Without links, create and write it."""
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        return temporary.stat().st_nlink > 1  # network file systems may answer a repeated request
    except OSError as error:
        if error.errno not in _HAS_NO_LINKS:
            raise
        return _written(path, text)
    return True


def _written(path: Path, text: str) -> bool:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _remove_ended(path: Path, *, has_lock: bool) -> bool:
    """Remove a claim that ended, unless another process is about to; return whether this one could.

    Only who created a second file may remove it: else a process could remove the next claim, made since it looked.
    """
    removal = path.with_name(f"{path.name}-ended")
    if not _created(removal, _text()):
        if (_age(removal) or 0.0) > STALE_SECONDS:  # its process was killed in between
            removal.unlink(missing_ok=True)
        return False
    try:
        found = _claim_in(path)  # None: it was given back, and the next one may be there at any moment
        if found is not None and _has_ended(found, has_lock=has_lock):
            path.unlink(missing_ok=True)
    finally:
        removal.unlink(missing_ok=True)
    return True


def _read(path: Path) -> str | None:
    """Return the text of a claim; opening a file makes network file systems ask the server."""
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8")
    return None


def _age(path: Path, clock: float | None = None) -> float | None:
    """Return how many seconds ago a file was renewed, or None if there is none."""
    with suppress(OSError):
        renewed = path.stat().st_mtime
        return time.monotonic() + (_clock_beside(path) if clock is None else clock) - renewed
    return None


def _clock_beside(path: Path) -> float:
    """Return what to add to `time.monotonic` for the time of a file system, or of this machine if it has none."""
    probe = path.with_name(f"{beside(path).name}-{threading.get_ident()}-time")
    try:
        probe.write_text("")
        return probe.stat().st_mtime - time.monotonic()
    except OSError:
        return time.time() - time.monotonic()
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)


def _renew(path: Path, own: str, is_over: threading.Event) -> None:
    """Renew a claim until it is given back; end this process at once if another machine took it over."""
    while not is_over.wait(RENEW_SECONDS):
        found = _read(path)
        if found is not None and found != own and not is_over.is_set():
            warnings.warn(f"{path.parent}: another machine took over, since this process was silent.", stacklevel=1)
            os._exit(7)
        with suppress(OSError):
            os.utime(path)
