"""Checks a cluster before anything is trained there."""

from __future__ import annotations

from collections.abc import Sequence

from dlpy.cluster.address import connected
from dlpy.cluster.protocol import Cluster, Worker
from dlpy.core.environment import versions
from dlpy.core.errors import SetupError
from dlpy.runs.how import Place

_DECIDE = ("dlpy", "python", "tensorflow", "tensorflow-cpu", "keras", "numpy")  # packages whose versions must agree


def check_place(place: Place) -> None:
    """Raise ConfigError or SetupError unless trainings can run at a place."""
    if place.is_local:
        return
    cluster = connected(place)
    try:
        usable_workers(cluster, place, "", "")
    finally:
        cluster.close()


def usable_workers(cluster: Cluster, place: Place, probe: str, text: str) -> list[Worker]:
    """Return the workers of a cluster.

    Args:
        probe, text: see `Cluster.workers`.

    Raises:
        SetupError: there are none, or some cannot work, or all lack a resource that the trainings need.
    """
    try:
        found, lacks = cluster.workers(probe, text), cluster.lacks()
    except TimeoutError as error:
        raise SetupError(f"--on {place.on}: the cluster does not answer: {error}.") from None
    if not found:
        raise SetupError(f"--on {place.on}: the cluster has no workers; start some.")
    wrong = [(worker, reason) for worker in found if (reason := _reason(worker))]
    if wrong:
        raise SetupError(f"--on {place.on}: {_told(wrong)}.")
    if lacks is not None:
        raise SetupError(f"--on {place.on}: no worker offers {lacks}.")
    return found


def _told(wrong: Sequence[tuple[Worker, str]]) -> str:
    (worker, reason), *others = wrong
    return f"worker {worker.name}: {reason}" + (f"; {len(others) + 1} workers in all" if others else "")


def _reason(worker: Worker) -> str | None:
    """Return why a worker cannot give the results of this machine, or None."""
    if worker.error is not None:
        return worker.error
    here = versions()
    pairs = [(name, _minor(name, worker.versions.get(name)), _minor(name, here[name])) for name in _DECIDE]
    found = [f"{name} {there or 'none'}, here {own or 'none'}" for name, there, own in pairs if there != own]
    return f"it has {'; '.join(found)}: install the same versions" if found else None


def _minor(package: str, version: str | None) -> str | None:
    """Return a version; of Python, without the number of the patch."""
    return version if package != "python" or version is None else version.rpartition(".")[0]
