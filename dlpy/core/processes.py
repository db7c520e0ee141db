"""Work in several processes that end with the one that began them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from dlpy.core import signals
from dlpy.core.errors import SetupError
from dlpy.core.registry import plugin_failure

Result = TypeVar("Result")

_PATIENCE_SECONDS = 10.0  # for a step, and the state after it


def in_processes(work: Callable[..., Result], arguments: Sequence[tuple[Any, ...]], jobs: int) -> Iterator[Result]:
    """Yield what `work` returns for each of the arguments, in their order, from so many fresh processes.

    Raises:
        SetupError: a process was killed.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_end_with_parent) as pool:
        try:
            with _held_back(signal.SIGINT):
                pending = [pool.submit(_call, work, given) for given in arguments]
            for future in pending:
                yield future.result()
        except BaseException as error:
            _end(multiprocessing.active_children())  # else leaving `with` waits until they are done
            if isinstance(error, BrokenProcessPool):
                raise SetupError("a process was killed, most likely for want of memory: use fewer --jobs.") from None
            raise


def _call(work: Callable[..., Result], given: tuple[Any, ...]) -> Result:
    """Return the result; an error that comes from a plug-in is told here, where it is still known that it does."""
    try:
        return work(*given)
    except signals.Stopped as stop:  # this process is to end, not to take the next work
        os._exit(128 + stop.number)
    except (Exception, SystemExit) as error:
        raise plugin_failure(error) or error from error


def _end(processes: list[BaseProcess]) -> None:
    """Let processes end after the step that they are in, or at once where that takes long."""
    for process in processes:
        process.terminate()
    until = time.monotonic() + _PATIENCE_SECONDS
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        process.kill()


@contextmanager
def _held_back(number: signal.Signals) -> Iterator[None]:
    """Let a signal wait until the block is over; processes begun in it never receive it: Ctrl-C is for the first."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    """End this process as soon as the one that began it is gone, however that ended."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    signals.listen_once()
