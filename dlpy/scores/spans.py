"""Scores of spans, such as the names in a text, from the tag of each word: whether a span begins there or goes on.

The tags are those of the schemes BIO and BIOES (also BILOU): B-PER begins a span of kind PER, I-PER is within it, E-PER
(or L-PER) is its last word, S-PER (or U-PER) a span of one word, O is outside. Spans are found as by the script of
CoNLL-2000 (conlleval): a span also begins where an I- follows O or another kind. A predicted span is right if a true
one begins and ends at the same words and is of the same kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlpy.scores.class_scores import ratio

_TAG = re.compile(r"([BIELSU])-(.+)")
_PREFIXES = {"B": 1, "I": 2, "E": 3, "L": 3, "S": 4, "U": 4}  # 0: outside
_B, _I, _E, _S = 1, 2, 3, 4


@dataclass(frozen=True)
class Scheme:
    """The kinds of spans, and for each tag its prefix and the number of its kind, -1 outside: (tags,) each."""

    kinds: tuple[str, ...]
    prefix: np.ndarray
    kind: np.ndarray


@dataclass(frozen=True)
class SpanScores:
    """Scores of the spans of each kind, and last of all together: (kinds + 1,) each, NaN where undefined."""

    kinds: tuple[str, ...]
    spans: np.ndarray
    predicted: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray


def scheme_of(tags: Sequence[str]) -> Scheme | None:
    """Return what tags mean; None unless all are O or have a prefix, such as B-PER, and some have one."""
    found = [_TAG.fullmatch(tag) for tag in tags]
    if not any(found) or any(one is None and tag != "O" for one, tag in zip(found, tags, strict=True)):
        return None
    kinds = sorted({one[2] for one in found if one})
    prefix = [_PREFIXES[one[1]] if one else 0 for one in found]
    kind = [kinds.index(one[2]) if one else -1 for one in found]
    return Scheme(tuple(kinds), np.array(prefix), np.array(kind))


def spans_of(tags: np.ndarray, row: np.ndarray, scheme: Scheme) -> np.ndarray:
    """Return the spans: their first word, last word and kind, (spans, 3) int64, in order.

    Args:
        tags: (words,) numbers of tags, row after row.
        row: (words,) the row of each word, ascending.
        scheme: what the tags mean.
    """
    prefix, kind = scheme.prefix[tags], scheme.kind[tags]
    first = np.append(True, row[1:] != row[:-1])[: len(tags)]
    before = np.where(first, 0, np.roll(prefix, 1))
    kind_before = np.where(first, -1, np.roll(kind, 1))
    last = np.roll(first, -1)
    after, kind_after = np.where(last, 0, np.roll(prefix, -1)), np.where(last, -1, np.roll(kind, -1))
    begins, ends = boundaries((prefix, kind), (before, kind_before), (after, kind_after))
    starts = np.flatnonzero(begins)
    return np.stack([starts, np.flatnonzero(ends), kind[starts]], axis=1)


def boundaries(word: tuple[Any, Any], before: tuple[Any, Any], after: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return for each word whether a span begins there, and whether one ends: (words,) bool each.

    Args:
        word, before, after: the prefixes and the numbers of the kinds of each word's tag, of that before it, and of
            that behind it; arrays of NumPy, or tensors.
    """
    (prefix, kind), (earlier, kind_before), (later, kind_after) = word, before, after
    alone = prefix == _S
    within = (prefix == _I) | (prefix == _E)
    is_new = (earlier == 0) | (earlier == _E) | (earlier == _S)
    begins = (prefix == _B) | alone | (within & is_new) | ((prefix > 0) & (kind_before != kind))
    is_last = (later == 0) | (later == _B) | (later == _S)
    goes_on = (prefix == _B) | (prefix == _I)
    ends = (prefix == _E) | alone | (goes_on & is_last) | ((prefix > 0) & (kind_after != kind))
    return begins, ends


def span_counts(wanted: np.ndarray, predicted: np.ndarray, row: np.ndarray, scheme: Scheme) -> np.ndarray:
    """Return for each word whether a true span begins there, a predicted one, and one that is both: (words, 3) float64.

    Args:
        wanted, predicted, row, scheme: those of `span_scores`.
    """
    counts = np.zeros((len(wanted), 3))
    pair = [{tuple(span) for span in spans_of(tags, row, scheme).tolist()} for tags in (wanted, predicted)]
    for column, spans in enumerate([*pair, pair[0] & pair[1]]):
        counts[[first for first, _, _ in spans], column] = 1
    return counts


def span_scores(wanted: np.ndarray, predicted: np.ndarray, row: np.ndarray, scheme: Scheme) -> SpanScores:
    """Return precision, recall and F1 of predicted spans.

    Args:
        wanted, predicted: (words,) numbers of tags, row after row.
        row: (words,) the row of each word, ascending.
        scheme: what the tags mean.
    """
    pair = [spans_of(tags, row, scheme) for tags in (wanted, predicted)]
    keys = [{tuple(span) for span in spans.tolist()} for spans in pair]
    right = np.array([span[2] for span in keys[0] & keys[1]], np.int64)
    counts = [np.bincount(kinds, minlength=len(scheme.kinds)) for kinds in (pair[0][:, 2], pair[1][:, 2], right)]
    spans, said, both = (np.append(count, count.sum()) for count in counts)
    return SpanScores(
        (*scheme.kinds, "all"), spans, said, ratio(both, said), ratio(both, spans), ratio(2 * both, spans + said)
    )
