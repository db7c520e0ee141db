"""The scores of written texts as functions of the weights of the texts, for resamples of these.

BLEU and chrF belong to all texts together: their counts are kept for each text, and a resample sums them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dlpy.scores.text_scores import bleu_counts, bleu_of, chrf_counts, chrf_of
from dlpy.scores.weighted import OfMeans, Weighted
from dlpy.scores.weighted_scores import mean_of

_BLEU, _CHRF = 10, 18  # numbers that they count in a text
COUNTS = _BLEU + _CHRF + 2  # of a text; the last ones are the tokens predicted right, and all tokens
_LONGEST = 4  # n-grams of BLEU, in words


def counts_of_texts(written: Sequence[str], references: Sequence[str], tokens: np.ndarray) -> np.ndarray:
    """Return what the scores of texts count in each: (texts, COUNTS) int64.

    Args:
        tokens: (texts, 2), how many tokens of each reference are predicted from the true ones before, and how many
            there are.
    """
    pairs = list(zip(written, references, strict=True))
    counts = [np.concatenate([bleu_counts(*pair), chrf_counts(*pair)]) for pair in pairs]
    return np.concatenate([np.reshape(counts, (len(pairs), _BLEU + _CHRF)), tokens], axis=1).astype(np.int64)


def text_scores_of(target: np.ndarray, prediction: np.ndarray) -> dict[str, Weighted]:
    """Return the scores of written texts by name, the one that decides first.

    Args:
        target: (texts,) checksums of the references.
        prediction: (texts, 1) checksums of what was written, or (texts, 1 + COUNTS) with the counts of each text.
    """
    found: dict[str, Weighted] = {"exact_match": mean_of(prediction[:, 0] == target)}
    if prediction.shape[1] == 1:
        return found
    bleu, chrf, tokens = np.split(prediction[:, 1:], [_BLEU, _BLEU + _CHRF], axis=1)
    if bleu[:, -1].max() >= _LONGEST:
        found["bleu"] = _of_sums(bleu, bleu_of)
    return found | {"chrf": _of_sums(chrf, chrf_of), "token_accuracy": _of_sums(tokens, _share)}


def _of_sums(counts: np.ndarray, score: Callable[[np.ndarray], np.ndarray]) -> OfMeans:
    return OfMeans(counts, lambda means: score(means * len(counts)))


def _share(counts: np.ndarray) -> np.ndarray:
    return counts[..., 0] / counts[..., 1]
