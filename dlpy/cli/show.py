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
            help="Kind of component (datasets, transforms, models, ...), part of an experiment (training, kfold, "
            "search), an experiment file, 'data' or 'model'.",
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
    """List components, show the options of one or of a part, or print an experiment with all defaults filled in.

    `dlpy show data EXPERIMENT` shows the data: shapes and types, and some rows before and after each transform.

    `dlpy show model EXPERIMENT` shows the network: each layer with its shape, its weights and what goes in.

    Example: dlpy show models dense

    Example: dlpy show training

    Example: dlpy show configs/imdb_dense.yaml training.epochs=3
    """
    from dlpy.components.catalogue import kinds
    from dlpy.core.errors import ConfigError
    from dlpy.core.registry import load_plugin
    from dlpy.experiment.parts import parts

    behind = [word for word in (name, *(overrides or [])) if word is not None]
    for path in plugin or []:
        load_plugin(path)
    if (dot or png) and kind != "model":
        raise ConfigError("--dot and --png belong to 'dlpy show model EXPERIMENT'.")
    if kind == "data":
        _show_data(name, overrides or [], samples)
    elif kind == "model":
        _show_model(name, overrides or [], dot, png)
    elif kind is None or kind in kinds():
        _show_components(kind, behind)
    elif kind in parts():
        _show_part(kind, behind)
    else:
        _show_experiment(kind, behind)


def _show_components(kind: str | None, behind: list[str]) -> None:
    """List the components of one kind, or of all, or print the options of one."""
    from dlpy.cli.output import output
    from dlpy.components.catalogue import component_help, kinds, listing
    from dlpy.core.errors import ConfigError

    if behind[1:]:
        message = f"show {kind} {behind[0]}: unexpected argument {behind[1]!r}; overrides need an experiment file."
        raise ConfigError(message)
    if kind is None or not behind:
        output().print(listing(kind))
    else:
        output().print(component_help(kinds()[kind], behind[0]), soft_wrap=True)


def _show_part(part: str, behind: list[str]) -> None:
    """Print the options of a part of an experiment."""
    from dlpy.cli.output import output
    from dlpy.components.catalogue import block_help
    from dlpy.core.errors import ConfigError
    from dlpy.experiment.parts import parts

    if behind:
        raise ConfigError(f"show {part}: unexpected argument {behind[0]!r}; all its options are shown at once.")
    output().print(block_help(parts()[part], f"{part}."), soft_wrap=True)


def _show_experiment(path: str, overrides: list[str]) -> None:
    """Print an experiment with all defaults filled in."""
    from dlpy.artworks.kinds import load_any
    from dlpy.cli.lines import write_data
    from dlpy.components.catalogue import kinds
    from dlpy.core.errors import ConfigError, did_you_mean
    from dlpy.experiment.parts import parts

    if not _is_file(path):
        hint = did_you_mean(path, [*kinds(), *parts(), "data", "model"])
        raise ConfigError(f"'{path}' is no kind of component and no experiment file.{hint}")
    experiment, _ = load_any(Path(path), overrides)
    write_data(experiment.to_yaml())


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
