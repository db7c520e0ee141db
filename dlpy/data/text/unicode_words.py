"""Splitting of texts in any script into words, by the Unicode categories of characters."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = frozenset("'\u2019\u02bc\uff07")  # typed, curly, of letters, full-width
_PICTOGRAPHS = ((0x2300, 0x23FF), (0x2600, 0x27BF), (0x2B00, 0x2BFF), (0x1F000, 0x1FAFF))
_SPELLED = (0x2E80, 0x33FF)  # symbols such as ㎏ and ㈱, which are classified after normalization
_VARIANTS = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))  # variation selectors of the preceding character
_ZERO_WIDTH_SPACE = 0x200B

_EAST_ASIAN = (  # ideographs, kana and bopomofo
    "\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_SOUTHEAST_ASIAN = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF))  # Thai and Lao, Burmese, Khmer


def words_of(text: str, *, lower: bool) -> list[str]:
    """Return the words of a text.

    Punctuation, symbols and white space separate words; an apostrophe within a word is kept and written as '.
    Each Chinese or Japanese character, each emoji, and each Thai, Lao, Burmese or Khmer letter with its marks is a
    separate word. Different encodings of the same character (é as one code point or two, full-width digits) are equal
    (NFKC), and with `lower` also upper and lower case (case folding; the Turkish İ and ı become i).
    """
    cleaned = text.translate(_SEPARATED)
    if not cleaned.isascii():
        cleaned = " ".join(_ALONE.split(normalized(cleaned, lower=lower).translate(_SEPARATED)))
    elif lower:
        cleaned = cleaned.lower()
    words = cleaned.split()
    return [word for part in words if (word := part.strip("'"))] if "'" in cleaned else words


def normalized(text: str, *, lower: bool) -> str:
    """Return a text in NFKC form, case-folded with `lower`."""
    if text.isascii():
        return text.lower() if lower else text
    whole = unicodedata.normalize("NFKC", text)
    if not lower:
        return whole
    folded = unicodedata.normalize("NFKC", whole.casefold())  # folding may decompose characters
    return folded.replace("i\u0307", "i").replace("ı", "i")


class _Separated(dict[int, str | int | None]):
    """Replacement of each character before a text is split at spaces; None deletes it. Computed on first use."""

    def __missing__(self, code: int) -> str | int | None:
        self[code] = found = _separated(code)
        return found


def _separated(code: int) -> str | int | None:
    """Return the replacement of a character: itself, an apostrophe, a space, or None."""
    category = unicodedata.category(chr(code))
    if chr(code) in _APOSTROPHES:
        return "'"
    if code == _ZERO_WIDTH_SPACE or category == "Cc":
        return " "
    if category == "Cf" or _within(code, *_VARIANTS):  # marks of direction, soft hyphens, joiners
        return None
    if category[0] not in "PSZ" or (category == "So" and _within(code, *_PICTOGRAPHS)):
        return code
    spelled = _within(code, _SPELLED) and unicodedata.normalize("NFKC", chr(code)) != chr(code)
    return code if spelled and category == "So" else " "


def _within(code: int, *ranges: tuple[int, int]) -> bool:
    return any(first <= code <= last for first, last in ranges)


def _alone() -> re.Pattern[str]:
    """Return the pattern of characters that are always separate words."""
    asian = [chr(code) for first, last in _SOUTHEAST_ASIAN for code in range(first, last + 1)]
    letters = "".join(sign for sign in asian if unicodedata.category(sign) in ("Lo", "Lm"))
    marks = "".join(sign for sign in asian if unicodedata.category(sign)[0] == "M")
    pictographs = "".join(f"{chr(first)}-{chr(last)}" for first, last in _PICTOGRAPHS)
    flags = "[\U0001f1e6-\U0001f1ff]{2}"
    return re.compile(f"({flags}|[{_EAST_ASIAN}][\u3099\u309a]*|[{letters}][{marks}]*|[{pictographs}])")


_SEPARATED = _Separated()
_ALONE = _alone()
