"""The `dlpy` command: its subcommands, global options and error handling."""

from __future__ import annotations

import functools
import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from dlpy.cli.commands import Commands
from dlpy.cli.failures import report_error, report_stop
from dlpy.cli.lines import complain, say
from dlpy.core import own_process, signals, timing
from dlpy.core.registry import announcers, refuse_plugins

EXIT_STATUS = (
    "Exit status: 0 success; 1 bug in dlpy; 2 experiment file or command line; 3 data; 4 environment; "
    "5 training diverged; 6 storage; 7 state of the run; 130 and 143 stopped by SIGINT and SIGTERM."
)

app = typer.Typer(
    name="dlpy",
    cls=Commands,
    help="Trains Keras models from short YAML experiment files.",
    epilog=EXIT_STATUS,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
def parser() -> Commands:
    """Return what parses command lines and runs commands."""
    made = typer.main.get_command(app)
    assert isinstance(made, Commands)
    return made


def main(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit status."""
    try:
        parser()(arguments, prog_name="dlpy")
    except BaseException as error:  # click's own exit, or a signal while the command line was parsed
        stop = signals.behind(error)
        if stop is not None:
            return report_stop(stop)
        if not isinstance(error, SystemExit):
            raise
        return error.code if isinstance(error.code, int) else 0
    return 0


def _report_plugin(path: Path) -> None:
    complain(f"plug-in: executing the code in {path}")


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
    signals.listen(report_stop)
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
        status = report_error(error)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if status > 128:  # TensorFlow's threads may still compute; Python's own shutdown would crash them
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
