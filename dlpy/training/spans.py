"""The tables of classes, and of the spans that tags such as B-PER and I-PER mark, for evaluation.json."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlpy.data.rows import Rows
from dlpy.data.steps import ROW, TOKEN
from dlpy.scores.class_scores import class_probabilities
from dlpy.scores.spans import SpanScores, scheme_of, span_scores
from dlpy.training.answers import Answers, target_of
from dlpy.training.class_table import class_table
from dlpy.training.token_baseline import probabilities_by_token

COLUMNS = ("spans", "predicted", "precision", "recall", "f1")


def class_tables(answers: Answers, train: Rows) -> dict[str, Any]:
    """Return the scores of each class under "classes", and where classes are tags of spans, those under "spans".

    Args:
        answers: of one output.
        train: the training rows that have its target; of targets of steps, the steps.
    """
    output, rows = answers.task.output, answers.rows
    if not output.has_classes and output.kind != "multilabel":
        return {}
    found: dict[str, Any] = {"classes": class_table(target_of(rows, output), answers.prediction, output)}
    spans = span_table(answers, train)
    return found | ({"spans": spans} if spans else {})


def span_table(answers: Answers, train: Rows) -> list[dict[str, Any]]:
    """Return the scores of each kind of span, and last of all together; empty where classes are no tags of spans.

    Beside the F1 score is that of the baseline, the commonest tag of each token in training.
    """
    output, rows = answers.task.output, answers.rows
    scheme = scheme_of(output.classes) if ROW in rows.columns and output.has_classes else None
    if scheme is None:
        return []
    wanted, row = target_of(rows, output), rows.columns[ROW]
    found = span_scores(wanted, class_probabilities(answers.prediction).argmax(axis=1), row, scheme)
    table = _entries(found)
    if TOKEN in rows.columns and TOKEN in train.columns:
        usual = span_scores(wanted, probabilities_by_token(train, rows, output).argmax(axis=1), row, scheme)
        table = [entry | {"baseline_f1": f1} for entry, f1 in zip(table, usual.f1.tolist(), strict=True)]
    return table


def _entries(scores: SpanScores) -> list[dict[str, Any]]:
    columns = [np.asarray(getattr(scores, name)).tolist() for name in COLUMNS]
    rows = zip(scores.kinds, *columns, strict=True)
    return [dict(zip(("kind", *COLUMNS), row, strict=True)) for row in rows]
