"""Mistakes that the user can fix, and the nearest right word for a wrong one."""

import difflib
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_MOST_BYTES = 16 << 30  # of a file that is read as a whole
_MOST_NAMES = 100  # that are listed; ImageNet has 1,000 classes, a deep network hundreds of layers


class DlpyError(Exception):
    """A mistake the user can fix: shown as one line, or one line a mistake, without a traceback.

    Names in it may come from outside: a line break or another sign that cannot be seen is spelled out.
    `exit_status` is what the command line returns to the shell; `dlpy --help` lists them.
    """

    exit_status = 2

    def __init__(self, *lines: str) -> None:
        super().__init__(*map(on_a_line, lines))

    def __str__(self) -> str:
        return "\n".join(self.args)


class ConfigError(DlpyError):
    """The experiment file or the command line is wrong."""


class RefusedError(DlpyError):
    """An experiment or a run would run code of its own, which the user does not want."""


class DataError(DlpyError):
    """The data is missing, damaged, or not what the experiment file says it is."""

    exit_status = 3


class UnavailableError(DataError):
    """The data is not on this machine and could not be fetched; a stand-in may take its place."""


class SetupError(DlpyError):
    """A package, a device or a setting of this machine is in the way."""

    exit_status = 4


class DivergedError(DlpyError):
    """Training produced NaN or infinity."""

    exit_status = 5


class StorageError(DlpyError):
    """A file could not be written: disk full, read-only folder, no permission."""

    exit_status = 6


class RunError(DlpyError):
    """A run directory is missing, incomplete, damaged or in use."""

    exit_status = 7


@contextmanager
def reading(path: Path, what: str = "file") -> Iterator[None]:
    """Turn the operating system's refusal to read the user's data into one line; refuse what has no end."""
    try:
        check_kind(path)
        yield
    except FileNotFoundError:
        raise UnavailableError(f"there is no {what} {path}.") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}.") from None


def check_kind(path: Path) -> None:
    """Raise DataError for a pipe or a device, which may never end, and for a file that no memory would hold."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise DataError(f"{path} is a pipe or a device; expected a file.")
    if found.st_size > _MOST_BYTES and stat.S_ISREG(found.st_mode):
        raise DataError(f"{path} has {found.st_size:,} bytes; at most {_MOST_BYTES:,} are read.")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'? Known: a, b, x." for a wrong name.

    No guess where nothing is close; not all that are known where they are more than a line can hold.
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    guess = f" Did you mean '{close[0]}'?" if close else ""
    return f"{guess} Known: {', '.join(names)}." if 0 < len(names) <= _MOST_NAMES else guess


def shortened(text: str, length: int) -> str:
    """Return the text on one line, its middle left out where it is longer than `length`."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    kept = length - 1
    return f"{text[: kept - kept // 3]}…{text[len(text) - kept // 3 :]}"


def in_one_line(error: BaseException) -> str:
    """Return what another library's error says, without the colours and lists of arguments that Keras adds."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).partition("Arguments received by")[0].strip()
    return shortened(f"{type(error).__name__}: {text}" if text else type(error).__name__, 400)


def on_a_line(word: str) -> str:
    """Return the word so that it is seen and keeps to its line."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in word)


def printable(text: str) -> str:
    """Return a text whose signs that steer a terminal are spelled out; new lines stay."""
    return "\n".join(map(on_a_line, text.split("\n")))
