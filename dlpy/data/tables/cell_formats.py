"""How the cells of a column are written, as an option: a currency, a unit, marks of thousands, booleans, durations."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from dlpy.core.options import Block
from dlpy.data.tables.amounts import MARKS, Decimal, Thousands, amount_of, same_unit
from dlpy.data.tables.decimals import number
from dlpy.data.tables.durations import seconds_of
from dlpy.data.tables.units import is_currency

Words = Literal["yes/no", "true/false", "t/f", "y/n", "on/off"]
_MARK_NAMES = {",": "commas", ".": "dots", " ": "spaces", "'": "apostrophes"}
_OF_KIND = {
    "number": {"unit", "thousands", "decimal", "scales", "bounds"},
    "boolean": {"words"},
    "duration": {"clock"},
}


class CellFormat(Block):
    """How the cells of a column are written that are not plain numbers; each becomes a number.

    A number may have its unit or none, a minus in front or behind (3.2-), and parentheses instead of a minus (3.2). A
    percentage stays one: 62.9% is 62.9. A duration or time of day becomes seconds, a boolean 1 or 0.
    """

    kind: Literal["number", "boolean", "duration"] = "number"
    """What the cells are. duration: also a time of day, as seconds since midnight."""
    unit: Annotated[str, Field(max_length=30)] = ""
    """Currency or unit before or behind each number, such as $, EUR, % or kg."""
    thousands: Thousands = ""
    """Mark between thousands. Default: none."""
    decimal: Decimal = "."
    """Mark before the decimals."""
    scales: bool = False
    """Whether K, M or B behind a number multiplies it by a thousand, a million or a billion, and million and so on."""
    bounds: bool = False
    """Whether a number may be a bound such as <0.1 or 10+; the bound itself is taken."""
    words: Words | None = None
    """Texts for true and false, in any case."""
    clock: Literal["hours:minutes", "minutes:seconds"] | None = None
    """How to read durations such as 12:30. Default: hours:minutes."""
    missing: list[str] = []
    """Texts that mark a missing cell of this column, besides missing_values, such as [-, inf]."""

    @model_validator(mode="after")
    def _of_its_kind(self) -> CellFormat:
        known = {"kind", "missing"} | _OF_KIND[self.kind]
        strange = next((name for name in type(self).model_fields if name in self.model_fields_set - known), None)
        if strange is not None and getattr(self, strange) != type(self).model_fields[strange].default:
            raise ValueError(f"'{strange}' does not apply to kind: {self.kind}")
        if (self.thousands, self.decimal) not in MARKS:
            raise ValueError("'thousands' and 'decimal' should differ")
        if self.kind == "boolean" and self.words is None:
            raise ValueError("'words' is needed for kind: boolean, such as yes/no")
        return self

    def value(self, text: str) -> float | None:
        """Return the number in a cell, NaN for a missing one, or None if the cell is written otherwise."""
        if text in self.missing:
            return math.nan
        if self.kind == "boolean":
            return self._truth(text)
        if self.kind == "duration":
            return seconds_of(text, minutes_first=self.clock == "minutes:seconds")
        return self._amount(text)

    def _truth(self, text: str) -> float | None:
        yes, no = (self.words or "yes/no").split("/")
        return {yes: 1.0, no: 0.0}.get(text.lower())

    def _amount(self, text: str) -> float | None:
        plain = number(text) if self.decimal == "." else None
        if plain is not None:
            return plain
        found = amount_of(text)
        if found is None or (found.unit and not same_unit(found.unit, self.unit)):
            return None
        if (found.scale != 1 and not self.scales) or (found.bound and not self.bounds):
            return None
        return found.value(self.thousands, self.decimal)

    def described(self) -> str:
        """Return the format in words: "numbers with $ and commas between thousands"."""
        if self.kind == "boolean":
            return f"{(self.words or '').replace('/', ' is 1, ')} is 0"
        if self.kind == "duration":
            return f"durations or times, in seconds{f' ({self.clock})' if self.clock else ''}"
        parts = [*self._parts()]
        if not parts:
            return "numbers, with signs such as (3.2) or 3.2-"
        return f"numbers with {' and '.join(', '.join(parts).rsplit(', ', 1))}"

    def _parts(self) -> Iterator[str]:
        if self.unit == "%":
            yield "% (62.9% is 62.9)"
        elif self.unit:
            yield self.unit if is_currency(self.unit) else f"the unit {self.unit}"
        if self.thousands:
            yield f"{_MARK_NAMES[self.thousands]} between thousands"
        if self.decimal != ".":
            yield "decimal commas"
        if self.scales:
            yield "K or M for thousand or million"
        if self.bounds:
            yield "bounds such as <5 or 5+ (taken as 5)"
        if self.missing:
            yield f"{' or '.join(repr(text) for text in self.missing[:3])} for missing"
