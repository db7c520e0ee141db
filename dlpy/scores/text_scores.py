"""Scores of written texts against their references: exact match, BLEU and chrF.

BLEU and chrF are those of sacrebleu with its default options: BLEU of Papineni et al. 2002 over the tokens of mteval's
13a rules with exponential smoothing, and chrF2 of Popović 2015. Both range from 0 to 100, over all texts together.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

_LONGEST_WORDS, _LONGEST_CHARACTERS = 4, 6  # n-grams
_BETA = 2.0  # recall counts this many times as much as precision
_RULES = (
    (re.compile(r"([\{-\~\[-\` -\&\(-\+\:-\@\/])"), r" \1 "),
    (re.compile(r"([^0-9])([\.,])"), r"\1 \2 "),
    (re.compile(r"([\.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)
_ESCAPES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))


def text_scores(written: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Return exact_match, bleu and chrf of texts, one reference for each."""
    return {
        "exact_match": exact_match(written, references),
        "bleu": bleu(written, references),
        "chrf": chrf(written, references),
    }


def exact_match(written: Sequence[str], references: Sequence[str]) -> float:
    """Return the fraction of texts that equal their reference; NaN without texts."""
    if not references:
        return math.nan
    return float(np.mean([one == other for one, other in zip(written, references, strict=True)]))


def bleu(written: Sequence[str], references: Sequence[str]) -> float:
    """Return the BLEU score of texts, 0 to 100; NaN if no reference has four words, where it says nothing."""
    if not any(len(tokens_13a(text)) >= _LONGEST_WORDS for text in references):
        return math.nan
    matches, totals, lengths = np.zeros(_LONGEST_WORDS), np.zeros(_LONGEST_WORDS), np.zeros(2)
    for pair in zip(written, references, strict=True):
        given, wanted = (tokens_13a(text) for text in pair)
        lengths += len(given), len(wanted)
        for size in range(1, _LONGEST_WORDS + 1):
            found, known = _ngrams(given, size), _ngrams(wanted, size)
            matches[size - 1] += (found & known).total()
            totals[size - 1] += found.total()
    if not matches.any() or not totals.all():
        return 0.0
    penalty = min(0.0, 1 - lengths[1] / lengths[0])
    return 100 * math.exp(penalty + float(np.log(list(_smoothed(matches, totals))).mean()))


def _smoothed(matches: np.ndarray, totals: np.ndarray) -> Iterator[float]:
    """Yield the precision of each length of n-grams; those without a match count half as much one after another."""
    halved = 1.0
    for match, total in zip(matches.tolist(), totals.tolist(), strict=True):
        if match == 0:
            halved /= 2
        yield (match or halved) / total


def chrf(written: Sequence[str], references: Sequence[str]) -> float:
    """Return the chrF2 score of texts, 0 to 100; NaN without texts."""
    if not references:
        return math.nan
    counts = np.zeros((_LONGEST_CHARACTERS, 3))
    for pair in zip(written, references, strict=True):
        given, wanted = ("".join(text.split()) for text in pair)
        for size in range(1, _LONGEST_CHARACTERS + 1):
            found, known = _ngrams(given, size), _ngrams(wanted, size)
            counts[size - 1] += (found & known).total(), found.total() if known else 0, known.total()
    counts = counts[(counts[:, 1:] > 0).all(axis=1)]
    if not len(counts):
        return 0.0
    precision, recall = (counts[:, :1] / counts[:, 1:]).mean(axis=0).tolist()
    if precision + recall == 0:
        return 0.0
    return 100 * (1 + _BETA**2) * precision * recall / (_BETA**2 * precision + recall)


def tokens_13a(text: str) -> list[str]:
    """Return the words and punctuation marks of a text by the 13a rules of mteval."""
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for mark, character in _ESCAPES:
        text = text.replace(mark, character)
    text = f" {text} "
    for pattern, spaced in _RULES:
        text = pattern.sub(spaced, text)
    return text.split()


def _ngrams(items: Sequence[str], size: int) -> Counter[tuple[str, ...] | str]:
    """Return how often each n-gram of this size occurs."""
    found = (items[start : start + size] for start in range(len(items) - size + 1))
    return Counter(gram if isinstance(gram, str) else tuple(gram) for gram in found)
