"""A search among runs: its file, the score that it compares trials by, and short names of its options."""

from __future__ import annotations

from collections.abc import Sequence

from dlpy.core.errors import ConfigError, RunError
from dlpy.experiment.document import Document, read
from dlpy.runs.directory import Run
from dlpy.runs.how import HowSearched


def search_file(run: Run) -> Document:
    """Return the experiment of a search with its ranges; no code of the run is executed.

    Raises:
        RunError: the file is damaged or missing.
    """
    path = run.path / "search.yaml"
    try:
        return read(path)
    except (ConfigError, OSError) as error:
        raise RunError(f"{path} cannot be read: {error}") from None


def how_searched(run: Run) -> HowSearched:
    """Return how a search compares its trials: the score, and its direction.

    Raises:
        RunError: run.json is damaged or missing.
    """
    return run.record().search or HowSearched()


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Return the shortest end of each dotted name that no other has and that is more than the number of an item.

    Such as `learning_rate`, `optimizer[2].beta_1` and `units.0`.
    """
    found = {}
    for name in names:
        parts = name.split(".")
        ends = [".".join(parts[start:]) for start in range(len(parts) - 1, -1, -1)]
        others = [other for other in names if other != name]
        found[name] = next((end for end in ends if not end.isdigit() and not any(_ends(o, end) for o in others)), name)
    return found


def _ends(name: str, end: str) -> bool:
    return name == end or name.endswith(f".{end}")
