"""`dlpy show`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def show(
    kind: Annotated[
        str | None, typer.Argument(help="datasets, transforms, models, callbacks, ...; an experiment file; or `data`.")
    ] = None,
    name: Annotated[
        str | None, typer.Argument(help="One of them, to see its options; after `data`, an experiment file.")
    ] = None,
    overrides: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...")] = None,
    samples: Annotated[int, typer.Option(min=0, help="How many training rows `show data` prints.")] = 3,
    plugin: Annotated[list[Path] | None, typer.Option(help="A plug-in file to load first; may be repeated.")] = None,
) -> None:
    """Show what experiment files can name, a component's options with defaults and file, or a resolved experiment.

    `dlpy show data EXPERIMENT` shows what becomes of its rows: shapes and types, and some of them on their way.

    Example: dlpy show models dense
    """
    from dlpy.catalogue import component_help, kinds, listing
    from dlpy.cli.lines import hand_over
    from dlpy.cli.output import output
    from dlpy.errors import ConfigError, did_you_mean
    from dlpy.kinds import load_any
    from dlpy.registry import load_plugin

    for path in plugin or []:
        load_plugin(path)
    console = output()
    if kind is None:
        console.print(listing())
    elif kind == "data":
        _show_data(name, overrides or [], samples)
    elif Path(kind).is_file():
        experiment, _ = load_any(Path(kind))
        hand_over(experiment.to_yaml())
    elif kind not in kinds():
        raise ConfigError(f"there is nothing called '{kind}' to show.{did_you_mean(kind, [*kinds(), 'data'])}")
    elif name is None:
        console.print(listing(kind))
    else:
        console.print(component_help(kinds()[kind], name), soft_wrap=True)


def _show_data(path: str | None, overrides: list[str], samples: int) -> None:
    """Print what an experiment's transforms make of its rows."""
    from dlpy import inspection
    from dlpy.cli.lines import say
    from dlpy.config import load
    from dlpy.errors import ConfigError

    if path is None:
        raise ConfigError("show data: give an experiment file.")
    for line in inspection.show(*load(Path(path), overrides), samples):
        say(line)
