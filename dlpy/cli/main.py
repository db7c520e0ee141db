"""The `dlpy` command: its subcommands, and what becomes of errors."""

from __future__ import annotations

import functools
import io
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from dlpy.cli.check import check
from dlpy.cli.evaluate import evaluate
from dlpy.cli.explain import explain
from dlpy.cli.generate import generate
from dlpy.cli.kfold import kfold
from dlpy.cli.lines import complain, say
from dlpy.cli.new import new
from dlpy.cli.plot import plot
from dlpy.cli.predict import predict
from dlpy.cli.resume import resume
from dlpy.cli.runs import runs
from dlpy.cli.schema import schema
from dlpy.cli.show import show
from dlpy.cli.train import train
from dlpy.core import signals
from dlpy.core.errors import DlpyError, SetupError, StorageError
from dlpy.core.registry import announcers, plugin_failure, refuse_plugins

EXIT_STATUS = """
Exit status: 0 done; 1 a bug in dlpy; 2 the experiment file or the command line; 3 the data; 4 the environment;
5 training diverged; 6 storage; 7 the run's state; 130 and 143 stopped by SIGINT and SIGTERM.
"""

app = typer.Typer(
    name="dlpy",
    help="Trains Keras models from short YAML experiment files.",
    epilog=EXIT_STATUS,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _with_exit_status(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command so that its errors become one line on standard error and an exit status."""

    @functools.wraps(command)
    def guarded(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except typer.Exit:
            raise
        except (KeyboardInterrupt, signals.Stopped, BrokenPipeError) as error:
            raise typer.Exit(_tell_stop(error)) from None
        except (Exception, SystemExit) as error:  # a plug-in may call sys.exit
            stop = signals.behind(error)
            raise typer.Exit(_tell_error(error) if stop is None else _tell_stop(stop)) from None

    return guarded


def _tell_error(error: BaseException) -> int:
    """Print what went wrong, in one line unless it is a bug, and return the exit status."""
    known = error if isinstance(error, DlpyError) else plugin_failure(error) or _of_this_machine(error)
    if known is None:
        complain(*"".join(traceback.format_exception(error)).splitlines())
        complain("This is a bug in dlpy: please report it with the lines above and the experiment.")
        return 1
    left = getattr(error, "__notes__", [])
    complain(*(known.args if len(known.args) > 1 else [" ".join([f"error: {known}", *left])]))
    return known.exit_status


def _of_this_machine(error: BaseException) -> DlpyError | None:
    """Return what to say where memory or the operating system was in the way."""
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":  # TensorFlow's
        return SetupError("not enough memory: use a smaller model, a smaller training.batch_size, or fewer rows.")
    if isinstance(error, OSError):
        return StorageError(f"cannot use {error.filename or 'standard output'}: {error.strerror or error}.")
    return None


def _tell_plugin(path: Path) -> None:
    complain(f"plug-in: runs the code in {path}")


def _tell_stop(error: BaseException) -> int:
    """Print what stopped the command and what is left of it, and return the exit status."""
    left = " ".join(getattr(error, "__notes__", []))
    if isinstance(error, BrokenPipeError):  # `dlpy runs | head` is done, `dlpy train | head` is not
        return 128 + signal.SIGPIPE if left else 0
    number = error.number if isinstance(error, signals.Stopped) else signal.SIGINT
    by = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
    complain(f"stopped by {by}. {left}".rstrip())
    return 128 + number


for _command in (train, resume, evaluate, predict, generate, explain, kfold, plot, check, show, new, runs, schema):
    app.command()(_with_exit_status(_command))


def _tell_version(wanted: bool) -> None:
    """Print dlpy's version and those of what decides its numbers, where --version asks for them."""
    if wanted:
        from dlpy.core.environment import versions

        told = {name: number for name, number in versions().items() if number is not None}
        say(*(f"{name} {number}" for name, number in told.items()))
        raise typer.Exit


@app.callback()
def _options(
    no_plugins: Annotated[
        bool, typer.Option("--no-plugins", help="Refuse experiments and runs with `plugins`, which run code.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Print the versions and exit.")
    ] = False,
) -> None:
    """Train Keras models from short YAML experiment files."""
    if no_plugins:
        refuse_plugins()


def main(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit status."""
    try:
        app(arguments, prog_name="dlpy")
    except BaseException as error:  # click's own end, or a signal while the command line was read
        stop = signals.behind(error)
        if stop is not None:
            return _tell_stop(stop)
        if not isinstance(error, SystemExit):
            raise
        return error.code if isinstance(error.code, int) else 0
    return 0


def run() -> None:
    """Run the command line of this process; the script `dlpy`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without umlauts is no reason to fail
    signals.listen(_tell_stop)
    announcers.append(functools.cache(_tell_plugin))
    status = main()
    signals.ignore()  # all is done and told; Python takes a while to end
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains when it flushes
    except OSError as error:
        status = _tell_error(error)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if status > 128:  # a thread of TensorFlow's may still compute, which Python's own end would crash
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
