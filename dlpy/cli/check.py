"""`dlpy check`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

_FILES = "Experiment files (YAML), and options that override theirs, such as training.epochs=3."


def check(
    files: Annotated[list[str], typer.Argument(metavar="EXPERIMENT|KEY=VALUE", help=_FILES)],
    data: Annotated[bool, typer.Option("--data", help="Also load the data and report problems in it.")] = False,
) -> None:
    """Check experiment files without training; all mistakes are reported at once, with line numbers.

    Of ranges to search, both ends, every choice and some random points are tried.

    Example: dlpy check configs/*.yaml
    """
    from dlpy.cli.lines import say
    from dlpy.core import deferred_numpy
    from dlpy.core.errors import ConfigError, DlpyError

    if not data:
        deferred_numpy.defer()
    overrides = [text for text in files if "=" in text and not os.path.exists(text)]  # noqa: PTH110 - False where one is too long
    failed: list[DlpyError] = []
    paths = [Path(text) for text in files if text not in overrides]
    if not paths:
        raise ConfigError("no experiment file given: name at least one, such as configs/imdb_dense.yaml.")
    for path in paths:
        try:
            found = _check(path, overrides, data=data)
            say(f"{path}: ok", *(f"  {line}" for line in found))
        except DlpyError as error:
            say(*error.args)
            failed.append(error)
    if failed:
        raise typer.Exit(failed[0].exit_status)


def _check(path: Path, overrides: list[str], *, data: bool) -> list[str]:
    """Return the report on a valid experiment's data; no lines unless `data` is set. Of ranges, the first point's."""
    from dlpy.artworks.kinds import load_or_try
    from dlpy.core.errors import DlpyError

    experiment, document = load_or_try(path, overrides)
    if not data:
        return []
    from dlpy.artworks.base import Artwork
    from dlpy.artworks.make import prepared
    from dlpy.training.inspect import inspect

    try:
        if isinstance(experiment, Artwork):
            return [prepared(experiment, document).described]
        return list(inspect(experiment, document))
    except DlpyError as error:
        if str(error).startswith((f"{path}:", *overrides)):
            raise
        first, *others = error.args
        raise type(error)(f"{path}: {first}", *others) from error
