"""Monitored scores from targets and predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dlpy.data.task import Output
from dlpy.search.row_scores import row_score

BINARY, CLASSES = Output("binary"), Output("multiclass", 3)
NUMBER, LABELS = Output("regression"), Output("multilabel", 2, ("a", "b"))


@pytest.mark.parametrize(
    ("name", "training", "output", "target", "prediction", "expected"),
    [
        ("accuracy", {}, BINARY, [0, 1, 1, 0], [[0.2], [0.9], [0.4], [0.1]], 0.75),
        ("accuracy", {}, CLASSES, [0, 2], [[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]], 0.5),
        ("accuracy", {}, LABELS, [[1, 0], [1, 1]], [[0.9, 0.2], [0.8, 0.3]], 0.75),
        ("loss", {}, BINARY, [0, 1], [[0.5], [0.25]], (np.log(2) + np.log(4)) / 2),
        ("data_loss", {}, CLASSES, [0, 2], [[0.5, 0.3, 0.2], [0.5, 0.25, 0.25]], (np.log(2) + np.log(4)) / 2),
        ("loss", {"loss": {"name": "mae"}}, NUMBER, [[1.0], [2.0]], [[2.0], [5.0]], 2.0),
        ("error", {"metrics": [{"name": "rmse", "label": "error"}]}, NUMBER, [[1.0], [2.0]], [[2.0], [9.0]], 5.0),
        ("f1", {"metrics": ["f1"]}, BINARY, [0, 1, 1, 0], [[0.2], [0.9], [0.4], [0.1]], 2 / 3),
        ("auc", {"metrics": ["auc"]}, BINARY, [0, 1, 1, 0], [[0.2], [0.9], [0.2], [0.1]], 0.875),
        ("loss", {"loss": "poisson"}, Output("regression", is_count=True), [[2.0]], [[1.0]], 1.0),
    ],
)
def test_scores_are_those_of_all_rows(
    name: str, training: dict[str, Any], output: Output, target: list, prediction: list, expected: float
) -> None:
    score = row_score(name, training, output)
    assert score is not None
    weighted = score.of(np.array(target), np.array(prediction))
    assert weighted is not None
    assert weighted.of(np.ones((1, len(target))))[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "training", "output"),
    [
        ("loss", {"loss": {"name": "binary_crossentropy", "label_smoothing": 0.1}}, BINARY),
        ("loss", {"loss": "huber"}, NUMBER),
        ("loss", {"loss": "poisson"}, NUMBER),
        ("own", {"metrics": [{"name": "of_a_plugin", "label": "own"}]}, NUMBER),
        ("mae", {"metrics": ["rmse"]}, NUMBER),
    ],
)
def test_other_scores_are_unknown(name: str, training: dict[str, Any], output: Output) -> None:
    assert row_score(name, training, output) is None
