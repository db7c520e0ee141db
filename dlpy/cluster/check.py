"""Checks a cluster before anything is trained there."""

from __future__ import annotations

from collections.abc import Sequence

from dlpy.cluster.address import connected
from dlpy.cluster.protocol import Cluster, Worker
from dlpy.cluster.versions import other_versions
from dlpy.core.environment import versions
from dlpy.core.errors import SetupError, in_one_line
from dlpy.runs.how import Place


def check_place(place: Place) -> None:
    """Raise ConfigError or SetupError unless trainings can run at a place."""
    if place.is_local:
        return
    cluster = connected(place)
    try:
        usable_workers(cluster, place, "", "")
    finally:
        cluster.close()


def usable_workers(cluster: Cluster, place: Place, probe: str, text: str) -> tuple[list[Worker], list[str]]:
    """Return the workers of a cluster, and the names of those that are silent, as one that was just lost is.

    Args:
        probe, text: see `Cluster.workers`.

    Raises:
        SetupError: there are none, or some cannot work, or all lack a resource that the trainings need.
    """
    try:
        found, lacks = cluster.workers(probe, text), cluster.lacks()
    except OSError as error:  # of a connection
        raise gone(place.on, error) from None
    if not found:
        raise SetupError(f"--on {place.on}: the cluster has no workers; start some.")
    answered = [worker for worker in found if not worker.is_silent]
    wrong = [(worker, reason) for worker in answered or found if (reason := _reason(worker))]
    if wrong:
        raise SetupError(f"--on {place.on}: {_told(wrong)}.")
    if lacks is not None:
        raise SetupError(f"--on {place.on}: no worker offers {lacks}.")
    return answered, [worker.name for worker in found if worker.is_silent]


def gone(address: str, error: BaseException | None = None) -> SetupError:
    """Return the error of a cluster that was connected and does not answer now."""
    reason = f" ({in_one_line(error).rstrip('.')})" if error is not None else ""
    return SetupError(f"--on {address}: the cluster does not answer any longer{reason}.")


def _told(wrong: Sequence[tuple[Worker, str]]) -> str:
    (worker, reason), *others = wrong
    return f"worker {worker.name}: {reason}" + (f"; {len(others) + 1} workers in all" if others else "")


def _reason(worker: Worker) -> str | None:
    """Return why a worker cannot give the results of this machine, or None."""
    if worker.is_silent:
        return "it does not answer"
    return worker.error or other_versions(worker.versions, versions())
