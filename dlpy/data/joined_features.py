"""The rows of several inputs one after another, for transforms that these share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.features import Features, Padded, Scaled, Sequences, Sparse, Texts, splits_of


def joined(parts: Sequence[Features]) -> Features:
    """Return the rows of features of one kind, one part after another.

    Raises:
        ConfigError: such rows, or rows of different kinds or shapes, cannot be joined.
    """
    first = parts[0]
    if not all(type(part) is type(first) for part in parts):
        raise _refused(parts)
    if isinstance(first, np.ndarray):
        arrays = [part for part in parts if isinstance(part, np.ndarray)]
        if len({array.shape[1:] for array in arrays}) > 1:
            raise _refused(parts)
        return np.concatenate(arrays)
    if isinstance(first, Texts):
        return Texts(np.concatenate([part.values for part in parts if isinstance(part, Texts)]))
    if isinstance(first, Sequences):
        return Sequences(*_ragged([part for part in parts if isinstance(part, Sequences)]))
    if isinstance(first, Padded):
        values, splits = _ragged([part for part in parts if isinstance(part, Padded)])
        return Padded(values, splits, first.length, first.front)
    if isinstance(first, Sparse):
        return _sparse([part for part in parts if isinstance(part, Sparse)])
    if isinstance(first, Scaled):
        return joined([part.numbers() for part in parts if isinstance(part, Scaled)])
    raise _refused(parts)


def _ragged(parts: Sequence[Sequences | Padded]) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.concatenate([np.diff(part.splits) for part in parts])
    return np.concatenate([part.values for part in parts]), splits_of(lengths)


def _sparse(parts: Sequence[Sparse]) -> Sparse:
    lengths = np.concatenate([np.diff(part.splits) for part in parts])
    values = [part.values for part in parts if part.values is not None]
    columns = np.concatenate([part.columns for part in parts])
    return Sparse(columns, splits_of(lengths), parts[0].width, np.concatenate(values) if values else None)


def _refused(parts: Sequence[Features]) -> ConfigError:
    kinds = " and ".join(dict.fromkeys(type(part).__name__.lower() for part in parts))
    return ConfigError(
        f"data.inputs: 'like' joins texts, sequences or arrays of one shape, not rows of {kinds}: "
        "remove it, and give each input its own transforms."
    )
