"""Values not seen in training; predictions for such rows are unreliable."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from dlpy.core.errors import DataError, on_a_line, shortened

_EXAMPLES, _KEPT = 5, 1000
_LONGEST = 40


@dataclass(frozen=True)
class Unfamiliar:
    """The values of one column that the training rows did not contain.

    problem: "unseen categories", "far outside the training range", "no known word" or "unknown words".
    rows: number of rows (time steps of a series) with such values. total: number of all rows.
    examples: distinct values with their counts.
    known: what the training rows contained instead, if that is short; otherwise empty.
    is_usual: training rows have the same problem: it is reported, but is not an error with --strict.
    """

    column: str
    problem: str
    rows: int
    total: int
    examples: tuple[tuple[str, int], ...] = ()
    known: str = ""
    is_usual: bool = False

    def cells(self) -> tuple[str, str, str, str]:
        """Return the cells of its line in a table."""
        return on_a_line(self.column), self.problem, f"{self.rows:,} of {self.total:,}", self._which()

    def line(self) -> str:
        """Return it as a sentence."""
        return f"{on_a_line(self.column)}: {self.problem} in {self.rows:,} of {self.total:,} rows: {self._which()}"

    @classmethod
    def of(cls, record: dict[str, Any]) -> Unfamiliar:
        """Return the value stored by `record`."""
        return cls(**{**record, "examples": tuple(record["examples"].items())})

    def record(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self) | {"examples": dict(self.examples[:_EXAMPLES])}

    def _which(self) -> str:
        examples = ", ".join(
            f"'{on_a_line(shortened(text, _LONGEST))}' ({count:,})" for text, count in self.examples[:_EXAMPLES]
        )
        return "; ".join(part for part in (examples, on_a_line(self.known)) if part)


def counted(values: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Return the most frequent values with their counts; ties go to the first to appear."""
    return tuple(Counter(values).most_common(_KEPT))


def merged(parts: Iterable[list[Unfamiliar]], total: int) -> list[Unfamiliar]:
    """Return what is unfamiliar in rows, given what is in each of several parts of them.

    Args:
        parts: of each part of the rows.
        total: number of all rows.
    """
    found: dict[tuple[str, str], Unfamiliar] = {}
    for one in (item for part in parts for item in part):
        before = found.get((one.column, one.problem), replace(one, rows=0, examples=()))
        counter = Counter(dict(before.examples))
        counter.update(dict(one.examples))
        examples = tuple(counter.most_common(_KEPT))
        found[one.column, one.problem] = replace(one, rows=before.rows + one.rows, total=total, examples=examples)
    return list(found.values())


def distinct(found: Iterable[Unfamiliar]) -> list[Unfamiliar]:
    """Return each item once: members of an ensemble with the same inputs find the same."""
    return list({json.dumps(one.record(), sort_keys=True): one for one in found}.values())


def require_familiar(found: list[Unfamiliar], what: str) -> None:
    """Raise DataError if rows contain values not seen in training."""
    lines = [item.line() for item in found if not item.is_usual]
    if lines:
        raise DataError(f"--strict: {what} contain values not seen in training. {'. '.join(lines)}.")
