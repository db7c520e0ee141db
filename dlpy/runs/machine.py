"""The runs that are being trained on this machine, in whatever folder."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from dlpy.runs.directory import Run
from dlpy.runs.lock import is_locked

_LOCK = ".lock"


def trained_here(processes: Path = Path("/proc")) -> list[Run]:
    """Return the runs whose lock a process of this user holds open, by path, without their folds and seeds.

    It is empty on systems without /proc.
    """
    folders = {path.parent for process in processes.glob("[0-9]*") for path in _locks(process)}
    runs = [Run(folder) for folder in sorted(folders) if (folder / "run.json").is_file()]
    return [run for run in runs if run.owner is None and is_locked(run)]


def _locks(process: Path) -> list[Path]:
    """Return the lock files that a process has open; none of processes of other users, or that have just ended."""
    found = []
    with suppress(OSError):
        for handle in (process / "fd").iterdir():
            with suppress(OSError):
                path = handle.readlink()
                found += [path] if path.name == _LOCK else []
    return found
