"""Missing cells of a table: the texts that mark them, their counts, and error messages about them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dlpy.core.errors import DataError
from dlpy.data.tables.csv_file import CsvFile

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "None", "?")

_MOST_SHOWN = 20  # lines of the table


@dataclass(frozen=True)
class Gaps:
    """The missing cells of a column: their rows, and the texts that mark them (`data.missing_values`)."""

    column: str
    rows: Sequence[int]
    markers: Sequence[str]


def missing_cell(file: CsvFile, gaps: Gaps, advice: str, what: str = "cell") -> DataError:
    """Return the error about the first missing cell of a column.

    Args:
        advice: what the user can do, in full sentences.
        what: what is missing, such as "target".
    """
    row, markers = min(gaps.rows), gaps.markers
    text, where = file.texts(gaps.column)[row], file.where(row, gaps.column)
    count = (
        f"{len(gaps.rows):,} cells of the column are missing."
        if len(gaps.rows) > 1
        else "It is the only missing cell of the column."
    )
    if not text:
        return DataError(f"{where}: the {what} is missing. {advice} {count}")
    if text not in markers:
        return DataError(f"{where}: '{text}' among numbers is taken for a missing {what}. {advice} {count}")
    kept = as_list([marker for marker in markers if marker != text])
    return DataError(
        f"{where}: '{text}' marks a missing {what}. {advice} {count} "
        f"If '{text}' is a value here, remove it from data.missing_values, which is {as_list(markers)}: "
        f"set data.missing_values: {kept}"
    )


def as_list(markers: Sequence[str]) -> str:
    """Return texts as a list in a form that is valid in YAML and on the command line."""
    return json.dumps(list(markers), ensure_ascii=False)


def counted(file: CsvFile, missing: Mapping[str, Sequence[int]]) -> dict[str, Counter[str]]:
    """Return the count of each text in the missing cells of each column, given their rows, for columns with any."""
    texts = {name: file.texts(name) for name, rows in missing.items() if rows}
    return {name: Counter(cells[row] for row in missing[name]) for name, cells in texts.items()}


def table_of(counts: Mapping[str, Mapping[str, int]], rules: Mapping[str, object]) -> Iterator[str]:
    """Yield the lines of a table of missing cells, one for each column and text; nothing if there are none.

    Args:
        counts: the count of each missing-cell text in each column.
        rules: what the missing cells of each column are filled with.
    """
    found = [
        (name, f"'{text}'" if text else "empty", f"{count:,}", str(rules[name]))
        for name, texts in counts.items()
        for text, count in texts.items()
    ]
    if not found:
        return
    total = sum(count for texts in counts.values() for count in texts.values())
    yield f"missing cells: {total:,} (data.missing_values lists the texts that mark one)"
    lines = [("column", "text", "cells", "filled with"), *found[:_MOST_SHOWN]]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    for name, text, count, rule in lines:
        yield f"  {name:<{widths[0]}}  {text:<{widths[1]}}  {count:>{widths[2]}}  {rule}".rstrip()
    if len(found) > _MOST_SHOWN:
        yield f"  and {len(found) - _MOST_SHOWN:,} more lines"
