"""The scores of each class as a table: for evaluation.json, for a CSV file in the run, and for the terminal."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.data.task import Output
from dlpy.runs.directory import Run
from dlpy.runs.results import cell, class_names
from dlpy.scores.class_scores import MEASURES, class_probabilities, class_scores, label_scores
from dlpy.storage.atomic import number_text, write_whole

COLUMNS = ("class", "rows", "predicted", *MEASURES)


def class_table(labels: np.ndarray, prediction: np.ndarray, output: Output) -> list[dict[str, Any]]:
    """Return an entry for each class: its name, its rows, its predicted rows, and its scores (NaN where undefined).

    Args:
        labels: (rows,) class numbers; of a multilabel target, (rows, labels) of 0 and 1.
        prediction: (rows, units).
        output: the target.
    """
    if output.kind == "multilabel":
        scores, names = label_scores(labels, prediction), class_names(output, prediction.shape[1])
    else:
        probability = class_probabilities(prediction)
        scores, names = class_scores(labels.astype(np.int64), probability), class_names(output, probability.shape[1])
    counted = zip(names, scores.rows.tolist(), scores.predicted.tolist(), strict=True)
    measured = zip(*(getattr(scores, name).tolist() for name in MEASURES), strict=True)
    rows = ((*counts, *values) for counts, values in zip(counted, measured, strict=True))
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def save_class_table(run: Run, part: str, table: list[dict[str, Any]]) -> None:
    """Write a table to classes-<part>.csv; undefined scores are empty cells."""
    write_whole(run.path / f"classes-{part}.csv", lambda path: _write(path, table))


def _write(path: Path, table: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for entry in table:
            scores = (number_text(entry[name]) for name in MEASURES)
            writer.writerow([cell(entry["class"]), entry["rows"], entry["predicted"], *scores])
