"""What common sense scores without any learning: a score beside no baseline means nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from dlpy.checks import class_numbers
from dlpy.config import Experiment
from dlpy.data import Output, Rows, Task
from dlpy.errors import on_a_line
from dlpy.features import Passages, Windows
from dlpy.objectives import DATA_LOSS


def baseline(experiment: Experiment, task: Task, train: Rows, rows: Rows) -> dict[str, object]:
    """Return how well a constant guess, learnt from the training rows, does on `rows`.

    Classes: always the most frequent one, and for the cross-entropy the classes' shares as probabilities.
    Numbers: the mean for the squared error and the median for the absolute one. Windows of a series: the target's
    last value, and under "also" the same time of an earlier period. Texts: each token as often as in the training
    text. Where `loss` is one of these scores, it is there
    under the name "loss" too. A family with a training step of its own has its own guess.
    """
    if experiment.model.scores(task) is not None:
        return experiment.model.baseline(task, train, rows)
    output, loss = task.output, experiment.loss(task).name
    guesses = rows.x.guesses() if isinstance(rows.x, Windows) else {}
    if guesses:
        scores, *others = (_guess(name, guess, rows.y.reshape(-1)) for name, guess in guesses.items())
        scores |= {"also": [_with_loss(other, loss) for other in others]} if others else {}
    elif isinstance(train.x, Passages) and isinstance(rows.x, Passages):
        scores = _tokens(train.x, rows.x)
    elif output.kind == "regression":
        scores = _regression(train.y.reshape(len(train), -1), rows.y.reshape(len(rows), -1))
    else:
        scores = _classes(train, rows, output)
    return _with_loss(scores, loss)


def beside(common_sense: dict[str, Any], scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return a baseline named so that it stands beside scores that it can be compared with.

    Where a penalty is part of the scores' loss, the baseline's loss stands beside their data loss.
    """
    if not {DATA_LOSS, f"val_{DATA_LOSS}"} & scores.keys():
        return common_sense
    renamed = {DATA_LOSS if name == "loss" else name: value for name, value in common_sense.items()}
    others = [beside(other, scores) for other in common_sense.get("also", [])]
    return renamed | ({"also": others} if others else {})


def _with_loss(scores: dict[str, object], loss: str) -> dict[str, object]:
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


def _tokens(train: Passages, rows: Passages) -> dict[str, object]:
    known, wanted = train.wanted(), rows.wanted()
    share, often = np.maximum(known / known.sum(), 1e-7), int(known.argmax())
    entropy = float(-(wanted * np.log(share)).sum() / wanted.sum())
    return {
        "guess": f"each token as often as in the training text; the likeliest is '{on_a_line(train.words[often])}'",
        "accuracy": float(wanted[often] / wanted.sum()),
        "crossentropy": entropy,
        "bits": entropy / math.log(2),
        "perplexity": math.exp(entropy),
    }


def _guess(name: str, guess: np.ndarray, wanted: np.ndarray) -> dict[str, object]:
    errors = guess.astype(np.float64) - wanted
    return {"guess": name, "mse": float(np.square(errors).mean()), "mae": float(np.abs(errors).mean())}


def _regression(known: np.ndarray, wanted: np.ndarray) -> dict[str, object]:
    mean, median = known.mean(axis=0), np.median(known, axis=0)
    return {
        "guess": f"always the mean {_spelled(mean)} or the median {_spelled(median)}",
        "mse": float(np.square(wanted - mean).mean()),
        "mae": float(np.abs(wanted - median).mean()),
    }


def _spelled(numbers: np.ndarray) -> str:
    """Return a number, or several in brackets, without the digits that float32 makes up."""
    told = [f"{number:.6g}" for number in numbers.tolist()]
    return told[0] if len(told) == 1 else f"[{', '.join(told)}]"
