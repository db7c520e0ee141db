"""Missing cells of a table: which texts mean one, how many there are, and what to say about them."""

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
    """A column's missing cells: their rows, and the texts that mean one, the experiment's `data.missing_values`."""

    column: str
    rows: Sequence[int]
    markers: Sequence[str]


def missing_cell(file: CsvFile, gaps: Gaps, advice: str, what: str = "cell") -> DataError:
    """Return the error about the first of a column's missing cells.

    Args:
        advice: what to do, in sentences.
        what: what is missing.
    """
    row, markers = min(gaps.rows), gaps.markers
    text, where = file.texts(gaps.column)[row], file.where(row, gaps.column)
    count = (
        f"{len(gaps.rows):,} cells of the column are missing."
        if len(gaps.rows) > 1
        else "No other cell of the column is."
    )
    if not text:
        return DataError(f"{where}: the {what} is missing. {advice} {count}")
    kept = as_list([marker for marker in markers if marker != text])
    return DataError(
        f"{where}: '{text}' means a missing {what}. {advice} {count} "
        f"If '{text}' is a value here, take it out of data.missing_values, which is {as_list(markers)}: "
        f"set data.missing_values: {kept}"
    )


def as_list(markers: Sequence[str]) -> str:
    """Return texts as a list that YAML, a command line and people read alike."""
    return json.dumps(list(markers), ensure_ascii=False)


def counted(file: CsvFile, missing: Mapping[str, Sequence[int]]) -> dict[str, Counter[str]]:
    """Return how often each text stands in a column's missing cells, given their rows, for columns that have any."""
    texts = {name: file.texts(name) for name, rows in missing.items() if rows}
    return {name: Counter(cells[row] for row in missing[name]) for name, cells in texts.items()}


def table_of(counts: Mapping[str, Mapping[str, int]], rules: Mapping[str, object]) -> Iterator[str]:
    """Yield a table of missing cells, a line for each column and text; nothing where there are none.

    Args:
        counts: how often each text that means a missing cell stands in each column.
        rules: what each column's missing cells are filled with.
    """
    found = [
        (name, f"'{text}'" if text else "empty", f"{count:,}", str(rules[name]))
        for name, texts in counts.items()
        for text, count in texts.items()
    ]
    if not found:
        return
    total = sum(count for texts in counts.values() for count in texts.values())
    yield f"missing cells: {total:,} (data.missing_values lists the texts that mean one)"
    lines = [("column", "text", "cells", "filled with"), *found[:_MOST_SHOWN]]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    for name, text, count, rule in lines:
        yield f"  {name:<{widths[0]}}  {text:<{widths[1]}}  {count:>{widths[2]}}  {rule}".rstrip()
    if len(found) > _MOST_SHOWN:
        yield f"  and {len(found) - _MOST_SHOWN:,} more lines"
