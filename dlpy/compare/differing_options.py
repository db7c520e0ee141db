"""The options in which the experiments of several runs differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dlpy.compare.sides import Side
from dlpy.experiment.document import read
from dlpy.runs.directory import ENSEMBLE, Run
from dlpy.runs.members import how_combined, member_runs

Values = dict[str, Any]

_OF_ENSEMBLES = "ensemble."  # how options of an ensemble begin


def differing_options(sides: Sequence[Side]) -> list[dict[str, Any]]:
    """Return the options with other values, by their dotted keys, with the value of each side; None: it has none.

    The name of the experiment is left out, and how its trainings were executed; so are the seeds if a side consists of
    several runs. Beside an ensemble, only the data and the names of the models are compared.
    """
    given = [options_of(side.runs[0]) for side in sides]
    keys = dict.fromkeys(key for options in given for key in options)
    for key in ("name", "training.together"):  # `auto` is replaced in runs of several trainings alone
        keys.pop(key, None)
    if any(is_ensemble(side.runs[0]) for side in sides):
        keys = dict.fromkeys(key for key in keys if key.startswith((_OF_ENSEMBLES, "data.")) or key == "model.name")
    if any(len(side.runs) > 1 for side in sides):
        keys.pop("seed", None)
    values = {key: [options.get(key) for options in given] for key in keys}
    return [{"option": key, "values": own} for key, own in values.items() if any(own[0] != other for other in own)]


def differ_by_seed(one: Side, other: Side) -> bool:
    """Return whether two sides are one training each of the same experiment and data, with other seeds."""
    sides = (one, other)
    if any(len(side.runs) > 1 or side.count > 1 for side in sides):
        return False
    is_same_data = len({side.runs[0].record().data.sha256 for side in sides}) == 1
    return is_same_data and [each["option"] for each in differing_options(sides)] == ["seed"]


def options_of(run: Run) -> Values:
    """Return the options in a run's config.yaml by dotted keys; a component in a list has its name as key.

    Of an ensemble, those of the data, its members, and how they are weighted.
    """
    found = _flat(read(run.config).values, "") if run.config.is_file() else {}
    if not is_ensemble(run):
        return found
    named = {"weights": how_combined(run).weighting, "members": [member.id for member in member_runs(run)]}
    of_data = {key: value for key, value in found.items() if key.startswith("data.")}
    return of_data | {f"{_OF_ENSEMBLES}{key}": value for key, value in named.items()}


def is_ensemble(run: Run) -> bool:
    """Return whether a run combines others."""
    return run.read("run.json").get("kind") == ENSEMBLE


def _flat(value: Any, key: str) -> Values:
    if isinstance(value, dict) and value:
        return _joined((_flat(item, f"{key}.{name}" if key else str(name)) for name, item in value.items()))
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        names = _names(value)
        return _joined(_flat(item, f"{key}.{name}") for name, item in zip(names, value, strict=True))
    return {key: value}


def _names(components: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of components, or their positions if these are not distinct."""
    names = [str(item.get("name", "")) for item in components]
    return names if all(names) and len(set(names)) == len(names) else [str(number) for number in range(len(names))]


def _joined(parts: Any) -> Values:
    return {key: value for part in parts for key, value in part.items()}
