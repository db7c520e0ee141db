"""Reads which texts a seq2seq model wrote like their references, from samples/written.npz."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dlpy.data.task import Output
from dlpy.runs.arrays import Arrays, parsed, positions
from dlpy.runs.predictions import PARTS, Stored
from dlpy.storage.npz import ArraysError


def read_written(path: Path, outputs: Mapping[str, Output]) -> list[Stored]:
    """Return the checksums of references, `target`, and of what was written for them, `prediction`, of each part.

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
        if len({len(array) for array in (index, reference, written, *([] if group is None else [group]))}) > 1:
            raise ArraysError(f"its arrays of the {part} rows have different lengths")
        found.append(Stored(part, reference, written[:, None].astype(float), index, group=group, of=of))
    return [stored for stored in found if len(stored.index)]
