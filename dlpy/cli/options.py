"""Options and arguments shared by several commands."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dlpy.cli import completion

RUN_HELP = "Run: its id or a prefix of it, an experiment's name (its latest run), a path, or 'latest'."
ConfigFile = Annotated[Path, typer.Argument(metavar="EXPERIMENT", help="Experiment file (YAML).")]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="Options that override the file's, such as training.epochs=3."),
]


def _folder_of_runs(text: str) -> Path:
    from dlpy.runs.mirror import folder_of_runs

    return folder_of_runs(text)


def output_option(metavar: str, text: str) -> Any:
    """Return the option --output of a command that writes a file or a folder on this machine.

    Args:
        metavar: what is written, such as FILE.
        text: of --help.
    """
    return typer.Option("--output", "-o", parser=_output_path, metavar=metavar, help=text)


def _output_path(text: str) -> Path:
    if "://" in text:
        raise typer.BadParameter(f"{text} is an address; files are written on this machine: give a path.")
    return Path(text)


_RUNS = "Folder of the runs, or an address such as s3://bucket/runs.  \\[default: $DLPY_RUNS or ./runs]"
RunsFolder = Annotated[Path | None, typer.Option("--runs", parser=_folder_of_runs, metavar="FOLDER", help=_RUNS)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors and the run's path.")]
Smoke = Annotated[bool, typer.Option("--smoke", help="Smoke test: a few steps on generated data.")]

Resume = Annotated[
    bool,
    typer.Option(
        "--resume", help="Resume the latest unfinished run of this experiment; start a new run if there is none."
    ),
]
RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help=RUN_HELP,
        autocompletion=completion.runs,
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Fail if rows contain values that no training row had, such as a new category.")
]
Interval = Annotated[
    bool,
    typer.Option(
        "--interval", help="Add the 95 % interval of each score: how far it may be off by the choice of rows."
    ),
]
On = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="ADDRESS",
        help="Where to train: local, dask://host:port or ray://host:port.  \\[default: local; of a run, as before]",
    ),
]
Gpus = Annotated[
    float | None, typer.Option(min=0, max=64, help="GPUs of the cluster that each training needs, such as 0.5.")
]
Cpus = Annotated[float | None, typer.Option(min=0, max=1024, help="CPUs of the cluster that each training needs.")]
Memory = Annotated[str | None, typer.Option(help="Memory of the cluster that each training needs, such as 4GB.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def command_line() -> str:
    """Return the command line as the user typed it."""
    return shlex.join(["dlpy", *sys.argv[1:]])
