"""Readable summaries of rows, for `dlpy show data`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dlpy.core.errors import shortened
from dlpy.data.features import Features, Padded, Passages, Pictures, Scaled, Sequences, Sparse, Table, Texts, Windows
from dlpy.data.stored.array import StoredArray
from dlpy.data.stored_sequences import StoredPadded, StoredSparse
from dlpy.data.stored_texts import StoredTexts
from dlpy.data.tables.calendar import shown
from dlpy.data.tables.stored_table import StoredTable

_WIDTH = 160
_MOST = 100  # numbers shown of a row: more do not fit on a line


def summary(features: Features) -> str:
    """Return one line with the kind, type and shape of the rows."""
    if isinstance(features, Texts):
        return f"texts of {_range([len(text) for text in features.values])} characters"
    if isinstance(features, Sequences):
        return f"{features.values.dtype} sequences of {_range(np.diff(features.splits))} integers"
    if isinstance(features, Table | StoredTable):
        dates = len(features.date_names)
        numbers = f"{len(features.numeric_names) - dates} numeric{f', {dates} date' if dates else ''}"
        return f"{numbers} and {len(features.categorical_names)} categorical columns"
    if isinstance(features, StoredTexts):
        return f"texts of {_range([len(text) for _, texts in features.blocks() for text in texts.values])} characters"
    if isinstance(features, Sparse | StoredSparse):
        held = int(features.lengths.sum()) if isinstance(features, StoredSparse) else len(features.columns)
        share = held / max(1, len(features) * features.width)
        return f"sparse float32 {_shape((len(features), features.width))}, {share:.2%} not 0"
    if isinstance(features, Pictures):
        return f"uint8 images {_shape(features.shape)}"
    if isinstance(features, Passages):
        return f"{len(features):,} windows of {features.length} in a text of {len(features.tokens):,} tokens"
    if isinstance(features, Padded | StoredPadded):
        return f"{np.dtype(np.int32)} {_shape(features.shape)}"
    shape = features.shape if isinstance(features, np.ndarray | Scaled | Windows | StoredArray) else ()
    return f"{_numbers(features, np.arange(0)).dtype} {_shape(shape)}"


def row(features: Features, number: int, words: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield the contents of a row as (label, value) lines; integers are also shown as their words."""
    if isinstance(features, Texts):
        yield "text", shortened(features.values[number], _WIDTH)
    elif isinstance(features, StoredTable | StoredTexts):
        yield from row(features.read(np.array([number])), 0)
    elif isinstance(features, Table):
        names = (*features.numeric_names, *features.categorical_names)
        numbers = [
            shown(value) if name in features.date_names else f"{value:g}"
            for name, value in zip(features.numeric_names, features.numeric[number], strict=True)
        ]
        cells = numbers + features.categorical[number].tolist()
        yield "cells", shortened(", ".join(map("=".join, zip(names, cells, strict=True))), _WIDTH)
    elif isinstance(features, Sparse):
        some = slice(features.splits[number], features.splits[number + 1])
        values = np.ones(1) if features.values is None else features.values[some]
        columns = features.columns[some]
        pairs = zip(columns.tolist(), np.broadcast_to(values, len(columns)).tolist(), strict=True)
        yield "columns", _line([f"{_word(column, words)}={value:.3g}" for column, value in pairs])
    elif isinstance(features, Passages):
        integers: list[int] = features.take(np.array([number])).numbers()[0].tolist()
        spelled = [words[integer] or "[UNK]" for integer in integers] if words else []
        yield "integers", _line([str(integer) for integer in integers])
        yield "text", shortened((" " if any(word[1:] for word in words) else "").join(spelled), _WIDTH)
    elif isinstance(features, StoredPadded | StoredSparse):
        yield from row(features.read(np.array([number])), 0, words)
    elif isinstance(features, Sequences | Padded):
        integers = _own(features, number)
        yield "integers", _line([str(integer) for integer in integers])
        if words:
            yield "words", _line([_word(integer, words) for integer in integers if integer])
    else:
        yield "numbers", _line([f"{value:.4g}" for value in _numbers(features, np.array([number])).reshape(-1)[:_MOST]])


def _own(features: Sequences | Padded, number: int) -> list[int]:
    if isinstance(features, Sequences):
        return features.row(number).tolist()
    return features.take(np.array([number])).numbers()[0].tolist()


def _numbers(features: Features, rows: np.ndarray) -> np.ndarray:
    if isinstance(features, Pictures | StoredArray):
        return features.read(rows)
    if isinstance(features, Scaled | Padded | Windows):
        return features.take(rows).numbers()
    if isinstance(features, np.ndarray):
        return features[rows]
    raise TypeError(f"rows of {type(features).__name__} are no numbers")


def _word(integer: int, words: Sequence[str]) -> str:
    """Return the word of an integer, or the integer itself if it has none."""
    return (words[integer] if integer < len(words) else "") or f"[{integer}]"


def _line(parts: list[str]) -> str:
    """Return one line with the first and the last parts."""
    if len(parts) > 2 * _MOST:
        parts = [*parts[:_MOST], "…", *parts[-_MOST:]]
    return shortened(" ".join(parts), _WIDTH)


def _range(lengths: Sequence[int] | np.ndarray) -> str:
    low, high = int(np.min(lengths)), int(np.max(lengths))
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _shape(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(f"{size:,}" for size in shape) + ("," if len(shape) == 1 else "") + ")"
