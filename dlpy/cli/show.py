"""`dlpy show`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def show(
    kind: Annotated[
        str | None, typer.Argument(help="datasets, transforms, models, callbacks, ... or an experiment file.")
    ] = None,
    name: Annotated[str | None, typer.Argument(help="One of them, to see its options.")] = None,
    plugin: Annotated[list[Path] | None, typer.Option(help="A plug-in file to load first; may be repeated.")] = None,
) -> None:
    """Show what experiment files can name, a component's options with defaults and file, or a resolved experiment.

    Example: dlpy show models dense
    """
    from dlpy.catalogue import component_help, kinds, listing
    from dlpy.cli.output import output
    from dlpy.config import load
    from dlpy.errors import ConfigError, did_you_mean
    from dlpy.registry import load_plugin

    for path in plugin or []:
        load_plugin(path)
    console = output()
    if kind is None:
        console.print(listing())
    elif Path(kind).is_file():
        experiment, _ = load(Path(kind))
        sys.stdout.write(experiment.to_yaml())
    elif kind not in kinds():
        raise ConfigError(f"there is nothing called '{kind}' to show.{did_you_mean(kind, kinds())}")
    elif name is None:
        console.print(listing(kind))
    else:
        console.print(component_help(kinds()[kind], name), highlight=False, soft_wrap=True)
