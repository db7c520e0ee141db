"""The `dlpy` command: its subcommands, and what becomes of errors."""

from __future__ import annotations

import functools
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

import typer

from dlpy.cli.check import check
from dlpy.cli.evaluate import evaluate
from dlpy.cli.kfold import kfold
from dlpy.cli.new import new
from dlpy.cli.plot import plot
from dlpy.cli.predict import predict
from dlpy.cli.runs import runs
from dlpy.cli.schema import schema
from dlpy.cli.show import show
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


def _with_exit_status(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command so that its errors become one line on standard error and an exit status."""

    @functools.wraps(command)
    def guarded(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except DlpyError as error:
            print(str(error) if "\n" in str(error) else f"error: {error}", file=sys.stderr)
            raise typer.Exit(error.exit_status) from None
        except KeyboardInterrupt:
            print("stopped by Ctrl-C.", file=sys.stderr)
            raise typer.Exit(130) from None
        except BrokenPipeError:
            raise typer.Exit(0) from None  # `dlpy runs | head`
        except (typer.Exit, SystemExit):
            raise
        except Exception:
            traceback.print_exc()
            print("This is a bug in dlpy: please report it with the lines above and the experiment.", file=sys.stderr)
            raise typer.Exit(1) from None

    return guarded


for _command in (train, evaluate, predict, kfold, plot, check, show, new, runs, schema):
    app.command()(_with_exit_status(_command))


@app.callback()
def _options() -> None:
    """Train Keras models from short YAML experiment files."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit status."""
    try:
        app(arguments, prog_name="dlpy")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def run() -> None:
    """Run the command line of this process; the script `dlpy`."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(main())


def _terminate(number: int, frame: FrameType | None) -> None:
    """Leave as Ctrl-C does: whatever cleans up gets its turn."""
    raise SystemExit(128 + number)
