"""The text of an experiment file."""

from __future__ import annotations

from pathlib import Path

from dlpy.core.errors import ConfigError, DataError, check_kind, did_you_mean

_MOST_BYTES = 1_000_000


def read_text(path: Path) -> str:
    """Return the text of an experiment file.

    Raises:
        ConfigError: there is no such file, it cannot be read, is too large, or is no text.
    """
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; expected an experiment file (YAML).")
    try:
        check_kind(path)
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except DataError as error:
        raise ConfigError(str(error)) from None
    except FileNotFoundError:
        near = [other.name for other in path.parent.glob("*.yaml")]
        raise ConfigError(f"there is no file {path}.{did_you_mean(path.name, near)}") from None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}.") from None
    if len(raw) > _MOST_BYTES:
        raise ConfigError(f"{path} is too large; an experiment file has at most {_MOST_BYTES:,} bytes.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not a text file (UTF-8).") from None
