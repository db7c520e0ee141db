"""What a shell completes: runs, components and their kinds. Files it completes by itself, where nothing fits here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

import typer


def runs(context: typer.Context, incomplete: str) -> list[str]:
    """Return the ids of runs that begin so, and `latest`."""
    from dlpy.runs.directory import all_runs, default_runs_folder

    def found() -> list[str]:
        return [run.id for run in reversed(all_runs(context.params.get("runs_folder") or default_runs_folder()))]

    return _begin(incomplete, ["latest", *_known(found)])


def kinds(incomplete: str) -> list[str]:
    """Return what `dlpy show` knows that begins so."""
    from dlpy.components import catalogue

    return _begin(incomplete, [*_known(catalogue.kinds), "data"])


def components(context: typer.Context, incomplete: str) -> list[str]:
    """Return the components, of the kind that stands before, that begin so."""
    from dlpy.components import catalogue

    kind = context.params.get("kind")
    return _begin(incomplete, _known(lambda: catalogue.kinds()[kind].names()) if kind in catalogue.kinds() else [])


def datasets(incomplete: str) -> list[str]:
    """Return the datasets that begin so."""
    from dlpy.components.dataset import Dataset

    return _begin(incomplete, _known(Dataset.registry.names))


def _known(find: Callable[[], Iterable[str]]) -> list[str]:
    """Return what is found; nothing where that fails: a shell that completes is no place for errors."""
    from dlpy.core.errors import DlpyError

    with suppress(DlpyError, OSError):
        return list(find())
    return []


def _begin(incomplete: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]
