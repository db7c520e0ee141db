"""Finds the encoding of a text file: by its byte order mark, by its NUL bytes, and by trial."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from dlpy.core.errors import DataError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before utf-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 4096  # bytes
_MOSTLY = 0.3  # of every second byte; of ASCII text in UTF-16 nearly all are NUL
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_WORD_OF_ACCENTS = re.compile("[\u00c0-\u00ff\u0160\u0161\u017d\u017e]{3,}")
_SIGN_IN_WORD = re.compile("[A-Za-z][\u201a\u0192\u201e\u2020\u2021\u02c6\u2030\u2039\u02dc\u0081\u008d\u008f\u0090]")


def encoding_of(path: Path, raw: bytes, otherwise: str) -> str:
    """Return the encoding of a file's bytes: utf-8, one of utf-16 and utf-32, or `otherwise`.

    Raises:
        DataError: the file is not text, or `otherwise` yields no plausible text.
    """
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name
    if b"\0" in raw:
        return _utf_16(path, raw[:_SAMPLE])
    try:
        if not raw.isascii():
            raw.decode()
    except UnicodeDecodeError as error:
        _check_plausible(path, raw, otherwise, error.start)
        return otherwise
    return "utf-8"


def decoded(path: Path, raw: bytes, encoding: str) -> bytes:
    """Return a file's bytes as UTF-8, without a byte order mark.

    Raises:
        DataError: the file is not text in this encoding.
    """
    name = codecs.lookup(encoding).name
    if name == "utf-8":
        raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        if name not in ("utf-8", "ascii"):
            raw = raw.decode(encoding).encode()
            if b"\0" in raw:
                raise _no_text(path)
        elif not raw.isascii():
            raw.decode(encoding)
    except (UnicodeError, ValueError) as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        hint = _OTHER if name == "utf-8" else "Remove data.encoding to have it found."
        raise DataError(f"{path.name}:{_line(raw, start)}: not {encoding} text. {hint}") from None
    return raw


_OTHER = "Set data.encoding to that of the file, such as cp1251, shift_jis or gb18030, or save it in UTF-8."


def _utf_16(path: Path, sample: bytes) -> str:
    """Return the byte order of UTF-16 text without a mark: every second byte of its ASCII characters is NUL."""
    for name, zeros, others in (("utf-16-le", sample[1::2], sample[::2]), ("utf-16-be", sample[::2], sample[1::2])):
        if zeros.count(0) > _MOSTLY * len(zeros) and others.count(0) == 0:
            return name
    raise _no_text(path)


def _no_text(path: Path) -> DataError:
    return DataError(f"{path} is not a text file. Save the table as CSV in UTF-8.")


def _check_plausible(path: Path, raw: bytes, encoding: str, start: int) -> None:
    """Raise DataError if text that is not UTF-8 does not look like text in a single-byte encoding either."""
    single = len(re.findall(rb"[\x80-\xff]", _MULTIBYTE.sub(b"", raw)))
    if len(_MULTIBYTE.findall(raw)) > single:
        raise DataError(f"{path.name}:{_line(raw, start)}: not UTF-8 text, as the rest of the file is. {_OTHER}")
    try:
        text = raw.decode(encoding)
    except (UnicodeError, ValueError):
        raise DataError(f"{path.name}:{_line(raw, start)}: neither UTF-8 nor {encoding} text. {_OTHER}") from None
    if encoding != "cp1252":
        return
    beyond = sum(not sign.isascii() for sign in text)
    words = sum(map(len, _WORD_OF_ACCENTS.findall(text)))
    if words > beyond / 2 or _SIGN_IN_WORD.search(text):
        raise DataError(f"{path.name}:{_line(raw, start)}: neither UTF-8 nor Western European text (cp1252). {_OTHER}")


def _line(raw: bytes, start: int) -> int:
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n", 0, start) + 1
