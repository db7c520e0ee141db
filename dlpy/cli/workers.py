"""The options of training in several processes, and their connections."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from dlpy.workers.group import Group

Workers = Annotated[
    str | None,
    typer.Option(
        "--workers",
        metavar="HOST:PORT,...",
        help="Addresses of the processes that train together; the first one writes the run. Start the same command in "
        "each. auto: as TF_CONFIG or SLURM says.",
    ),
]
Rank = Annotated[
    int | None,
    typer.Option(
        "--rank",
        min=0,
        max=1023,
        help="Number of this process among --workers, from 0.  \\[default: of TF_CONFIG or SLURM]",
    ),
]
Wait = Annotated[
    float, typer.Option("--wait", min=1, metavar="SECONDS", help="Time limit for the other workers to connect.")
]
WAIT = 300.0


@contextmanager
def group(
    workers: str | None, rank: int | None, wait: float, given: str, check: Callable[[int], None]
) -> Iterator[Group]:
    """Yield the connections to the other processes.

    Args:
        workers, rank, wait: the options.
        given: what this process is about to do, which must be the same in all of them.
        check: raises ConfigError if this number of processes cannot do it.
    """
    from dlpy.core.environment import environment
    from dlpy.core.errors import ConfigError
    from dlpy.workers.joining import joined
    from dlpy.workers.placement import placement

    if workers is None:
        raise ConfigError("--rank numbers the processes of --workers: give both, or leave it out.")
    place = placement(workers, rank, os.environ)
    check(place.size)
    now = environment()
    decisive = ("dlpy", "keras", "tensorflow", "tensorflow-cpu", "numpy")
    facts: dict[str, Any] = {"experiment": given}
    facts |= {f"version of {name}": now["versions"][name] for name in decisive} | {"settings": now["settings"]}
    found = joined(place, facts, wait)
    try:
        yield found
    finally:
        found.close()


def say_done(group: Group) -> None:
    """Print that a process other than the first is done."""
    from dlpy.cli.lines import say

    say(f"worker {group.rank} is done; worker 0 has the run.")
