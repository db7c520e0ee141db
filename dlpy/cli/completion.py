"""Shell completion of runs, datasets, components and component kinds. File names are completed by the shell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

import typer


def runs(context: typer.Context, incomplete: str) -> list[str]:
    """Return the matching run ids, and `latest` if it matches."""
    from dlpy.runs.lookup import all_runs, default_runs_folder

    def found() -> list[str]:
        return [run.id for run in reversed(all_runs(context.params.get("runs_folder") or default_runs_folder()))]

    return _matching(incomplete, ["latest", *_known(found)])


def kinds(incomplete: str) -> list[str]:
    """Return the matching component kinds, parts of an experiment, and `data` and `model` if they match."""
    from dlpy.components import catalogue
    from dlpy.experiment.parts import parts

    return _matching(incomplete, [*_known(catalogue.kinds), *_known(parts), "data", "model"])


def components(context: typer.Context, incomplete: str) -> list[str]:
    """Return the matching components of the kind given as the argument before."""
    from dlpy.components import catalogue

    kind = context.params.get("kind")
    return _matching(incomplete, _known(lambda: catalogue.kinds()[kind].names()) if kind in catalogue.kinds() else [])


def datasets(incomplete: str) -> list[str]:
    """Return the names of matching datasets."""
    from dlpy.components.dataset import Dataset

    return _matching(incomplete, _known(Dataset.registry.names))


def _known(find: Callable[[], Iterable[str]]) -> list[str]:
    """Return what `find` returns, or nothing if it fails: completion must not print errors."""
    from dlpy.core.errors import DlpyError

    with suppress(DlpyError, OSError):
        return list(find())
    return []


def _matching(incomplete: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]
