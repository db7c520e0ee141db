"""What a request asks for: rows, texts or images, from its body."""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import dataclass
from typing import Any

from dlpy.core.errors import shortened
from dlpy.serve.limits import Limits
from dlpy.serve.refused import wrong

_KEYS = ("rows", "texts", "images")
_OPTIONS = ("ahead",)
_FORM = '{"rows": [{"COLUMN": VALUE, ...}, ...]}, {"texts": ["...", ...]} or {"images": ["BASE64", ...]}'


@dataclass(frozen=True)
class Asked:
    """A request's rows: mappings of cells by column, texts, or the bytes of image files.

    ahead: how many next rows of a series to predict; None: the rows themselves.
    """

    kind: str  # rows, texts or images
    values: list[Any]
    ahead: int | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def form(self) -> tuple[str, ...]:
        """What requests share that may be predicted together: the kind of their rows and their columns."""
        return (self.kind, *(sorted(self.values[0]) if self.kind == "rows" else ()))


def asked(body: bytes, content_type: str, limits: Limits) -> Asked:
    """Return what a request asks for.

    Raises:
        Refused: the body is no JSON, has another form, holds a number that is not finite, or too many rows.
    """
    if content_type.partition(";")[0].strip().startswith("image/"):
        return Asked("images", [body])
    content = _parsed(body)
    if not isinstance(content, dict) or len(given := [key for key in _KEYS if key in content]) != 1:
        raise wrong(f"the body should be {_FORM}.")
    unknown = [key for key in content if key not in (*_KEYS, *_OPTIONS)]
    if unknown:
        raise wrong(f"unknown key '{shortened(unknown[0], 40)}'. The body should be {_FORM}.")
    (kind,) = given
    values = content[kind]
    if not isinstance(values, list) or not values:
        raise wrong(f"'{kind}' should be a list with at least one entry.")
    if len(values) > limits.rows:
        raise wrong(f"{len(values):,} {kind}; at most {limits.rows:,} are taken at a time.")
    return Asked(kind, _CHECKS[kind](values), _ahead(content.get("ahead"), kind))


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise wrong("the body is nested too deeply.") from None
    except ValueError as error:
        raise wrong(f"the body is no JSON: {error}.") from None


def _refuse(text: str) -> None:
    raise wrong(f"{text} is no JSON number. Write null for a missing value.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise wrong(f"{shortened(text, 20)} is too large a number.")
    return number


def _ahead(value: Any, kind: str) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= 1_000_000 or kind != "rows":
        raise wrong("'ahead' should be a number of rows from 1, beside the 'rows' of a series.")
    return value


def _rows(values: list[Any]) -> list[dict[str, Any]]:
    for number, row in enumerate(values):
        if not isinstance(row, dict) or not row:
            raise wrong(f"rows[{number}] should be an object with a value for each column.")
        nested = next((name for name, cell in row.items() if isinstance(cell, list | dict)), None)
        if nested is not None:
            raise wrong(f"rows[{number}]: '{shortened(nested, 40)}' should be a single value.")
        large = next((name for name, cell in row.items() if type(cell) is int and abs(cell) > 1 << 62), None)
        if large is not None:
            raise wrong(f"rows[{number}]: '{shortened(large, 40)}' is too large a number.")
    first = values[0].keys()
    for number, row in enumerate(values):
        if row.keys() != first:
            raise wrong(f"rows[{number}] has other columns than rows[0]. Write null where there is no value.")
    return values


def _texts(values: list[Any]) -> list[str]:
    for number, text in enumerate(values):
        if not isinstance(text, str) or not text.strip():
            raise wrong(f"texts[{number}] should be a text that is not empty.")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise wrong(f"texts[{number}] holds half a character (an unpaired surrogate).")
    return values


def _images(values: list[Any]) -> list[bytes]:
    found = []
    for number, text in enumerate(values):
        try:
            found.append(base64.b64decode(text, validate=True))
        except (TypeError, ValueError, binascii.Error):
            raise wrong(f"images[{number}] should be an image file in base64.") from None
    return found


_CHECKS = {"rows": _rows, "texts": _texts, "images": _images}
