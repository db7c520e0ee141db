"""The members of an ensemble: the runs whose predictions it combines, and whether they are still what they were."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from dlpy.core.errors import RunError
from dlpy.runs.checkpoint_files import whole
from dlpy.runs.directory import Run
from dlpy.runs.how import HowCombined, Member
from dlpy.runs.lookup import final_model
from dlpy.runs.trust import require_own
from dlpy.storage.atomic import sha256


def how_combined(run: Run) -> HowCombined:
    """Return the members of an ensemble and how they are weighted.

    Raises:
        RunError: run.json is damaged.
    """
    how = run.record().ensemble
    if how is None or not how.members:
        raise RunError(f"{run.path / 'run.json'} is damaged: it names no members.")
    return how


def member_runs(run: Run) -> list[Run]:
    """Return the members of an ensemble in order; whether they exist is not checked."""
    return [_member(run, member) for member in how_combined(run).members]


def unchanged_members(run: Run) -> list[Run]:
    """Return the members of an ensemble.

    Raises:
        RunError: one is missing, or has changed since the ensemble was made.
    """
    damages = list(damages_of_members(run))
    if damages:
        raise RunError(f"ensemble {run.id}: {damages[0]}. Put it back, or make a new ensemble.")
    return member_runs(run)


def damages_of_members(run: Run) -> Iterator[str]:
    """Yield a line for each member of an ensemble that is missing or has changed."""
    try:
        how, members = how_combined(run), member_runs(run)
    except RunError as error:
        yield str(error).rstrip(".")
        return
    for known, member in zip(how.members, members, strict=True):
        if not (member.path / "run.json").is_file():
            yield f"its member {member.path} is missing"
            continue
        try:
            changed = member_digest(member) != known.sha256
        except RunError as error:
            yield f"its member {member.id} is damaged: {str(error).rstrip('.')}"
            continue
        if changed:
            yield f"its member {member.id} has changed since"


def member_digest(member: Run) -> str:
    """Return the sha256 of the files that a run's predictions follow from: experiment, transforms, best checkpoint.

    Raises:
        RunError: one of them is missing or damaged.
    """
    require_own(member.path)
    digest = hashlib.sha256()
    for one in [member, *(final for final in [final_model(member)] if final is not None)]:
        for path in _deciding(one):
            digest.update(sha256(path).encode())
    return digest.hexdigest()


def _deciding(member: Run) -> Iterator[Path]:
    """Yield the files that the predictions of a model follow from."""
    folder = member.checkpoints / "best"
    whole(folder)  # its manifest has the checksum of each file
    paths = [member.config, *([member.transforms] if member.transforms.is_file() else []), folder / "manifest.json"]
    for path in paths:
        if not path.is_file():
            raise RunError(f"{path} is missing.")
        yield path


def path_between(ensemble: Run, member: Run) -> str:
    """Return the path of a member from the folder of the ensemble."""
    return Path(os.path.relpath(member.path, ensemble.path.resolve())).as_posix()


def _member(run: Run, member: Member) -> Run:
    try:
        return Run((run.path / member.run).resolve())
    except (OSError, ValueError, RuntimeError):  # a null byte, a loop of links
        raise RunError(f"{run.path / 'run.json'} is damaged: a member has no possible path.") from None
