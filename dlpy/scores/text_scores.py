"""Scores of written texts against their references: exact match, BLEU and chrF.

BLEU and chrF are those of sacrebleu with its default options: BLEU of Papineni et al. 2002 over the tokens of mteval's
13a rules with exponential smoothing, and chrF2 of Popović 2015. Both range from 0 to 100, over all texts together.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

_LONGEST_WORDS, _LONGEST_CHARACTERS = 4, 6  # n-grams
_WANTED = 2 * _LONGEST_WORDS + 1  # where the counts of BLEU have the words of the reference
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
    counts = [bleu_counts(*pair) for pair in zip(written, references, strict=True)]
    if not any(own[_WANTED] >= _LONGEST_WORDS for own in counts):
        return math.nan
    return float(bleu_of(np.sum(counts, axis=0)))


def bleu_counts(written: str, reference: str) -> np.ndarray:
    """Return what BLEU counts in a text: matching n-grams, and n-grams, by length, and the words of both; (10,)."""
    given, wanted = tokens_13a(written), tokens_13a(reference)
    sizes = range(1, _LONGEST_WORDS + 1)
    pairs = [(_ngrams(given, size), _ngrams(wanted, size)) for size in sizes]
    matches = [(found & known).total() for found, known in pairs]
    return np.array([*matches, *(found.total() for found, _ in pairs), len(given), len(wanted)])


def bleu_of(counts: np.ndarray) -> np.ndarray:
    """Return BLEU of the sums over texts of their counts: (...,) of (..., 10).

    The precision of a length of n-grams without a match is half as much one after another: 1/2, 1/4, ... over all.
    """
    matches, totals = counts[..., :_LONGEST_WORDS], counts[..., _LONGEST_WORDS : 2 * _LONGEST_WORDS]
    missed = matches == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(missed, 0.5 ** np.cumsum(missed, axis=-1), matches) / totals
        penalty = np.minimum(0, 1 - counts[..., _WANTED] / counts[..., _WANTED - 1])
        score = 100 * np.exp(penalty + np.log(precision).mean(axis=-1))
    return np.where(missed.all(axis=-1) | (totals == 0).any(axis=-1), 0.0, score)


def chrf(written: Sequence[str], references: Sequence[str]) -> float:
    """Return the chrF2 score of texts, 0 to 100; NaN without texts."""
    if not references:
        return math.nan
    return float(chrf_of(np.sum([chrf_counts(*pair) for pair in zip(written, references, strict=True)], axis=0)))


def chrf_counts(written: str, reference: str) -> np.ndarray:
    """Return what chrF counts in a text: for each length the matching n-grams, and those of both texts; (18,)."""
    given, wanted = ("".join(text.split()) for text in (written, reference))
    pairs = [(_ngrams(given, size), _ngrams(wanted, size)) for size in range(1, _LONGEST_CHARACTERS + 1)]
    numbers = [((found & known).total(), found.total() if known else 0, known.total()) for found, known in pairs]
    return np.array(numbers).reshape(-1)


def chrf_of(counts: np.ndarray) -> np.ndarray:
    """Return chrF2 of the sums over texts of their counts: (...,) of (..., 18)."""
    counts = counts.reshape(*counts.shape[:-1], _LONGEST_CHARACTERS, 3)
    defined = np.all(counts[..., 1:] > 0, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(defined[..., None], counts[..., :1] / counts[..., 1:], 0).sum(axis=-2)
        precision, recall = np.moveaxis(shares / defined.sum(axis=-1)[..., None], -1, 0)
        score = 100 * (1 + _BETA**2) * precision * recall / (_BETA**2 * precision + recall)
    return np.where(defined.any(axis=-1) & (precision + recall > 0), score, 0.0)


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
