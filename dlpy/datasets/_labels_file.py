"""Checks of the table that `labels_path` names: whether it is there, and has the columns that options name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dlpy.core.errors import ConfigError, DataError, did_you_mean
from dlpy.data.tables import piece_reader
from dlpy.data.tables.table_format import ANY
from dlpy.storage.objects import is_remote

_PEEK_BYTES = 100_000


def check_labels(path: str | None, columns: Iterable[tuple[str, str]]) -> None:
    """Raise ConfigError if a table of labels is missing, or lacks a column.

    Args:
        path: of the table; None: there is none.
        columns: the options that name columns, and these columns.
    """
    if path is None or is_remote(path):
        return
    if not Path(path).is_file():
        raise ConfigError(f"data.labels_path: {path} does not exist. Correct the path, or write the file.")
    try:
        names = piece_reader.head_of(Path(path), ANY, _PEEK_BYTES).file.names
    except DataError:  # such as a packed file; reported when it is read
        return
    for key, name in columns:
        if name not in names:
            raise ConfigError(f"data.{key}: {path} has no column '{name}'.{did_you_mean(name, names)}")
