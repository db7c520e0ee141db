"""What common sense scores without any learning: a score beside no baseline means nothing."""

from __future__ import annotations

import numpy as np

from dlpy.checks import class_numbers
from dlpy.data import Output, Rows


def baseline(train: Rows, rows: Rows, output: Output, loss: str) -> dict[str, object]:
    """Return how well a constant guess, learnt from the training rows, does on `rows`.

    Classes: always the most frequent one, and for the cross-entropy the classes' shares as probabilities.
    Numbers: the mean for the squared error and the median for the absolute one. Where `loss` is one of these scores,
    it is there under the name "loss" too.
    """
    if output.kind == "regression":
        scores = _regression(train.y.reshape(len(train), -1), rows.y.reshape(len(rows), -1))
    else:
        scores = _classes(train, rows, output)
    plain = "crossentropy" if loss.endswith("categorical_crossentropy") or loss == "binary_crossentropy" else loss
    return {"loss": scores[plain], **scores} if plain in scores else scores


def _classes(train: Rows, rows: Rows, output: Output) -> dict[str, object]:
    known, wanted = class_numbers(train, output), class_numbers(rows, output)
    counts = np.bincount(known, minlength=2 if output.kind == "binary" else output.units or 0)
    majority = int(counts.argmax())
    share = np.maximum(counts / counts.sum(), 1e-7)
    return {
        "guess": f"always class {output.classes[majority] if output.classes else majority}",
        "accuracy": float(np.mean(wanted == majority)),
        "crossentropy": float(-np.log(share[wanted]).mean()),
    }


def _regression(known: np.ndarray, wanted: np.ndarray) -> dict[str, object]:
    mean, median = known.mean(axis=0), np.median(known, axis=0)
    return {
        "guess": f"always the mean {mean.round(4).tolist()} or the median {median.round(4).tolist()}",
        "mse": float(np.square(wanted - mean).mean()),
        "mae": float(np.abs(wanted - median).mean()),
    }
