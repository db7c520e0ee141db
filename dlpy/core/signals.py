"""Signals that end a command: heard between steps of training, and never while something is written.

The first one lets a step of training end. The second ends the process at once: an exception could be lost, or find
TensorFlow in the middle of something.
"""

from __future__ import annotations

import math
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Tell = Callable[[BaseException], object]

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_CLEANING_SECONDS = 3  # after a command was told to end, in which it does not hear another signal
_PATIENCE_SECONDS = 1  # after the second signal, for Python to come out of a computation
_ECHO_SECONDS = 0.05  # within which the same signal comes but once: a shell and a wrapper may both send it on
_AT_ONCE_SECONDS = 0.1  # which Python may hear a signal before the thread that waits for it


class Stopped(SystemExit):
    """A signal other than SIGINT ended the command; the status is 128 and its number."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


class _Signals:
    """What was heard so far in this process, and what it is doing."""

    waiting: int | None = None  # a signal that nobody has obeyed yet
    stepping = 0  # blocks that end between steps
    writing = 0  # blocks that nothing may end
    heard = -math.inf  # when Python last heard one
    last: int | None = None  # which it was
    ended = -math.inf  # when the command was told to end
    twice = False  # another one came while something was written

    def __init__(self) -> None:
        self.last_words: list[Tell] = []  # to be called before the process ends at once


_signals = _Signals()


def listen(tell: Tell) -> None:
    """Hear signals from now on, as this module says; those that are ignored (nohup) stay so.

    Args:
        tell: prints what stopped the command, if that happens at once.
    """
    _signals.last_words[:] = [tell]
    heard = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    for number in heard:
        signal.signal(number, _hear)
    inner, outer = socket.socketpair()
    outer.setblocking(False)
    signal.set_wakeup_fd(outer.detach(), warn_on_full_buffer=False)
    threading.Thread(target=_insist, args=(inner, set(heard)), daemon=True).start()


def listen_once() -> None:
    """Hear SIGTERM between steps, the first one only: a process that works for another may get it from several."""

    def hear(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)
        _hear(number, frame)

    signal.signal(signal.SIGTERM, hear)


def ignore() -> None:
    """Hear no signal any more: all is done and told."""
    signal.set_wakeup_fd(-1)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def last_words(say: Tell) -> Iterator[None]:
    """Call this with the signal, as an exception, if the process ends at once within the block."""
    _signals.last_words.insert(0, say)
    try:
        yield
    finally:
        _signals.last_words.remove(say)


@contextmanager
def between_steps() -> Iterator[None]:
    """Let the first signal wait for `obey` or the end of the block."""
    _signals.stepping += 1
    try:
        yield
    finally:
        _signals.stepping -= 1
    _obey_if_free()


@contextmanager
def held_back() -> Iterator[None]:
    """Let every signal wait until the block is over, and the first one for a step, where that is waited for."""
    _signals.writing += 1
    try:
        yield
    finally:
        _signals.writing -= 1
    _obey_if_free()


def wanted() -> bool:
    """Return whether a signal waits for the end of the step."""
    return _signals.waiting is not None


def obey() -> None:
    """End the command if a signal waits.

    Raises:
        KeyboardInterrupt: it was SIGINT.
        Stopped: it was another one.
    """
    if _signals.waiting is None:
        return
    number, _signals.waiting = _signals.waiting, None
    _signals.ended = time.monotonic()
    raise _exception(number)


def behind(error: BaseException) -> KeyboardInterrupt | Stopped | None:
    """Return what `obey` raised, where an error is it or came of it: Python and libraries wrap what they meet."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, KeyboardInterrupt | Stopped):
            return seen
        seen = seen.__cause__
    return None


def _exception(number: int) -> BaseException:
    return KeyboardInterrupt() if number == signal.SIGINT else Stopped(number)


def _hear(number: int, frame: FrameType | None) -> None:
    """Take a signal: Python calls this between two of its instructions."""
    now, before, last = time.monotonic(), _signals.heard, _signals.last
    _signals.heard, _signals.last = now, number
    if now - _signals.ended < _CLEANING_SECONDS or (number == last and now - before < _ECHO_SECONDS):
        return
    _signals.twice = _signals.waiting is not None or _signals.ended > 0
    _signals.waiting = number
    if not _signals.writing:
        _obey_if_free()


def _obey_if_free() -> None:
    if _signals.waiting is None or _signals.writing:
        return
    if _signals.twice:
        _end_at_once(_signals.waiting)
    elif not _signals.stepping:
        obey()


def _end_at_once(number: int) -> None:
    error = _exception(number)
    _signals.waiting, _signals.ended = None, time.monotonic()  # what is written now ends nothing
    for say in list(_signals.last_words):
        say(error)
    sys.stdout.flush()
    _leave(number)


def _leave(number: int) -> None:
    if os.isatty(2):
        os.write(2, b"\x1b[?25h")  # a bar hides the cursor
    os._exit(128 + number)


def _insist(told: socket.socket, heard: set[int]) -> None:
    """End the process at the second signal where Python does not come to hear it, since it waits for a computation."""
    count, last, before = 0, 0, -math.inf
    while True:
        number, came = told.recv(1)[0], time.monotonic()
        count += number in heard and not (number == last and came - before < _ECHO_SECONDS)
        last, before = number, came
        if count < 2:
            continue
        time.sleep(_PATIENCE_SECONDS)
        while _signals.writing:
            time.sleep(0.01)
        if _signals.heard < came - _AT_ONCE_SECONDS:
            os.write(2, b"stopped at once, within a step: its run goes on from its last checkpoint by dlpy resume.\n")
            _leave(number)
