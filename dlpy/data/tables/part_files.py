"""The files of a table: one, those in a folder, or those that a pattern such as parts/*.csv names."""

from __future__ import annotations

from glob import has_magic
from pathlib import Path

from dlpy.core.errors import DataError, UnavailableError, reading

SUFFIXES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".parquet", ".xlsx")
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")


def is_table(path: Path) -> bool:
    """Return whether the name of a file is that of a table, packed or not."""
    return without_packed(path).suffix.lower() in SUFFIXES or path.suffix.lower() == ".zip"


def without_packed(path: Path) -> Path:
    """Return the path of a packed table without the suffix of its packing: a.csv for a.csv.gz."""
    return path.with_suffix("") if path.suffix.lower() in _PACKED and path.with_suffix("").suffix else path


def files_of(path: Path) -> list[Path]:
    """Return the file, or the files of a folder or a pattern, sorted by name.

    Raises:
        UnavailableError: no file matches the pattern.
        DataError: the folder has no tables.
    """
    if path.is_dir():
        found = sorted(one for one in path.iterdir() if is_table(one) and not one.name.startswith("."))
        if not found:
            raise DataError(f"{path} is a folder without tables; expected a CSV file, or a folder of parts of one.")
        return found
    if not has_magic(str(path)) or path.exists():
        return [path]
    found = matching(path)
    if not found:
        raise UnavailableError(f"there is no file {path}.")
    return found


def bytes_of(path: Path) -> int:
    """Return the size of a table in its files.

    Raises:
        UnavailableError: there is none.
    """
    size = 0
    for one in files_of(path):  # a pattern is no file itself
        with reading(one):
            size += one.stat().st_size
    return size


def matching(pattern: Path) -> list[Path]:
    """Return the files that a pattern such as parts/*.csv names, sorted; none if it has no wildcard."""
    base, rest = Path(pattern.anchor), list(pattern.parts[bool(pattern.anchor) :])
    while rest and (base / rest[0]).exists():  # a folder may have brackets in its name
        base /= rest.pop(0)
    if not has_magic("/".join(rest)):
        return []
    try:
        return sorted(one for one in base.glob("/".join(rest)) if one.is_file())
    except ValueError:  # such as a**b
        return []
