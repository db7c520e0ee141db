"""Errors that the user can fix, and suggestions for misspelt names."""

import difflib
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_MOST_BYTES = 16 << 30  # limit for files that are read into memory
_MOST_NAMES = 100  # limit for lists of known names; ImageNet has 1,000 classes, a deep network hundreds of layers


class DlpyError(Exception):
    """An error that the user can fix, shown without a traceback, one line per mistake.

    Names in the message may come from user data: line breaks and other unprintable characters are escaped.
    `exit_status` is the exit status of the command; `dlpy --help` lists them.
    """

    exit_status = 2

    def __init__(self, *lines: str) -> None:
        super().__init__(*map(on_a_line, lines))

    def __str__(self) -> str:
        return "\n".join(self.args)


class ConfigError(DlpyError):
    """The experiment file or the command line is wrong."""


class ConfigErrors(ConfigError):
    """Several mistakes in the options of one component: (keys below the component, message) of each."""

    def __init__(self, found: Sequence[tuple[tuple[str | int, ...], str]]) -> None:
        super().__init__(*(f"{'.'.join(map(str, keys))}: {message}" for keys, message in found))
        self.found = tuple(found)


class RefusedError(DlpyError):
    """An experiment or a run would execute plug-in code, which the user does not allow."""


class DataError(DlpyError):
    """The data is missing, damaged, or does not match the experiment file."""

    exit_status = 3


class UnavailableError(DataError):
    """The data is not on this machine and could not be downloaded; a stand-in may replace it."""


class SetupError(DlpyError):
    """A package, a device or a setting of this machine is missing or unsuitable."""

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
    """Convert OS errors while reading the user's data into one-line errors; reject pipes and devices."""
    try:
        check_kind(path)
        yield
    except FileNotFoundError:
        raise UnavailableError(f"there is no {what} {path}.") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}.") from None


@contextmanager
def reworded(change: Callable[[str], str]) -> Iterator[None]:
    """Change each line of the errors that the block raises, such as the name of a file that the user does not know."""
    try:
        yield
    except DlpyError as error:
        error.args = tuple(map(change, error.args))
        raise error from None


def check_kind(path: Path) -> None:
    """Raise DataError for a pipe or device, which may never end, and for a file that does not fit into memory."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise DataError(f"{path} is a pipe or a device; expected a file.")
    if found.st_size > _MOST_BYTES and stat.S_ISREG(found.st_mode):
        raise DataError(f"{path} has {found.st_size:,} bytes; at most {_MOST_BYTES:,} are supported.")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'? Known: a, b, x." for a misspelt name.

    The suggestion is omitted if no name is close, the list if it is too long for a line.
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    guess = f" Did you mean '{close[0]}'?" if close else ""
    return f"{guess} Known: {', '.join(names)}." if 0 < len(names) <= _MOST_NAMES else guess


def shortened(text: str, length: int) -> str:
    """Return the text on one line, with its middle replaced by … if it is longer than `length`."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    kept = length - 1
    return f"{text[: kept - kept // 3]}…{text[len(text) - kept // 3 :]}"


def in_one_line(error: BaseException) -> str:
    """Return the message of another library's error, without the colours and argument lists that Keras adds."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).partition("Arguments received by")[0].strip()
    return shortened(f"{type(error).__name__}: {text}" if text else type(error).__name__, 400)


def on_a_line(word: str) -> str:
    """Return the word on one line, with unprintable characters escaped."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in word)


def printable(text: str) -> str:
    """Return the text with terminal control characters escaped; line breaks are kept."""
    return "\n".join(map(on_a_line, text.split("\n")))
