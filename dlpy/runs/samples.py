"""Saves sample rows for users to inspect: the most wrong predictions, and an augmented training image."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.data.augmentation import Augmentation
from dlpy.data.features import Features, Pictures, Scaled, Texts, value_span
from dlpy.data.images.files import as_bytes
from dlpy.data.images.strips import some_frames, strip
from dlpy.data.rows import Rows
from dlpy.data.task import Output
from dlpy.engine.device_rows import Resident, Tensors, batch
from dlpy.runs.directory import Run
from dlpy.runs.results import cell, class_names
from dlpy.scores.class_scores import class_probabilities
from dlpy.storage.atomic import write_arrays, write_whole

_WRONGEST = 25
_AUGMENTED = 7


@dataclass(frozen=True)
class Guesses:
    """Targets and predictions of rows.

    target: (rows,) class numbers. prediction: (rows, units).
    """

    target: np.ndarray
    prediction: np.ndarray
    output: Output


def save_augmented(run: Run, rows: Rows, change: Augmentation, seed: int) -> None:
    """Write the first training image and augmented versions of it from the first epoch, as uint8.

    A video becomes an image of frames beside each other.
    """
    import tensorflow as tf

    shown = rows.take(np.zeros(_AUGMENTED, np.int64))
    held, low, high = Resident(shown, _AUGMENTED), *value_span(shown.x)
    scale, offset = (shown.x.scale, shown.x.offset) if isinstance(shown.x, Scaled) else (1.0, 0.0)
    shape, draws = shown.array.shape[1:], change.by_epoch(shown.x, seed, _AUGMENTED)(0)

    ((name, _),) = shown.inputs.items()
    shapes = {name: shape}

    def drawn(tensors: Tensors) -> np.ndarray:
        x = batch(tensors, tf.constant(0), shapes)[0].numpy()
        seen = as_bytes((x - offset) / scale, low, high)
        return np.stack([strip(video) for video in seen]) if len(shape) == 4 else seen

    found = {"picture": drawn(held.in_order())[0], "augmented": drawn(held.in_order(draws={name: draws}))}
    write_arrays(run.path / "samples" / "augmented.npz", found)


def save_wrongest(run: Run, part: str, raw: Rows, answers: Guesses) -> None:
    """Write a split's most wrong rows to samples/wrongest-<part>, if they are images or videos (.npz) or texts (.csv).

    Of several inputs, the first images, videos or texts are written; of a video, a few frames.

    Args:
        run: the run.
        part: "validation" or "test"; of several outputs, with the name of this one.
        raw: the rows before the transforms.
        answers: the targets and predictions.
    """
    path, worst = run.path / "samples" / f"wrongest-{part}.npz", _most_wrong(answers.target, answers.prediction)
    shown = [x for x in raw.inputs.values() if _is_image(x) or isinstance(x, Texts)]
    if not shown:
        return
    x = shown[0]
    if isinstance(x, np.ndarray | Pictures):
        pictures = some_frames(x.read(worst) if isinstance(x, Pictures) else x[worst])
        found = {"target": answers.target, "prediction": answers.prediction, "index": raw.index}
        found |= {"name": raw.columns["file"]} if "file" in raw.columns else {}
        write_arrays(path, {"image": pictures, **{name: array[worst] for name, array in found.items()}})
    elif isinstance(x, Texts):
        texts = x.values[worst].tolist()
        write_whole(path.with_suffix(".csv"), lambda temporary: _write_table(temporary, texts, worst, answers))


def _is_image(x: Features) -> bool:
    """Return whether rows are images, or videos with 1 or 3 channels."""
    if not isinstance(x, np.ndarray | Pictures):
        return False
    return len(x.shape) in (3, 4) or (len(x.shape) == 5 and x.shape[-1] in (1, 3))


def _most_wrong(target: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Return the positions of misclassified rows, the least probable true class first: at most _WRONGEST."""
    chances = class_probabilities(prediction)
    probability = chances[np.arange(len(target)), target]
    wrong = np.flatnonzero(chances.argmax(axis=1) != target)
    return wrong[np.argsort(probability[wrong], kind="stable")][:_WRONGEST]


def _write_table(path: Path, texts: list[str], rows: np.ndarray, answers: Guesses) -> None:
    """Write texts with their true and predicted class, and the predicted probability of each."""
    chances = class_probabilities(answers.prediction[rows])
    names = class_names(answers.output, chances.shape[1])
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["text", "true", "true_probability", "predicted", "predicted_probability"])
        for text, true, chance in zip(texts, answers.target[rows].tolist(), chances, strict=True):
            said = int(chance.argmax())
            answer = [cell(names[true]), f"{chance[true]:.6g}", cell(names[said]), f"{chance[said]:.6g}"]
            writer.writerow([cell(text), *answer])
