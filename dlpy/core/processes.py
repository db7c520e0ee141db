"""Parallel work in several processes that end together with their parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from dlpy.core import signals
from dlpy.core.errors import SetupError
from dlpy.core.registry import plugin_failure

Result = TypeVar("Result")

_PATIENCE_SECONDS = 10.0  # time for a step and for saving its state


@contextmanager
def processes(jobs: int, option: str) -> Iterator[Callable[..., Future[Any]]]:
    """Yield what calls a function with arguments in one of `jobs` new processes, and returns a future.

    Args:
        jobs: the number of processes.
        option: that sets it, for error messages.

    Raises:
        SetupError: a process was killed.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin) as pool:

        def submit(work: Callable[..., Any], *given: Any) -> Future[Any]:
            with _held_back(signal.SIGINT):  # the process that this may start never receives it
                return pool.submit(_call, work, given)

        try:
            yield submit
        except BaseException as error:
            _end(multiprocessing.active_children())  # otherwise leaving `with` waits until they finish
            if isinstance(error, BrokenProcessPool):
                message = f"a process was killed, probably for lack of memory. Use fewer {option}."
                raise SetupError(message) from None
            raise


def _call(work: Callable[..., Result], given: tuple[Any, ...]) -> Result:
    """Return the result; errors in plug-in code are converted here, where their traceback still shows the plug-in."""
    try:
        return work(*given)
    except signals.Stopped as stop:  # end this process instead of taking the next task
        os._exit(128 + stop.number)
    except (Exception, SystemExit) as error:
        raise plugin_failure(error) or error from error


def _end(processes: list[BaseProcess]) -> None:
    """End processes after their current step, or immediately if that takes too long."""
    for process in processes:
        process.terminate()
    until = time.monotonic() + _PATIENCE_SECONDS
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        process.kill()


@contextmanager
def _held_back(number: signal.Signals) -> Iterator[None]:
    """Hold back a signal until the end of the block; child processes started in it never receive it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Prepare a process of the pool."""
    end_with_parent()
    signals.listen_once()


def end_with_parent() -> None:
    """End this process as soon as its parent is gone, however that ended."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
