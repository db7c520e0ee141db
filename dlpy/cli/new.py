"""`dlpy new`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlpy.cli import completion

_LONGEST = 60  # signs of a file's name; of letters beyond ASCII, each takes up to four of the 255 bytes there are

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A dataset's name, or your own .csv, .npz, .txt or folder of pictures.",
        autocompletion=completion.datasets,
    ),
]
Target = Annotated[str | None, typer.Option("--target", help="The column to predict.  \\[default: the last]")]
Ignore = Annotated[list[str] | None, typer.Option("--ignore", help="A column to leave out; may be repeated.")]
Categorical = Annotated[
    list[str] | None, typer.Option("--categorical", help="A column whose texts are categories; may be repeated.")
]
Missing = Annotated[
    list[str] | None, typer.Option("--missing", help="A text that means a missing cell, too; may be repeated.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="The file to write.  \\[default: SOURCE's name with .yaml, here]")
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]


def new(
    source: Source,
    target: Target = None,
    ignore: Ignore = None,
    categorical: Categorical = None,
    missing: Missing = None,
    output: Output = None,
    force: Force = False,
) -> None:
    """Write a first experiment file for a dataset or for your own file, to be read and changed.

    Example: dlpy new houses.csv --target price
    """
    from dlpy.cli.lines import say
    from dlpy.core.errors import ConfigError
    from dlpy.core.registry import without_plugins
    from dlpy.core.suggestions import command
    from dlpy.experiment import experiment
    from dlpy.starter import starter
    from dlpy.starter.columns import Choices
    from dlpy.starter.wording import title_of
    from dlpy.storage.atomic import write_whole

    output = output or named_after(source)
    if output.exists() and not force:
        raise ConfigError(f"{output} exists. Give another name with --output, or replace it with --force.")

    def write(path: Path) -> None:
        path.write_text(text, encoding="utf-8")
        experiment.load(path)

    with without_plugins():
        choices = Choices(tuple(ignore or ()), tuple(categorical or ()), tuple(missing or ()))
        text = starter.experiment_for(source, target, output, choices)
        write_whole(output, write)
    say(str(output), *(f"  {line}" for line in title_of(text)), f"next: {command('train', output)}")


def named_after(source: str) -> Path:
    """Return the file, in the current folder, that is called like a source: what can be seen of its name."""
    named = Path(source) if Path(source).name not in ("", "..") else Path(source).resolve()
    stem = named.stem or "experiment"
    seen = "".join(sign if sign.isprintable() else "-" for sign in stem)
    return Path(f"{seen[:_LONGEST]}.yaml")
