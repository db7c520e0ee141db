"""Splitting of texts into words, characters and n-grams, with a number for each distinct term.

Work per word is done in C code or once per distinct word: 25,000 film reviews take about one second.
"""

from __future__ import annotations

import itertools
import string
from collections import defaultdict
from collections.abc import Sequence, Sized
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dlpy.data.features import Sequences, splits_of
from dlpy.data.text.unicode_words import normalized, words_of

Rules = Literal["unicode", "book", "keras", "spaces"]

_BREAKS = b"\t\n\r\v\f"
_PUNCTUATION = string.punctuation.encode()
_CODES = 0x110000


@dataclass(frozen=True)
class Terms:
    """Texts as rows of numbers: number i represents the term `distinct[i]`.

    distinct: all distinct terms in order of first appearance, n-grams after single terms.
    """

    distinct: list[str]
    rows: Sequences

    def counts(self) -> np.ndarray:
        """Return the count of each term: (terms,) int64."""
        return np.bincount(self.rows.values, minlength=len(self.distinct))


def words(texts: np.ndarray, rules: Rules, *, lower: bool) -> Terms:
    """Return the words of each text.

    `unicode`: see `words_of`. `book`: like the old Keras Tokenizer, ASCII punctuation except ' becomes spaces.
    `keras`: like TextVectorization, ASCII punctuation is deleted, and only A to Z are lower-cased. `spaces`: what
    stands between spaces, as in `tokens_of`.
    """
    if rules == "spaces":
        return _between_spaces(texts, lower=lower)
    return _unicode_words(texts, lower=lower) if rules == "unicode" else _ascii_words(texts, rules, lower=lower)


def tokens_of(text: str) -> list[str]:
    """Return the tokens of a text that is split into tokens already, by spaces."""
    return [token for token in text.split(" ") if token]


def _between_spaces(texts: np.ndarray, *, lower: bool) -> Terms:
    number_of: defaultdict[str, int] = defaultdict(itertools.count().__next__)
    found = [
        np.fromiter(map(number_of.__getitem__, tokens_of(text.lower() if lower else text)), np.int32) for text in texts
    ]
    return Terms(list(number_of), Sequences(_joined(found), splits_of(_lengths(found))))


def _unicode_words(texts: np.ndarray, *, lower: bool) -> Terms:
    """Return the words of each text; each distinct piece between spaces is split only once."""
    part_of: defaultdict[str, int] = defaultdict(itertools.count().__next__)
    found = [np.fromiter(map(part_of.__getitem__, text.split()), np.int32) for text in texts]
    number_of: defaultdict[str, int] = defaultdict(itertools.count().__next__)
    cut = [words_of(part, lower=lower) for part in part_of]
    numbers = np.fromiter(map(number_of.__getitem__, itertools.chain.from_iterable(cut)), np.int32)
    parts = Sequences(numbers, splits_of(_lengths(cut)))
    values = parts.take(_joined(found))
    return Terms(list(number_of), Sequences(values.values, values.splits[splits_of(_lengths(found))]))


def _ascii_words(texts: np.ndarray, rules: Rules, *, lower: bool) -> Terms:
    table, deleted = _cleaning(rules, lower=lower)
    number_of: defaultdict[str, int] = defaultdict(itertools.count().__next__)
    number_of[""]  # number 0: the empty text between two adjacent spaces
    found = []
    for text in texts:
        small = text.lower() if lower and rules == "book" else text
        cleaned = small.encode("utf-8", "surrogatepass").translate(table, deleted)
        parts = cleaned.decode("latin-1").split(" ")  # one character per byte: faster to look up than bytes
        found.append(np.fromiter(map(number_of.__getitem__, parts), np.int32))
    rows = Sequences(_joined(found), splits_of(_lengths(found)))
    rows = rows.only(rows.values > 0)
    words = (word.encode("latin-1") for word in itertools.islice(number_of, 1, None))
    distinct = [word.decode("utf-8", "surrogatepass") for word in words]
    return Terms(distinct, Sequences(rows.values - np.int32(1), rows.splits))


def characters(texts: np.ndarray, rules: Rules, *, lower: bool) -> Terms:
    """Return the characters of each text, including white space; only `keras` deletes ASCII punctuation."""
    if rules == "unicode":
        cleaned = [normalized(text, lower=lower) for text in texts]
    elif rules == "keras":
        table, deleted = _cleaning(rules, lower=lower, breaks=False)
        raw = (text.encode("utf-8", "surrogatepass").translate(table, deleted) for text in texts)
        cleaned = [text.decode("utf-8", "surrogatepass") for text in raw]
    else:
        cleaned = [text.lower() if lower else text for text in texts]
    codes = np.frombuffer("".join(cleaned).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int32)
    first = np.full(_CODES, -1, np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # of several assignments, the last one remains
    present = np.flatnonzero(first >= 0)
    present = present[np.argsort(first[present])]
    number_of = np.zeros(_CODES, np.int32)
    number_of[present] = np.arange(len(present))
    return Terms([chr(code) for code in present], Sequences(number_of[codes], splits_of(_lengths(cleaned))))


def with_ngrams(terms: Terms, most: int, separator: str) -> Terms:
    """Return the terms with n-grams appended to each text: all pairs, then all triples, up to length `most`."""
    single = terms.rows.values
    row = np.repeat(np.arange(len(terms.rows)), np.diff(terms.rows.splits))
    distinct, numbers, rows = list(terms.distinct), [single], [row]
    gram, known = single.astype(np.int64), terms.distinct  # the number of the n-gram that begins at each position
    for size in range(2, most + 1):
        starts = np.flatnonzero(row[size - 1 :] == row[: max(0, len(row) - size + 1)])
        keys = gram[starts] * len(terms.distinct) + single[starts + size - 1]
        different, gram_of = np.unique(keys, return_inverse=True)
        pairs = zip(*(part.tolist() for part in np.divmod(different, max(1, len(terms.distinct)))), strict=True)
        known = [f"{known[first]}{separator}{terms.distinct[last]}" for first, last in pairs]
        gram = np.zeros(len(row), np.int64)
        gram[starts] = gram_of
        numbers.append((gram_of + len(distinct)).astype(np.int32))
        rows.append(row[starts])
        distinct += known
    every = np.concatenate(rows)
    order = np.argsort(every, kind="stable")
    lengths = np.bincount(every, minlength=len(terms.rows))
    return Terms(distinct, Sequences(np.concatenate(numbers)[order], splits_of(lengths)))


def packed(words: list[str]) -> dict[str, np.ndarray]:
    """Return words as compact arrays of characters and lengths."""
    codes = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), np.uint32)
    return {"words": codes, "lengths": _lengths(words)}


def unpacked(arrays: dict[str, np.ndarray]) -> list[str]:
    """Return the words stored by `packed`.

    Raises:
        ValueError: the arrays are damaged.
    """
    words, lengths = arrays["words"], arrays["lengths"]
    if words.dtype != np.uint32 or lengths.dtype.kind not in "iu" or words.ndim != 1 or lengths.ndim != 1:
        raise ValueError("its words are not in dlpy's format")
    if lengths.min(initial=0) < 0 or lengths.max(initial=0) > len(words) or lengths.sum() != len(words):
        raise ValueError("its words are truncated")
    text = words.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    return [text[start:end] for start, end in itertools.pairwise(splits_of(arrays["lengths"]).tolist())]


def _cleaning(rules: Rules, *, lower: bool, breaks: bool = True) -> tuple[bytes, bytes]:
    """Return the translation table of bytes for ASCII rules, and the bytes to delete."""
    if rules == "book":
        gaps = _PUNCTUATION.replace(b"'", b"") + b"\t\n"
        return bytes.maketrans(gaps, b" " * len(gaps)), b""
    before, after = _BREAKS if breaks else b"", b" " * len(_BREAKS) if breaks else b""
    if lower:
        before, after = before + string.ascii_uppercase.encode(), after + string.ascii_lowercase.encode()
    return bytes.maketrans(before, after), _PUNCTUATION


def _lengths(parts: Sequence[Sized]) -> np.ndarray:
    return np.fromiter(map(len, parts), np.int64, len(parts))


def _joined(rows: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(rows) if rows else np.empty(0, np.int32)
