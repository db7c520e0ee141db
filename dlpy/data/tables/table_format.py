"""The form of a table file: encoding, delimiter, decimal mark and the like, as given or as found."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import lru_cache, partial

from dlpy.data.tables import decimals

AUTO = "auto"
BLANKS = "blanks"  # the delimiter of columns that are separated by runs of spaces or tabs

_USUAL_DELIMITERS = (AUTO, BLANKS, *",;\t|")
_WESTERN = "cp1252"
_MARKS = re.compile("[ \u00a0\u202f'\u2019]")


@dataclass(frozen=True)
class TableFormat:
    """How a table is written; "auto" marks what is to be found in the file.

    delimiter: a character, or "blanks". thousands, comment: None if there are none. skip_lines: how many lines before
    the header are no part of the table. sheet: of an xlsx file. otherwise: the encoding of a file that is not UTF-8.
    """

    encoding: str = AUTO
    delimiter: str = AUTO
    decimal: str = AUTO
    thousands: str | None = AUTO
    header: bool | str = AUTO
    comment: str | None = AUTO
    skip_lines: int | str = AUTO
    sheet: str = AUTO
    otherwise: str = _WESTERN

    def stated(self) -> dict[str, object]:
        """Return the options in which a format without "auto" differs from a plain UTF-8 file with commas."""
        names = [field.name for field in fields(self) if field.name != "otherwise"]
        return {name: getattr(self, name) for name in names if getattr(self, name) not in (getattr(PLAIN, name), AUTO)}

    def of_new_file(self) -> TableFormat:
        """Return how another file is read for the run that was trained on a file of this format.

        What tells nothing about the meaning is found again; the marks in numbers and the header are as in training.
        """
        return replace(
            self,
            encoding=AUTO,
            delimiter=AUTO if self.delimiter in _USUAL_DELIMITERS else self.delimiter,
            decimal="." if self.decimal == AUTO else self.decimal,
            thousands=None if self.thousands == AUTO else self.thousands,
            header=True if self.header == AUTO else self.header,
            comment=AUTO,
            skip_lines=AUTO,
            sheet=AUTO,
            otherwise=_WESTERN if self.encoding.startswith(("auto", "utf")) else self.encoding,
        )

    @property
    def number(self) -> Callable[[str], float | None]:
        """The function that returns a text as a finite number, or None if it is not one in this format."""
        if self.decimal in (".", AUTO) and self.thousands in (None, AUTO):
            return decimals.number
        return partial(marked_number, decimal="." if self.decimal == AUTO else self.decimal, thousands=self.thousands)


ANY = TableFormat()
PLAIN = TableFormat("utf-8", ",", ".", None, True, None, 0)


def marked_number(text: str, decimal: str, thousands: str | None) -> float | None:
    """Return a number with marks such as "1.234,5", or None if the text is not one.

    Args:
        thousands: the mark between groups of three digits, which may be left out; " " also means the narrow and the
            non-breaking space. None: there is none.
    """
    if thousands not in (None, AUTO) and _grouped(decimal, str(thousands)).fullmatch(text):
        text = _MARKS.sub("", text) if thousands in (" ", "'") else text.replace(str(thousands), "")
    if decimal != ".":
        if "." in text:
            return None
        text = text.replace(decimal, ".")
    return decimals.number(text)


@lru_cache
def _grouped(decimal: str, thousands: str) -> re.Pattern[str]:
    mark = "[ \u00a0\u202f]" if thousands == " " else "['\u2019]" if thousands == "'" else re.escape(thousands)
    return re.compile(rf"[+-]?[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+(?:{re.escape(decimal)}[0-9]*)?")
