"""Which processes train together, and which of them this one is: from options, TF_CONFIG or the variables of SLURM."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from dlpy.core.errors import ConfigError

_ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
_FIRST_PORT, _PORTS = 20_000, 20_000  # of those that SLURM's job number chooses from


@dataclass(frozen=True)
class Placement:
    """The processes of a training. The first one listens; the others connect to it.

    names: of the processes in messages, such as their addresses, by rank.
    """

    host: str
    port: int
    names: tuple[str, ...]
    rank: int

    @property
    def size(self) -> int:
        """The number of processes."""
        return len(self.names)

    def name(self, rank: int) -> str:
        """Return a process as messages name it."""
        return f"worker {rank} ({self.names[rank]})"


def placement(workers: str, rank: int | None, variables: Mapping[str, str]) -> Placement:
    """Return where this process is.

    Args:
        workers: addresses separated by commas, or `auto`.
        rank: the number of this process; otherwise a variable gives it.
        variables: the environment.

    Raises:
        ConfigError: an option or a variable is wrong or missing.
    """
    if workers == "auto":
        return _of_variables(rank, variables)
    addresses = [part.strip() for part in workers.split(",")]
    if rank is None:
        rank = _rank_of(variables)
    if rank is None:
        raise ConfigError("--workers: this process needs its number: add --rank 0 here, --rank 1 for the second.")
    return _placed(addresses, rank, "--workers")


def _of_variables(rank: int | None, variables: Mapping[str, str]) -> Placement:
    if "TF_CONFIG" in variables:
        addresses, own = _tf_config(variables["TF_CONFIG"])
        return _placed(addresses, own if rank is None else rank, "TF_CONFIG")
    if "SLURM_PROCID" in variables:
        return _of_slurm(rank, variables)
    known = "neither TF_CONFIG nor the variables of SLURM are set"
    raise ConfigError(f"--workers auto: {known}: list the addresses, such as --workers a:5000,b:5000 --rank 0.")


def _rank_of(variables: Mapping[str, str]) -> int | None:
    if "TF_CONFIG" in variables:
        return _tf_config(variables["TF_CONFIG"])[1]
    own = variables.get("SLURM_PROCID", "")
    return int(own) if own.isdecimal() else None


def _tf_config(text: str) -> tuple[list[str], int]:
    """Return the addresses and the rank in TF_CONFIG."""
    try:
        given = json.loads(text)
        addresses, task = given["cluster"]["worker"], given["task"]
        fits = task["type"] == "worker" and type(task["index"]) is int and set(given["cluster"]) == {"worker"}
    except (ValueError, LookupError, TypeError):
        fits, addresses, task = False, [], {}
    if not fits or not isinstance(addresses, list) or not all(isinstance(address, str) for address in addresses):
        form = '{"cluster": {"worker": ["a:5000", "b:5000"]}, "task": {"type": "worker", "index": 0}}'
        raise ConfigError(f"TF_CONFIG has another form than {form}.")
    return addresses, task["index"]


def _of_slurm(rank: int | None, variables: Mapping[str, str]) -> Placement:
    """Return the placement of a task of SLURM; the first task listens on the first node."""
    try:
        size, own = int(variables["SLURM_NTASKS"]), int(variables["SLURM_PROCID"])
        job = int(variables["SLURM_JOB_ID"])
        host = first_node(variables.get("SLURM_STEP_NODELIST") or variables["SLURM_JOB_NODELIST"])
    except (KeyError, ValueError):
        needed = "SLURM_NTASKS, SLURM_PROCID, SLURM_JOB_ID or SLURM_JOB_NODELIST"
        raise ConfigError(f"--workers auto: {needed} is missing or damaged: start this command by srun.") from None
    names = tuple(f"task {number}" for number in range(size))
    return _checked(Placement(host, _FIRST_PORT + job % _PORTS, names, own if rank is None else rank), "SLURM_NTASKS")


def first_node(nodes: str) -> str:
    """Return the first node in a list as SLURM writes it: n07 of n[07-09,12],m1.

    Raises:
        ValueError: it has another form.
    """
    found = re.match(r"([A-Za-z0-9._-]+)(?:\[([0-9]+)[^\]]*\])?([A-Za-z0-9._-]*)(?:,|$)", nodes)
    if found is None:
        raise ValueError(nodes)
    return found[1] + (found[2] or "") + found[3]


def _placed(addresses: list[str], rank: int, source: str) -> Placement:
    for address in addresses:
        found = _ADDRESS.fullmatch(address)
        if found is None or not 0 < int(found[2]) < 65536:
            raise ConfigError(f"{source}: {address!r} is no address: write host:port, such as 10.0.0.1:5000.")
    twice = sorted({address for address in addresses if addresses.count(address) > 1})
    if twice:
        raise ConfigError(f"{source}: {twice[0]} is listed twice: each process needs an address of its own.")
    host, _, port = addresses[0].rpartition(":")
    return _checked(Placement(host.strip("[]"), int(port), tuple(addresses), rank), source)


def _checked(found: Placement, source: str) -> Placement:
    if found.size < 2:
        raise ConfigError(f"{source}: one process trains alone: list at least two, or leave the option out.")
    if not 0 <= found.rank < found.size:
        raise ConfigError(f"--rank: {found.rank} is not one of the {found.size} workers, 0 to {found.size - 1}.")
    return found
