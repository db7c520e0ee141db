"""The rows of classes that a model got most wrong, kept in the run for people: pictures as arrays, texts as a table."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.data import Output
from dlpy.features import Features, Pictures, Texts
from dlpy.results import cell, class_names, class_probabilities
from dlpy.runs import Run, write_arrays, write_whole

_WRONGEST = 25


@dataclass(frozen=True)
class Answers:
    """What a model said of rows, beside the truth.

    target: (rows,) class numbers. prediction: (rows, units).
    """

    target: np.ndarray
    prediction: np.ndarray
    output: Output


def save_wrongest(run: Run, part: str, raw: Features, index: np.ndarray, answers: Answers) -> None:
    """Write a part's most wrong rows to samples/wrongest-<part>, where they are pictures (.npz) or texts (.csv).

    Args:
        part: "validation" or "test".
        raw: the rows before the transforms.
        index: (rows,) their positions in the source.
    """
    path, worst = run.path / "samples" / f"wrongest-{part}.npz", _most_wrong(answers.target, answers.prediction)
    if isinstance(raw, np.ndarray | Pictures) and len(raw.shape) in (3, 4):
        pictures = raw.read(worst) if isinstance(raw, Pictures) else raw[worst]
        found = {"target": answers.target, "prediction": answers.prediction, "index": index}
        write_arrays(path, {"image": pictures, **{name: array[worst] for name, array in found.items()}})
    elif isinstance(raw, Texts):
        texts = raw.values[worst].tolist()
        write_whole(path.with_suffix(".csv"), lambda temporary: _write_table(temporary, texts, worst, answers))


def _most_wrong(target: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Return the rows whose class is predicted wrong, the least probable first: at most _WRONGEST positions."""
    chances = class_probabilities(prediction)
    probability = chances[np.arange(len(target)), target]
    wrong = np.flatnonzero(chances.argmax(axis=1) != target)
    return wrong[np.argsort(probability[wrong], kind="stable")][:_WRONGEST]


def _write_table(path: Path, texts: list[str], rows: np.ndarray, answers: Answers) -> None:
    """Write texts with both classes, and the probability that the model gave to each."""
    chances = class_probabilities(answers.prediction[rows])
    names = class_names(answers.output, chances.shape[1])
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["text", "true", "true_probability", "predicted", "predicted_probability"])
        for text, true, chance in zip(texts, answers.target[rows].tolist(), chances, strict=True):
            said = int(chance.argmax())
            answer = [cell(names[true]), f"{chance[true]:.6g}", cell(names[said]), f"{chance[said]:.6g}"]
            writer.writerow([cell(text), *answer])
