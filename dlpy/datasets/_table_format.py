"""Options for the form of a table file, shared by csv, text_csv and timeseries_csv."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from dlpy.core.options import Block
from dlpy.data.tables.table_format import AUTO, BLANKS, TableFormat


def _text_encoding(name: str) -> str:
    """Return the name of an encoding of text that Python knows."""
    try:
        if name != AUTO:
            "".encode(name)
    except (LookupError, UnicodeError, ValueError):
        raise ValueError("expected auto or an encoding, such as utf-8, utf-16, cp1252, cp1251 or shift_jis") from None
    return name


def _delimiter(text: str) -> str:
    if text not in (AUTO, BLANKS) and (len(text) != 1 or not text.isascii() or text in '"\n\r.-+' or text.isalnum()):
        raise ValueError('expected the character between cells, such as "," or ";" or "\\t"; or auto, or blanks')
    return text


def _comment(text: str | None) -> str | None:
    if text is not None and text != AUTO and (not text.strip() or '"' in text or text[0].isalnum() or "\n" in text):
        raise ValueError('expected auto, null, or the characters that begin a comment, such as "#"')
    return text


class TableFileOptions(Block):
    """How the table is written in its file; by default all this is found by looking at the file."""

    encoding: Annotated[str, AfterValidator(_text_encoding)] = AUTO
    """Encoding of the text: auto, utf-8, cp1252, utf-16 or another that Python knows. auto: by the byte order mark, or
    utf-8, or cp1252 if the text is not utf-8."""
    delimiter: Annotated[str, AfterValidator(_delimiter)] = AUTO
    """Character between cells, e.g. ";" or "\\t"; blanks: any number of spaces or tabs. auto: the one that divides all
    lines equally."""
    decimal: Literal["auto", ".", ","] = AUTO
    """Decimal mark. auto: a comma if the numbers of the whole table are written that way, as in 3,14."""
    thousands: Literal["auto", ",", ".", " ", "'"] | None = AUTO
    """Thousands mark, e.g. "," in 1,234.5; null: none. auto: the one that all columns with such numbers have."""
    header: Literal["auto"] | bool = AUTO
    """Whether the first line has the column names; false: columns are named column_1, column_2, ... auto: true unless
    the line looks like all others."""
    comment: Annotated[str | None, AfterValidator(_comment)] = AUTO
    """Characters that begin a comment line, e.g. "#"; null: none. auto: "#" if such lines are above the header."""
    skip_lines: Literal["auto"] | Annotated[int, Field(ge=0, le=10_000)] = AUTO
    """Number of lines above the header that are left out, e.g. 3. auto: those with fewer cells than the table has
    columns."""
    sheet: Annotated[str, Field(min_length=1)] = AUTO
    """Sheet of an .xlsx file, by name. auto: the first that is not empty."""

    @model_validator(mode="after")
    def _different_marks(self) -> TableFileOptions:
        if self.thousands not in (None, AUTO) and self.thousands == self.decimal:
            raise ValueError(f"decimal and thousands cannot both be '{self.decimal}'")
        return self

    @property
    def format(self) -> TableFormat:
        """How the training file is read."""
        return TableFormat(**{name: getattr(self, name) for name in TableFileOptions.model_fields})

    @property
    def format_to_predict(self) -> TableFormat:
        """How a run whose options these are reads another file."""
        return self.format.of_new_file()
