"""Options and arguments that several commands share."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from dlpy.cli import completion

ConfigFile = Annotated[Path, typer.Argument(metavar="EXPERIMENT", help="The experiment file (YAML).")]
Overrides = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Options that override the file's.")
]
RunsFolder = Annotated[Path | None, typer.Option("--runs", help="Where runs live.  \\[default: $DLPY_RUNS or ./runs]")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors and the run's path.")]
Smoke = Annotated[bool, typer.Option("--smoke", help="A few batches, or steps, on generated data: does it run?")]

Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the latest unfinished run of the same experiment, if there is one.")
]
RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run: its id or the beginning, an experiment's name, a path, or 'latest'.",
        autocompletion=completion.runs,
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Stop where rows hold what no training row held, such as a new category.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def command_line() -> str:
    """Return the command as it was typed."""
    return shlex.join(["dlpy", *sys.argv[1:]])
