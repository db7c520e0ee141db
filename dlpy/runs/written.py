"""Reads how a seq2seq model's texts compare with their references, from samples/written.npz."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dlpy.data.task import Output
from dlpy.runs.arrays import Arrays, is_moderate, numbers, parsed, positions
from dlpy.runs.predictions import PARTS, Stored
from dlpy.scores.weighted_texts import COUNTS
from dlpy.storage.npz import ArraysError


def read_written(path: Path, outputs: Mapping[str, Output]) -> list[Stored]:
    """Return the checksums of references, `target`, and of what was written for them, `prediction`, of each part.

    Behind the checksums, `prediction` has the counts of each text, as `text_scores_of` takes them; runs of earlier
    versions lack them.

    Raises:
        RunError: the file is damaged.
    """
    return parsed(path, lambda arrays: _parts(arrays, outputs)) or []


def _parts(arrays: Arrays, outputs: Mapping[str, Output]) -> list[Stored]:
    of = next(iter(outputs.values()), None)
    found = []
    for part in (part for part in PARTS if f"{part}.index" in arrays):
        index, reference, written = (positions(arrays, f"{part}.{name}") for name in ("index", "reference", "written"))
        group = positions(arrays, f"{part}.group") if f"{part}.group" in arrays else None
        counts = numbers(arrays, f"{part}.counts") if f"{part}.counts" in arrays else np.zeros((len(index), 0))
        if counts.ndim != 2 or counts.shape[1] not in (0, COUNTS) or not is_moderate(counts):
            raise ArraysError(f"its counts of the {part} rows have the shape {counts.shape}")
        if len({len(array) for array in (index, reference, written, counts, *([] if group is None else [group]))}) > 1:
            raise ArraysError(f"its arrays of the {part} rows have different lengths")
        found.append(
            Stored(part, reference, np.column_stack([written, counts]).astype(float), index, group=group, of=of)
        )
    return [stored for stored in found if len(stored.index)]
