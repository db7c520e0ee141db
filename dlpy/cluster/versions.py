"""Compares the versions of the packages that decide about results."""

from __future__ import annotations

from collections.abc import Mapping

_DECIDE = ("dlpy", "python", "tensorflow", "tensorflow-cpu", "keras", "numpy")


def other_versions(there: Mapping[str, str | None], here: Mapping[str, str | None]) -> str | None:
    """Return a line that tells which versions of a worker are not those of this machine; None if they agree."""
    pairs = [(name, _minor(name, there.get(name)), _minor(name, here.get(name))) for name in _DECIDE]
    found = [f"{name} {other or 'none'}, here {own or 'none'}" for name, other, own in pairs if other != own]
    return f"it has {'; '.join(found)}: install the same versions" if found else None


def _minor(package: str, version: str | None) -> str | None:
    """Return a version; of Python, without the number of the patch."""
    return version if package != "python" or version is None else version.rpartition(".")[0]
