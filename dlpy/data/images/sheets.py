"""Many small images as one."""

from __future__ import annotations

import numpy as np

_CELL_PIXELS = 48  # small images are enlarged to at least this size


def sheet(cells: np.ndarray, columns: int, margin: int, ground: int) -> np.ndarray:
    """Return cells (count, height, width[, 3]) uint8 as one sheet of `columns` columns with a margin between cells.

    Margins and empty cells have the grey level `ground`.
    """
    count, height, width = cells.shape[:3]
    columns = min(columns, count)
    rows = -(-count // columns)
    shape = (rows * (height + margin) - margin, columns * (width + margin) - margin, *cells.shape[3:])
    whole = np.full(shape, ground, np.uint8)
    for position, cell in enumerate(cells):
        top, left = position // columns * (height + margin), position % columns * (width + margin)
        whole[top : top + height, left : left + width] = cell
    return whole


def enlarged(cells: np.ndarray) -> np.ndarray:
    """Return small images (count, height, width[, channels]) enlarged by a whole factor, in RGB: (count, ..., 3)."""
    cells = cells[..., None] if cells.ndim == 3 else cells
    times = max(1, -(-_CELL_PIXELS // max(cells.shape[1:3])))
    return np.broadcast_to(cells, (*cells.shape[:3], 3)).repeat(times, axis=1).repeat(times, axis=2)
