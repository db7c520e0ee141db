"""`dlpy show`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from dlpy.cli import completion
from dlpy.cli.options import Overrides


def show(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help="Kind of component (datasets, transforms, models, ...), an experiment file, 'data' or 'model'.",
            autocompletion=completion.kinds,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="Component whose options to show; after 'data' or 'model', an experiment file.",
            autocompletion=completion.components,
        ),
    ] = None,
    overrides: Overrides = None,
    samples: Annotated[
        int, typer.Option(min=0, max=1_000_000, help="Number of training rows that `show data` prints.")
    ] = 3,
    dot: Annotated[bool, typer.Option("--dot", help="Print `show model` in the language of Graphviz.")] = False,
    png: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also draw the network of `show model` into this PNG file.")
    ] = None,
    plugin: Annotated[
        list[Path] | None, typer.Option(help="Plug-in file to load first (its code is executed); may be repeated.")
    ] = None,
) -> None:
    """List components, show the options of one, or print an experiment with all defaults filled in.

    `dlpy show data EXPERIMENT` shows the data: shapes and types, and some rows before and after each transform.

    `dlpy show model EXPERIMENT` shows the network: each layer with its shape, its weights and what goes in.

    Example: dlpy show models dense

    Example: dlpy show configs/imdb_dense.yaml training.epochs=3
    """
    from dlpy.artworks.kinds import load_any
    from dlpy.cli.lines import write_data
    from dlpy.cli.output import output
    from dlpy.components.catalogue import component_help, kinds, listing
    from dlpy.core.errors import ConfigError, did_you_mean
    from dlpy.core.registry import load_plugin

    behind = [word for word in (name, *(overrides or [])) if word is not None]

    for path in plugin or []:
        load_plugin(path)
    if (dot or png) and kind != "model":
        raise ConfigError("--dot and --png belong to 'dlpy show model EXPERIMENT'.")
    console = output()
    if kind is None:
        console.print(listing())
    elif kind == "data":
        _show_data(name, overrides or [], samples)
    elif kind == "model":
        _show_model(name, overrides or [], dot, png)
    elif kind not in kinds() and _is_file(kind):
        experiment, _ = load_any(Path(kind), behind)
        write_data(experiment.to_yaml())
    elif kind not in kinds():
        raise ConfigError(
            f"'{kind}' is no kind of component and no experiment file.{did_you_mean(kind, [*kinds(), 'data', 'model'])}"
        )
    elif behind[1:]:
        raise ConfigError(f"show {kind} {name}: unexpected argument {behind[1]!r}; overrides need an experiment file.")
    elif name is None:
        console.print(listing(kind))
    else:
        console.print(component_help(kinds()[kind], name), soft_wrap=True)


def _is_file(name: str) -> bool:
    """Return whether the argument names an experiment file, existing or not."""
    return Path(name).suffix in (".yaml", ".yml") or os.path.isfile(name)  # noqa: PTH113 - False where it is too long


def _show_data(path: str | None, overrides: list[str], samples: int) -> None:
    """Print some of an experiment's rows before and after each transform."""
    from dlpy.cli.lines import say
    from dlpy.core.errors import ConfigError
    from dlpy.experiment.experiment import load
    from dlpy.training import inspect

    if path is None:
        raise ConfigError("show data: give an experiment file.")
    for line in inspect.show(*load(Path(path), overrides), samples):
        say(line)


def _show_model(path: str | None, overrides: list[str], dot: bool, png: Path | None) -> None:
    """Print an experiment's network, and draw it if asked to."""
    from dlpy.cli.lines import say, write_data
    from dlpy.core.errors import ConfigError
    from dlpy.experiment.experiment import load
    from dlpy.training.show_model import network_of

    if path is None:
        raise ConfigError("show model: give an experiment file.")
    network = network_of(*load(Path(path), overrides))
    if dot:
        write_data(network.dot())
    else:
        say(*network.lines())
    if png is not None:
        network.draw(png)
