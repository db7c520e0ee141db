"""Signals that end a command: obeyed between training steps, and never while a file is written.

The first signal lets a training step end. The second ends the process at once: an exception could be lost, or interrupt
TensorFlow in the middle of a computation.
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
from enum import Enum
from types import FrameType

from dlpy.core.errors import DlpyError

Tell = Callable[[BaseException], object]

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_CLEANING_SECONDS = 3  # after a signal is obeyed, in which others are ignored
_PATIENCE_SECONDS = 1  # after the second signal, for Python to return from a computation
_ECHO_SECONDS = 0.05  # in which the same signal counts once: a shell and a wrapper may both forward it
_AT_ONCE_SECONDS = 0.1  # by which Python may receive a signal before the thread that waits for it


class Stopped(SystemExit):
    """A signal other than SIGINT ended the command; the status is 128 and its number."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


class State(Enum):
    """What the process is doing, which decides when a first signal is obeyed."""

    FREE = "obeyed at once"
    STEPPING = "obeyed when the training step ends"
    WRITING = "obeyed when the file is written, or, within a training step, when the step ends"


class Signals:
    """The signals of a process: which one waits to be obeyed, and when it may be."""

    def __init__(self) -> None:
        self.pending: int | None = None  # received, and not obeyed yet
        self.is_second = False  # the pending one came after another: it ends the process at once
        self.obeyed: int | None = None  # it ended the command
        self.obeyed_at = -math.inf
        self._received_at = -math.inf
        self._last: int | None = None  # received
        self._stepping = 0  # nested blocks of `between_steps`
        self._writing = 0  # nested blocks of `held_back`
        self._last_words: list[Tell] = []

    @property
    def state(self) -> State:
        """What the process is doing."""
        if self._writing:
            return State.WRITING
        return State.STEPPING if self._stepping else State.FREE

    def listen(self, tell: Tell) -> None:
        """Receive signals from now on; those that are ignored already (nohup) stay ignored.

        Args:
            tell: prints what stopped the command, where the process ends at once.
        """
        self._last_words[:] = [tell]
        received = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
        for number in received:
            signal.signal(number, self._receive)
        inner, outer = socket.socketpair()
        outer.setblocking(False)
        signal.set_wakeup_fd(outer.detach(), warn_on_full_buffer=False)
        threading.Thread(target=self._insist, args=(inner, set(received)), daemon=True).start()

    def listen_once(self) -> None:
        """Receive the first SIGTERM only: a process that works for another may get it from several."""

        def receive(number: int, frame: FrameType | None) -> None:
            signal.signal(number, signal.SIG_IGN)
            self._receive(number, frame)

        signal.signal(signal.SIGTERM, receive)

    def begin_command(self) -> None:
        """Forget the signal that ended an earlier command of this process."""
        self.obeyed, self.obeyed_at = None, -math.inf

    def hand_over(self) -> None:
        """Give the signals back to the system's defaults, for a library that receives them itself."""
        signal.set_wakeup_fd(-1)
        for number in SIGNALS:
            if signal.getsignal(number) == self._receive:
                signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    def ignore(self) -> None:
        """Ignore all signals from now on: the command is done."""
        signal.set_wakeup_fd(-1)
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    @contextmanager
    def last_words(self, say: Tell) -> Iterator[None]:
        """Call `say` with the signal as an exception if the process ends at once within the block."""
        self._last_words.insert(0, say)
        try:
            yield
        finally:
            self._last_words.remove(say)

    @contextmanager
    def between_steps(self) -> Iterator[None]:
        """Let the first signal wait for `obey` or the end of the block.

        Raises:
            KeyboardInterrupt, Stopped: a signal has ended the command, and a library caught the exception.
        """
        if self.obeyed is not None:
            raise _exception(self.obeyed)
        self._stepping += 1
        try:
            yield
        finally:
            self._stepping -= 1
        self._obey_if_allowed()

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Let every signal wait for the end of the block, and the first one also for the step around it."""
        self._writing += 1
        try:
            yield
        finally:
            self._writing -= 1
        self._obey_if_allowed()

    def wanted(self) -> bool:
        """Return whether a signal waits to be obeyed."""
        return self.pending is not None

    def obey(self) -> None:
        """End the command if a signal waits.

        Raises:
            KeyboardInterrupt: it is SIGINT.
            Stopped: it is another one.
        """
        if self.pending is None:
            return
        number, self.pending = self.pending, None
        self.obeyed, self.obeyed_at = number, time.monotonic()
        raise _exception(number)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        """Take a signal: Python calls this between two of its instructions."""
        now, before, last = time.monotonic(), self._received_at, self._last
        self._received_at, self._last = now, number
        if now - self.obeyed_at < _CLEANING_SECONDS or (number == last and now - before < _ECHO_SECONDS):
            return
        self.is_second = self.pending is not None or self.obeyed_at > 0
        self.pending = number
        self._obey_if_allowed()

    def _obey_if_allowed(self) -> None:
        state = self.state
        if self.pending is None or state is State.WRITING:
            return
        if self.is_second:
            self._end_at_once(self.pending)
        elif state is State.FREE:
            self.obey()

    def _end_at_once(self, number: int) -> None:
        error = _exception(number)
        self.pending, self.obeyed_at = None, time.monotonic()  # the writing of the last words ends nothing
        for say in list(self._last_words):
            say(error)
        sys.stdout.flush()
        _leave(number)

    def _insist(self, wakeups: socket.socket, received: set[int]) -> None:
        """End the process at the second signal where Python cannot receive it, since it waits for a computation."""
        count, last, before = 0, 0, -math.inf
        while True:
            number, came = wakeups.recv(1)[0], time.monotonic()
            count += number in received and not (number == last and came - before < _ECHO_SECONDS)
            last, before = number, came
            if count < 2:
                continue
            time.sleep(_PATIENCE_SECONDS)
            while self.state is State.WRITING:
                time.sleep(0.01)
            if self._received_at < came - _AT_ONCE_SECONDS:
                os.write(2, b"stopped at once, within a step; dlpy resume continues from the last checkpoint.\n")
                _leave(number)


def behind(error: BaseException) -> KeyboardInterrupt | Stopped | None:
    """Return the exception of `obey` that an error is or was caused by: Python and libraries wrap exceptions.

    Once a signal has ended the command, it is behind any unexpected error: pydantic-core, for one, wraps exceptions
    without a cause.
    """
    root = error
    while root.__cause__ is not None and not isinstance(root, KeyboardInterrupt | Stopped):
        root = root.__cause__
    if isinstance(root, KeyboardInterrupt | Stopped):
        return root
    is_expected = isinstance(root, DlpyError | OSError | SystemExit)
    return None if process.obeyed is None or is_expected else _exception(process.obeyed)


def raise_behind(error: BaseException) -> None:
    """Raise the exception of `obey` that is behind an error, if there is one, where other errors are only reported."""
    stop = behind(error)
    if stop is not None:
        raise stop from None


def _exception(number: int) -> KeyboardInterrupt | Stopped:
    return KeyboardInterrupt() if number == signal.SIGINT else Stopped(number)


def _leave(number: int) -> None:
    if os.isatty(2):
        os.write(2, b"\x1b[?25h")  # a progress bar hides the cursor
    os._exit(128 + number)


process = Signals()  # of this process, which has one handler per signal
listen, listen_once, ignore = process.listen, process.listen_once, process.ignore
hand_over = process.hand_over
begin_command = process.begin_command
last_words, between_steps, held_back = process.last_words, process.between_steps, process.held_back
wanted, obey = process.wanted, process.obey
