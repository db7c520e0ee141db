"""Where trainings take place, from the options of a command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlpy.core.errors import ConfigError

if TYPE_CHECKING:
    from dlpy.runs.how import Place

_ALL_AT_ONCE = 1000  # trainings that a cluster is given, which runs as many at a time as it has workers
_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def place_of(
    on: str | None, gpus: float | None = None, cpus: float | None = None, memory: str | None = None
) -> Place | None:
    """Return where to train, or None if the command does not say; a cluster is checked.

    Raises:
        ConfigError: an option is wrong.
        SetupError: the cluster does not answer, or its workers cannot train for this machine.
    """
    from dlpy.runs.how import Place

    needs = {"--gpus": gpus, "--cpus": cpus, "--memory": memory}
    given = next((name for name, value in needs.items() if value is not None), None)
    if on is None or on == "local":
        if given is not None:
            raise ConfigError(
                f"{given}: only a cluster has resources to ask for; give --on dask://... or ray://... too."
            )
        return None if on is None else Place()
    from dlpy.cluster.check import check_place

    place = Place(on, gpus, cpus, None if memory is None else bytes_of(memory))
    check_place(place)
    return place


def usual_jobs(place: Place | None) -> int:
    """Return the number of trainings at a time where the command does not say."""
    return 1 if place is None or place.is_local else _ALL_AT_ONCE


def bytes_of(text: str) -> int:
    """Return a size such as 4GB or 512 MiB in bytes."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip().lower())
    unit = _UNITS.get(found[2].upper()) if found else None
    if found is None or unit is None or not float(found[1]):
        raise ConfigError(f"--memory {text}: expected a size such as 4GB or 512MiB.")
    return round(float(found[1]) * unit)
