"""How commands end: what they raise becomes a line on standard error and an exit status."""

from __future__ import annotations

import functools
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

import typer

from dlpy.cli.lines import complain
from dlpy.core import signals
from dlpy.core.errors import DlpyError, SetupError, StorageError
from dlpy.core.registry import plugin_failure


def with_exit_status(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with its errors turned into one line on standard error and an exit status."""

    @functools.wraps(command)
    def guarded(*arguments: Any, **options: Any) -> None:
        signals.begin_command()
        try:
            _putting_back(command, *arguments, **options)
        except typer.Exit:
            raise
        except (KeyboardInterrupt, signals.Stopped, BrokenPipeError) as error:
            raise typer.Exit(report_stop(error)) from None
        except (Exception, SystemExit) as error:  # a plug-in may call sys.exit
            stop = signals.behind(error)
            raise typer.Exit(report_error(error) if stop is None else report_stop(stop)) from None

    return guarded


def _putting_back(command: Callable[..., None], *arguments: Any, **options: Any) -> None:
    """Run a command, and put runs into the storage that --runs names, also of a command that fails."""
    try:
        command(*arguments, **options)
    except BaseException as error:
        try:
            _put_back()
        except DlpyError as other:
            error.add_note(str(other))
        raise
    if addresses := _put_back():
        complain(*(f"run: {address}" for address in addresses))


def _put_back() -> list[str]:
    """Put runs into their storage and return where they are; a command that uses none has not imported what does it."""
    mirror = sys.modules.get("dlpy.runs.mirror")
    return [] if mirror is None else mirror.put_back()


def report_error(error: BaseException) -> int:
    """Print an error, on one line unless it is a bug, and return the exit status."""
    known = error if isinstance(error, DlpyError) else plugin_failure(error) or _machine_error(error)
    if known is None:
        complain(*"".join(traceback.format_exception(error)).splitlines())
        complain("This is a bug in dlpy: please report it with the lines above and the experiment file.")
        return 1
    left = getattr(error, "__notes__", [])
    complain(*(known.args if len(known.args) > 1 else [" ".join([f"error: {known}", *left])]))
    return known.exit_status


def _machine_error(error: BaseException) -> DlpyError | None:
    """Return the error to print for a lack of memory or an operating-system error; None for any other error."""
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":  # TensorFlow's
        return SetupError("not enough memory: use a smaller model, a smaller training.batch_size, or fewer rows.")
    if isinstance(error, OSError):
        return StorageError(f"cannot use {error.filename or 'standard output'}: {error.strerror or error}.")
    return None


def report_stop(error: BaseException) -> int:
    """Print what stopped the command and how to resume it, and return the exit status."""
    left = " ".join(getattr(error, "__notes__", []))
    if isinstance(error, BrokenPipeError):  # `dlpy runs | head` succeeded, `dlpy train | head` did not
        return 128 + signal.SIGPIPE if left else 0
    number = error.number if isinstance(error, signals.Stopped) else signal.SIGINT
    by = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
    complain(f"stopped by {by}. {left}".rstrip())
    return 128 + number
