"""The scores of the best constant prediction, by the kind of the target."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dlpy.core.errors import on_a_line
from dlpy.data.features import Passages
from dlpy.data.rows import Rows
from dlpy.data.task import Output
from dlpy.data.units import own_numbers
from dlpy.data.validate import class_numbers


def class_scores(train: Rows, rows: Rows, output: Output) -> dict[str, object]:
    """Return the scores of the most frequent class, and of the classes' shares as probabilities."""
    known, wanted = class_numbers(train, output), class_numbers(rows, output)
    counts = np.bincount(known, minlength=output.class_count)
    majority = int(counts.argmax())
    share = np.maximum(counts / counts.sum(), 1e-7)
    return {
        "guess": f"always class {output.classes[majority] if output.classes else majority}",
        "accuracy": float(np.mean(wanted == majority)),
        "crossentropy": float(-np.log(share[wanted]).mean()),
    }


def label_scores(known: np.ndarray, wanted: np.ndarray, output: Output) -> dict[str, object]:
    """Return the scores of the labels' shares as probabilities; label by label, the more frequent value."""
    share = np.clip(known.mean(axis=0, dtype=np.float64), 1e-7, 1 - 1e-7)
    entropy = -(wanted * np.log(share) + (1 - wanted) * np.log(1 - share)).mean()
    often = [name for name, part in zip(output.classes, share.tolist(), strict=False) if part > 0.5]
    return {
        "guess": f"always {', '.join(often) if often else 'no label'}",
        "accuracy": float((wanted == (share > 0.5)).mean()),
        "crossentropy": float(entropy),
    }


def text_scores(train: Passages, rows: Passages) -> dict[str, object]:
    """Return the scores of the tokens' shares in a text as probabilities."""
    known, wanted = train.wanted(), rows.wanted()
    share, often = np.maximum(known / known.sum(), 1e-7), int(known.argmax())
    entropy = float(-(wanted * np.log(share)).sum() / wanted.sum())
    return {
        "guess": f"each token as often as in the training text; the likeliest is '{on_a_line(train.words[often])}'",
        "accuracy": float(wanted[often] / wanted.sum()),
        **_uncertainty(entropy),
    }


def token_scores(train: Rows, rows: Rows, output: Output) -> dict[str, object]:
    """Return the scores of the tokens' shares as probabilities, for rows that are steps."""
    scores = class_scores(train, rows, output)
    guess = "each token as often as in the training targets"
    return {"guess": guess, "accuracy": scores["accuracy"], **_uncertainty(scores["crossentropy"])}


def _uncertainty(entropy: Any) -> dict[str, float]:
    """Return the cross-entropy of tokens in nats, in bits, and as a perplexity."""
    return {"crossentropy": entropy, "bits": entropy / math.log(2), "perplexity": math.exp(entropy)}


def number_scores(known: np.ndarray, wanted: np.ndarray, output: Output) -> dict[str, object]:
    """Return the squared error of the mean, and the absolute error of the median, of known targets."""
    mean, median = known.mean(axis=0), np.median(known, axis=0)
    own = [_spelled(own_numbers(numbers, output)) for numbers in (mean, median)]
    kind = "mean" if output.log_of_sum is None else "geometric mean"
    return {
        "guess": f"always the {kind} {own[0]} or the median {own[1]}",
        "mse": float(np.square(wanted - mean).mean()),
        "mae": float(np.abs(wanted - median).mean()),
    }


def _spelled(numbers: np.ndarray) -> str:
    """Return a number, or several in brackets, with the digits that float32 holds."""
    told = [f"{number:.6g}" for number in numbers.tolist()]
    return told[0] if len(told) == 1 else f"[{', '.join(told)}]"
