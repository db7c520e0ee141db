"""Finds the file of a named dataset: at data.path, in $DLPY_DATA, in a cache, or by download."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dlpy.core.errors import DataError, UnavailableError, reading
from dlpy.core.progress import Progress, progress_bar
from dlpy.storage.cache import own_cache


@dataclass(frozen=True)
class Remote:
    """A downloadable file: its name, URL and expected sha256 (None if none is published).

    Keras keeps the same file in `keras_folder` of its cache, sometimes as `keras_name`. Files published only by Keras
    have an md5 instead. `advice` tells the user what else to do.
    """

    name: str
    url: str
    sha256: str | None
    keras_folder: str = "datasets"
    keras_name: str | None = None
    max_bytes: int = 1 << 30
    advice: str = (
        "Put it into the folder $DLPY_DATA or set data.path to it; "
        "or set data.fallback: stand_in to train on generated rows."
    )


def locate(remote: Remote, path: str | None, progress: Progress | None = None, *, loopback: bool = False) -> Path:
    """Return the path of the file on this machine, downloaded if necessary.

    The file is searched at `path` and in $DLPY_DATA (used without a check), then in Keras' cache and dlpy's cache
    (used only if the checksum is right). Keras' cache is never written to.

    Args:
        path: the option data.path.
        progress: called with the bytes so far and in total. Default: a progress bar on a terminal.
        loopback: allow http to this machine, for tests.

    Raises:
        DataError: `path` does not exist, or the downloaded file has the wrong checksum.
        UnavailableError: the file was not found, and the download failed or is forbidden.
    """
    if path is not None:
        return given(path)
    found = in_data_folder(remote.name) or _in_caches(remote)
    if found is not None:
        return found
    if is_offline():
        raise UnavailableError(
            f"{remote.name} is not on this machine, and DLPY_OFFLINE forbids downloading it. {_advice(remote)}"
        )
    from dlpy.storage.download import Address, download  # with http and ssl, which few commands need

    target = own_cache() / remote.name
    address = Address(remote.url, max_bytes=remote.max_bytes, loopback=loopback)
    with _shown(remote.name, progress) as report:
        try:
            download(address, target, remote.sha256, report)
        except UnavailableError as error:
            raise UnavailableError(f"{remote.name} is not on this machine. {error} {_advice(remote)}") from None
    return target


def on_this_machine(remote: Remote, path: str | None) -> Path | None:
    """Return the path of an auxiliary file of a dataset, without downloading it; None if it is not found.

    Args:
        path: the option data.path; the auxiliary file is searched beside it.
    """
    beside = None if path is None else Path(path).expanduser().with_name(remote.name)
    return beside if beside is not None and beside.is_file() else in_data_folder(remote.name) or _in_caches(remote)


def given(path: str) -> Path:
    """Return data.path as a path.

    Raises:
        DataError: it does not exist, or is a pipe or a device.
    """
    found = Path(path).expanduser()
    if not found.exists():
        raise DataError(f"data.path: {path} does not exist (working directory: {Path.cwd()}).")
    with reading(found):
        return found


def in_data_folder(name: str) -> Path | None:
    """Return the path of a file in $DLPY_DATA, or None if it is not found."""
    folder = os.environ.get("DLPY_DATA")
    path = Path(folder).expanduser() / name if folder else None
    return path if path is not None and path.exists() else None


def is_offline() -> bool:
    """Return whether DLPY_OFFLINE forbids the network."""
    return os.environ.get("DLPY_OFFLINE", "0").lower() not in ("", "0", "false", "no")


def _in_caches(remote: Remote) -> Path | None:
    from dlpy.storage.download import has_checksum

    keras = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    candidates = (keras / remote.keras_folder / (remote.keras_name or remote.name), own_cache() / remote.name)
    for path in candidates:
        if path.is_file() and (remote.sha256 is None or has_checksum(path, remote.sha256)):
            return path
    return None


def _advice(remote: Remote) -> str:
    return f"Get it from {remote.url}. {remote.advice}"


@contextmanager
def _shown(name: str, progress: Progress | None) -> Iterator[Progress | None]:
    """Yield the progress callback: the caller's own, or a progress bar."""
    if progress is not None:
        yield progress
        return
    with progress_bar(name, in_bytes=True) as bar:
        yield bar
