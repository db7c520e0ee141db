"""Reads a table from JSON Lines: an object in every line, all with the same keys."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from dlpy.core.errors import DataError, shortened
from dlpy.data.tables.part import Header, Part, part_of
from dlpy.data.tables.table_format import PLAIN, TableFormat
from dlpy.data.tables.typed_body import Typed


def is_json_lines(raw: bytes) -> bool:
    """Return whether the first line of a UTF-8 text is a JSON object."""
    line = raw[: 1 << 20].lstrip().partition(b"\n")[0]
    if not line.startswith(b"{"):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def read_json_lines(path: Path, raw: bytes, form: TableFormat) -> Part:
    """Return the table in a UTF-8 text.

    Raises:
        DataError: a line is no JSON object, has other keys than the first, or holds a list or an object.
    """
    names: list[str] = []
    rows: list[list[object]] = []
    lines = [number for number, line in enumerate(raw.split(b"\n"), 1) if line.strip()]
    for number, line in zip(lines, filter(bytes.strip, raw.split(b"\n")), strict=True):
        found = _object(f"{path.name}:{number}", line)
        names = names or list(found)
        _check(f"{path.name}:{number}", found, names)
        rows.append([found[name] for name in names])
    columns = [list(column) for column in zip(*rows, strict=True)]
    found_form = replace(PLAIN, encoding=form.encoding, decimal=form.decimal, thousands=form.thousands)
    return part_of(path, Header(names), Typed(columns, lines), found_form, [])


def _object(where: str, line: bytes) -> dict[str, object]:
    try:
        found = json.loads(line, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not JSON: {error}. Every line should hold one object.") from None
    if not isinstance(found, dict):
        raise DataError(f'{where}: expected a JSON object, such as {{"rooms": 3}}.')
    return found


def _check(where: str, found: dict[str, object], names: list[str]) -> None:
    nested = next((name for name, cell in found.items() if isinstance(cell, list | dict)), None)
    if nested is not None:
        shown = shortened(json.dumps(found[nested]), 40)
        raise DataError(f"{where}: '{nested}' holds {shown}; a table needs single values. Write one key for each part.")
    if found.keys() != set(names):
        missing, more = [name for name in names if name not in found], [name for name in found if name not in names]
        what = f"lacks '{missing[0]}'" if missing else f"has '{more[0]}', which the first lacks"
        raise DataError(f"{where}: the object {what}. Write null where there is no value.")
