"""The installed versions of the packages that dlpy needs, as lines of a requirements.txt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, distribution, version

from dlpy.core.errors import SetupError


def pinned(extras: Sequence[str]) -> list[str]:
    """Return name==version of each package that dlpy with these extras needs, and that these need, in order.

    Raises:
        SetupError: one of them, or dlpy itself, is not installed.
    """
    found: dict[str, str] = {}
    wanted = [("dlpy", extra) for extra in ("", *extras)]
    seen = set(wanted)
    while wanted:
        package, extra = wanted.pop()
        for other, other_extra in _needs(package, extra):
            found[other] = _version(other, extras)
            new = {(other, ""), (other, other_extra)} - seen
            seen |= new
            wanted += new
    return [f"{name}=={found[name]}" for name in sorted(found)]


def _version(package: str, extras: Sequence[str]) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        told = ",".join(extras)
        raise SetupError(f"--to docker needs {package} for its version: pip install 'dlpy[{told}]'.") from None


def _needs(package: str, extra: str) -> Iterator[tuple[str, str]]:
    """Yield the packages that one needs on this machine for an extra, and the extras that it needs of them."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    try:
        lines = distribution(package).requires or []
    except PackageNotFoundError:
        raise SetupError(f"--to docker needs {package} as an installed package: pip install {package}.") from None
    for line in lines:
        needed = Requirement(line)
        if needed.marker is None or needed.marker.evaluate({"extra": extra}):
            for of_needed in needed.extras or [""]:
                yield canonicalize_name(needed.name), of_needed
