"""The `dlpy` command: its subcommands, global options and error handling."""

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

from dlpy.cli.calibrate import calibrate
from dlpy.cli.check import check
from dlpy.cli.compare import compare
from dlpy.cli.ensemble import ensemble
from dlpy.cli.evaluate import evaluate
from dlpy.cli.explain import explain
from dlpy.cli.export import export
from dlpy.cli.generate import generate
from dlpy.cli.kfold import kfold
from dlpy.cli.lines import complain, say
from dlpy.cli.new import new
from dlpy.cli.plot import plot
from dlpy.cli.predict import predict
from dlpy.cli.report import report
from dlpy.cli.resume import resume
from dlpy.cli.rivals import rivals
from dlpy.cli.runs import runs
from dlpy.cli.schema import schema
from dlpy.cli.search import search
from dlpy.cli.serve import serve
from dlpy.cli.show import show
from dlpy.cli.track import track
from dlpy.cli.train import train
from dlpy.cli.warm import warm
from dlpy.cli.watch import watch
from dlpy.core import own_process, signals, timing
from dlpy.core.errors import DlpyError, SetupError, StorageError
from dlpy.core.registry import announcers, plugin_failure, refuse_plugins

EXIT_STATUS = (
    "Exit status: 0 success; 1 bug in dlpy; 2 experiment file or command line; 3 data; 4 environment; "
    "5 training diverged; 6 storage; 7 state of the run; 130 and 143 stopped by SIGINT and SIGTERM."
)

app = typer.Typer(
    name="dlpy",
    help="Trains Keras models from short YAML experiment files.",
    epilog=EXIT_STATUS,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _with_exit_status(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with its errors turned into one line on standard error and an exit status."""

    @functools.wraps(command)
    def guarded(*arguments: Any, **options: Any) -> None:
        signals.begin_command()
        try:
            _putting_back(command, *arguments, **options)
        except typer.Exit:
            raise
        except (KeyboardInterrupt, signals.Stopped, BrokenPipeError) as error:
            raise typer.Exit(_report_stop(error)) from None
        except (Exception, SystemExit) as error:  # a plug-in may call sys.exit
            stop = signals.behind(error)
            raise typer.Exit(_report_error(error) if stop is None else _report_stop(stop)) from None

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


def _report_error(error: BaseException) -> int:
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


def _report_plugin(path: Path) -> None:
    complain(f"plug-in: executing the code in {path}")


def _report_stop(error: BaseException) -> int:
    """Print what stopped the command and how to resume it, and return the exit status."""
    left = " ".join(getattr(error, "__notes__", []))
    if isinstance(error, BrokenPipeError):  # `dlpy runs | head` succeeded, `dlpy train | head` did not
        return 128 + signal.SIGPIPE if left else 0
    number = error.number if isinstance(error, signals.Stopped) else signal.SIGINT
    by = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
    complain(f"stopped by {by}. {left}".rstrip())
    return 128 + number


_COMMANDS = (
    train, resume, evaluate, predict, calibrate, kfold, search, compare, ensemble, rivals, generate, explain, export,
    plot, report, track, serve, warm, check, show, new, runs, watch, schema,
)  # fmt: skip
for _command in _COMMANDS:
    app.command()(_with_exit_status(_command))


def _print_versions(wanted: bool) -> None:
    """Print the versions of dlpy and of the libraries that affect its results, if --version is given."""
    if wanted:
        from dlpy.core.environment import versions

        told = {name: number for name, number in versions().items() if number is not None}
        say(*(f"{name} {number}" for name, number in told.items()))
        raise typer.Exit


@app.callback()
def _options(
    no_plugins: Annotated[
        bool, typer.Option("--no-plugins", help="Refuse experiments and runs with `plugins`: their code is executed.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_versions, help="Print versions and exit.")
    ] = False,
) -> None:
    """Train Keras models from short YAML experiment files."""
    if no_plugins:
        refuse_plugins()


@functools.cache
def parser() -> Callable[..., object]:
    """Return what parses command lines and runs commands; it takes a while to make."""
    return typer.main.get_command(app)


def main(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit status."""
    try:
        parser()(arguments, prog_name="dlpy")
    except BaseException as error:  # click's own exit, or a signal while the command line was parsed
        stop = signals.behind(error)
        if stop is not None:
            return _report_stop(stop)
        if not isinstance(error, SystemExit):
            raise
        return error.code if isinstance(error.code, int) else 0
    return 0


def _end_drawing() -> None:
    """End the process that draws; a command without one has not imported what does it."""
    drawing = sys.modules.get("dlpy.drawing.process")
    if drawing is not None:
        drawing.end()


def run() -> None:
    """Run the command line of this process and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # not every terminal can show every character
    timing.begin()
    own_process.claim()
    signals.listen(_report_stop)
    announcers.append(functools.cache(_report_plugin))
    status = main()
    _end_drawing()
    if (taken := timing.seconds()) is not None:
        complain(*timing.table(taken))
    signals.ignore()  # the work is done; Python's shutdown takes a while
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python prints an error at exit
    except OSError as error:
        status = _report_error(error)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if status > 128:  # TensorFlow's threads may still compute; Python's own shutdown would crash them
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
