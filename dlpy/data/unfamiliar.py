"""What rows hold that no training row held: the model's answers to such rows are guesses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from dlpy.core.errors import DataError, on_a_line, shortened

_EXAMPLES = 5
_LONGEST = 40


@dataclass(frozen=True)
class Unfamiliar:
    """What one column holds that the training rows did not.

    problem: "unseen categories", "far outside the training range", "no known word" or "unknown words".
    rows: how many rows (of a series: times) hold it. total: how many there are.
    examples: some of it, each different value once, with how often it is there.
    known: what the training rows held instead, where that is short; else empty.
    is_usual: training rows have some of it too: it is reported, and is no error with --strict.
    """

    column: str
    problem: str
    rows: int
    total: int
    examples: tuple[tuple[str, int], ...] = ()
    known: str = ""
    is_usual: bool = False

    def cells(self) -> tuple[str, str, str, str]:
        """Return the line of a table about it, as text on one line."""
        return on_a_line(self.column), self.problem, f"{self.rows:,} of {self.total:,}", self._which()

    def line(self) -> str:
        """Return it as a sentence."""
        return f"{on_a_line(self.column)}: {self.problem} in {self.rows:,} of {self.total:,} rows: {self._which()}"

    @classmethod
    def of(cls, record: dict[str, Any]) -> Unfamiliar:
        """Return what `record` gave."""
        return cls(**{**record, "examples": tuple(record["examples"].items())})

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self) | {"examples": dict(self.examples)}

    def _which(self) -> str:
        told = ", ".join(f"'{on_a_line(shortened(text, _LONGEST))}' ({count:,})" for text, count in self.examples)
        return "; ".join(part for part in (told, on_a_line(self.known)) if part)


def counted(values: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Return the most frequent values, and how often each is there; the first to appear of equals."""
    return tuple(Counter(values).most_common(_EXAMPLES))


def require_familiar(found: list[Unfamiliar], what: str) -> None:
    """Raise DataError where rows hold what no training row held."""
    lines = [item.line() for item in found if not item.is_usual]
    if lines:
        raise DataError(f"--strict: {what} hold what no training row held. {'. '.join(lines)}.")
