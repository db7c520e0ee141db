"""Scores of codes: how well what belongs together is found by similarity, the cosine of two codes."""

from __future__ import annotations

import numpy as np

_CHUNK = 1024  # rows compared with all others at a time


def ranks_of_partners(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the rank of each row's right code among all right codes, by similarity to its left code: (rows,) float64.

    1 is the first. Equal similarities share the mean of their ranks, so that equal codes are not found by chance.

    Args:
        left, right: (rows, size) codes of length 1.
    """
    found = []
    for start in range(0, len(left), _CHUNK):
        similarity = left[start : start + _CHUNK].astype(np.float64) @ right.T.astype(np.float64)
        own = similarity[np.arange(len(similarity)), start + np.arange(len(similarity))][:, None]
        near = np.isclose(similarity, own, rtol=0, atol=1e-9)
        above = ((similarity > own) & ~near).sum(axis=1)
        found.append(above + (near.sum(axis=1) + 1) / 2)
    return np.concatenate(found) if found else np.empty(0)


def recall_at(ranks: np.ndarray, k: int) -> float:
    """Return the share of rows whose partner is among the first k; NaN without rows."""
    return float((ranks <= k).mean()) if len(ranks) else float("nan")


def mean_reciprocal_rank(ranks: np.ndarray) -> float:
    """Return the mean of 1 / rank; NaN without rows."""
    return float((1 / ranks).mean()) if len(ranks) else float("nan")


def nearest_have_same_class(codes: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return whether the most similar other row is of the same class: (rows,) bool; needs two rows.

    Args:
        codes: (rows, size) of length 1. classes: (rows,) class numbers.
    """
    found = []
    for start in range(0, len(codes), _CHUNK):
        similarity = codes[start : start + _CHUNK].astype(np.float64) @ codes.T.astype(np.float64)
        similarity[np.arange(len(similarity)), start + np.arange(len(similarity))] = -np.inf
        found.append(classes[similarity.argmax(axis=1)] == classes[start : start + _CHUNK])
    return np.concatenate(found)


def chance_of_partners(rows: int) -> dict[str, float]:
    """Return the scores of partners that are ranked at random among this many rows."""
    if rows == 0:
        return {}
    recalls = {f"recall_at_{k}": min(1.0, k / rows) for k in (1, 5, 10)}
    return {**recalls, "mrr": float((1 / np.arange(1, rows + 1)).mean())}


def chance_of_classes(classes: np.ndarray) -> dict[str, float]:
    """Return the probability that another row, drawn at random, is of the same class."""
    counts, rows = np.unique(classes, return_counts=True)[1], len(classes)
    return {"precision_at_1": float((counts * (counts - 1)).sum() / (rows * (rows - 1)))} if rows > 1 else {}
