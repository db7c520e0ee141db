"""The `dlpy` command: its subcommands, and what becomes of errors."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import click
import typer

from dlpy.cli.plot import plot
from dlpy.cli.train import train
from dlpy.errors import DlpyError

EXIT_STATUS = """
Exit status: 0 done; 1 a bug in dlpy; 2 the experiment file or the command line; 3 the data; 4 the environment;
5 training diverged; 6 storage; 7 the run's state; 130 and 143 stopped by SIGINT and SIGTERM.
"""

app = typer.Typer(
    name="dlpy",
    help="Trains Keras models from short YAML experiment files.",
    epilog=EXIT_STATUS,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (train, plot):
    app.command()(_command)


@app.callback()
def _options() -> None:
    """Train Keras models from short YAML experiment files."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit status."""
    try:
        return app(arguments, standalone_mode=False, prog_name="dlpy") or 0
    except DlpyError as error:
        print(str(error) if "\n" in str(error) else f"error: {error}", file=sys.stderr)
        return error.exit_status
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        print("stopped by Ctrl-C.", file=sys.stderr)
        return 130


def run() -> None:
    """Run the command line of this process; the script `dlpy`."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(main())


def _terminate(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
