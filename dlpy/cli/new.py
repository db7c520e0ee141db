"""`dlpy new`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Source = Annotated[
    str,
    typer.Argument(metavar="SOURCE", help="A dataset's name, or your own .csv, .npz, .txt or folder of pictures."),
]
Target = Annotated[str | None, typer.Option("--target", help="The column to predict.  \\[default: the last]")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="The file to write.  \\[default: SOURCE's name with .yaml, here]")
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]


def new(
    source: Source,
    target: Target = None,
    output: Output = None,
    force: Force = False,
) -> None:
    """Write a first experiment file for a dataset or for your own file, to be read and changed.

    Example: dlpy new houses.csv --target price
    """
    from dlpy import config, starter
    from dlpy.errors import ConfigError
    from dlpy.writing import write_whole

    output = output or Path(f"{Path(source).stem}.yaml")
    if output.exists() and not force:
        raise ConfigError(f"{output} exists. Give another name with --output, or replace it with --force.")
    text = starter.experiment_for(source, target, output)
    write_whole(output, lambda path: path.write_text(text, encoding="utf-8"))
    config.load(output)
    print(f"{output}\nnext: dlpy train {output}")
