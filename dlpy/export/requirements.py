"""The installed versions of the packages that dlpy needs, as lines of a requirements.txt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, distribution

from dlpy.core.errors import SetupError


def pinned(packages: Sequence[str]) -> list[str]:
    """Return name==version of each package that dlpy needs, of these, and of those that they need, in order.

    Raises:
        SetupError: one of them, or dlpy itself, is not installed.
    """
    wanted = [("dlpy", ""), *((package, "") for package in packages)]
    seen = set(wanted)
    while wanted:
        new = set(_needs(*wanted.pop())) - seen
        seen |= new
        wanted += sorted(new)
    return [f"{name}=={distribution(name).version}" for name in sorted({name for name, _ in seen} - {"dlpy"})]


def _needs(package: str, extra: str) -> Iterator[tuple[str, str]]:
    """Yield the packages that one needs on this machine for an extra, and the extras that it needs of them."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    try:
        lines = distribution(package).requires or []
    except PackageNotFoundError:
        raise SetupError(f"--to docker needs the version of {package}, which is not installed here.") from None
    for line in lines:
        needed = Requirement(line)
        if needed.marker is None or needed.marker.evaluate({"extra": extra}):
            yield canonicalize_name(needed.name), ""
            yield from ((canonicalize_name(needed.name), of_needed) for of_needed in needed.extras)
