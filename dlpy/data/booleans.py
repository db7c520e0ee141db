"""Booleans, which CSV files spell True, true or TRUE, and JSON, Parquet and workbooks hold without a spelling."""

from __future__ import annotations

import numpy as np

_BOOLEANS = ("false", "true")


def spelled_as(cells: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return texts (rows,) in which booleans are spelled as the known texts spell them."""
    for name in known.tolist():
        if name.lower() in _BOOLEANS:
            others = [one for one in spellings(name) if one not in known]
            cells = np.where(np.isin(cells, others), name, cells)
    return cells


def spellings(name: str) -> tuple[str, ...]:
    """Return the ways to spell a boolean; of other texts none."""
    return (name.lower(), name.title(), name.upper()) if name.lower() in _BOOLEANS else ()
