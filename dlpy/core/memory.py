"""The memory that is free for this process."""

from __future__ import annotations

import os
import re
from pathlib import Path

_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(KB|MB|GB|TB)", re.IGNORECASE)
_LIMITS = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")  # of a container


def free_memory() -> int:
    """Return the bytes that this process may still use: what the machine has free, or less by a container's limit."""
    return min(_of_machine(), _of_container())


def size_of(text: str) -> int:
    """Return the number of bytes in a text such as 2GB or 500 MB.

    Raises:
        ValueError: it is no size.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None or float(found[1]) == 0:
        raise ValueError("expected auto or a size such as 500MB or 2GB")
    return round(float(found[1]) * _UNITS[found[2].upper()])


def shown_size(size: int) -> str:
    """Return a number of bytes as text, such as 2.1 GB."""
    unit = next((unit for unit, count in reversed(_UNITS.items()) if size >= count), "KB")
    return f"{size / _UNITS[unit]:.3g} {unit}"


def _of_machine() -> int:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def _of_container() -> int:
    try:
        most, taken = (int(path.read_text()) for path in _LIMITS)
    except (OSError, ValueError):  # "max": there is no limit
        return 2**63
    return max(0, most - taken)
