"""The baseline of a class for each token of a text: the class that the token most often has in the training rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlpy.data.rows import Rows
from dlpy.data.steps import ROW, TOKEN
from dlpy.data.task import Output
from dlpy.data.validate import class_numbers
from dlpy.scores.spans import scheme_of, span_scores


def probabilities_by_token(train: Rows, rows: Rows, output: Output) -> np.ndarray:
    """Return the probability of each class for steps of texts, by the class of the same token in training.

    The shares of all tokens together count as one more occurrence, so that a token that never occurred has these.

    Args:
        train, rows: steps with their TOKEN, as `counted` returns them.
        output: of one step.

    Returns:
        (steps, classes) float64.
    """
    count = output.class_count
    size = 1 + max(int(some.columns[TOKEN].max(initial=0)) for some in (train, rows))
    pairs = train.columns[TOKEN].astype(np.int64) * count + class_numbers(train, output)
    counts = np.bincount(pairs, minlength=size * count).reshape(size, count).astype(np.float64)
    shares = counts.sum(axis=0) / counts.sum()
    return ((counts + shares) / (counts.sum(axis=1, keepdims=True) + 1))[rows.columns[TOKEN]]


def scores_by_token(train: Rows, rows: Rows, output: Output) -> dict[str, Any]:
    """Return the scores of the classes by token."""
    wanted, probability = class_numbers(rows, output), probabilities_by_token(train, rows, output)
    own = probability[np.arange(len(wanted)), wanted]
    entropy = float(-np.log(np.maximum(own, 1e-7)).mean())
    said = probability.argmax(axis=1)
    scheme = scheme_of(output.classes) if ROW in rows.columns else None
    spans = {} if scheme is None else {"span_f1": float(span_scores(wanted, said, rows.columns[ROW], scheme).f1[-1])}
    return {
        "guess": "the commonest class of each token",
        "accuracy": float((said == wanted).mean()),
        "crossentropy": entropy,
        **spans,
    }
