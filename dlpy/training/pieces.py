"""Transforms of rows that are read from a file in pieces: fitted block by block, and applied once to all of its rows.

The transformed rows lie in files beside the cached table, so that every batch is gathered from there. The name of a
file comes from the states of the transforms: a resumed run and a second one with the same split find it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from dlpy.components.named_transform import OfInput, OfTarget
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, StorageError
from dlpy.core.keras_backend import give_back_memory
from dlpy.core.memory import free_memory, shown_size
from dlpy.core.progress import Progress, progress_bar
from dlpy.data import stored_sequences
from dlpy.data.features import Padded, Sparse, take
from dlpy.data.pieces import Pieces
from dlpy.data.rows import Rows
from dlpy.data.stored.array import ArrayFile, StoredArray
from dlpy.data.stored.base import Stored
from dlpy.data.stored_texts import StoredTexts
from dlpy.data.tables.stored_table import StoredTable
from dlpy.data.task import State, Task
from dlpy.storage.atomic import beside, storage
from dlpy.storage.cache import make_room

Pair = tuple[Transform, State]


def in_pieces(rows: Rows) -> bool:
    """Return whether rows are those of a table or of texts in a file, not yet transformed."""
    return any(isinstance(x, StoredTable | StoredTexts) for x in rows.inputs.values())


def fitted(transforms: Sequence[Transform], rows: Rows, task: Task) -> tuple[list[State], Rows, Task]:
    """Return the states of transforms fitted on these rows, the transformed rows, and their task."""
    pieces, pairs = _pieces_of(rows), list[Pair]()
    for transform in transforms:
        name, inner, own = _of_input(transform, task)
        if name in pieces:
            state = inner.fit_in_pieces(pieces[name], own)
            pieces[name] = pieces[name].with_step(partial(inner.apply, state=state))
        else:
            state, rows = transform.fit_apply(rows, task)
        pairs.append((transform, state))
        task = transform.measured(transform.outline(task), state)
    return [state for _, state in pairs], _with_arrays(rows, pairs), task


def applied(pairs: Sequence[Pair], rows: Rows) -> Rows:
    """Return rows changed by fitted transforms."""
    for transform, state in pairs:
        if isinstance(transform, OfTarget) or transform.on_targets:
            rows = transform.apply(rows, state)
    return _with_arrays(rows, pairs)


def in_memory(rows: Rows, what: str) -> Rows:
    """Return rows whose tables are in memory.

    Args:
        rows: the rows.
        what: who needs them, for the message.

    Raises:
        ConfigError: they are too large.
    """
    for name, x in rows.inputs.items():
        if isinstance(x, StoredTable):
            size = len(x) * (8 * len(x.numeric_names) + 4 * x.columns.width * len(x.categorical_names))
            _require_memory(size, what)
        elif isinstance(x, StoredTexts):
            _require_memory(60 * len(x) + int((x.file.splits[x.rows + 1] - x.file.splits[x.rows]).sum()), what)
        if isinstance(x, StoredTable | StoredTexts):
            rows = rows.with_x(x.read(np.arange(len(x))), name)
    return rows


def _require_memory(size: int, what: str) -> None:
    if 3 * size > free_memory():
        raise ConfigError(f"{what} in memory, {shown_size(size)}: hold out fewer rows.")


def examples(rows: Rows) -> Rows:
    """Return rows whose tables and texts in files are a few rows in memory, which hold every category."""
    for name, x in rows.inputs.items():
        if isinstance(x, StoredTexts):
            rows = rows.with_x(x.read(np.arange(1)), name)
        elif isinstance(x, StoredTable):
            known = [texts[counts > 0] for texts, counts in x.counts()]
            places = np.arange(max([1, *map(len, known)]))
            categorical = np.stack([texts[places % len(texts)] for texts in known], axis=1) if known else None
            table = x.read(np.zeros(len(places), np.int64))
            rows = rows.with_x(table if categorical is None else replace(table, categorical=categorical), name)
    return rows


def blocks_of(rows: Rows) -> Iterator[Rows]:
    """Yield rows of tables in files in memory, some thousand at a time."""
    tables = {name: x for name, x in rows.inputs.items() if isinstance(x, StoredTable | StoredTexts)}
    for _, some in next(iter(tables.values())).in_blocks():
        chosen = np.arange(some.start, some.stop)
        inputs = {
            name: tables[name].read(chosen) if name in tables else take(x, chosen) for name, x in rows.inputs.items()
        }
        yield Rows(inputs, {name: y[some] for name, y in rows.targets.items()}, rows.index[some])


def _of_input(transform: Transform, task: Task) -> tuple[str, Transform, Task]:
    """Return the input that a transform changes, what changes it, and the task as that sees it."""
    if isinstance(transform, OfInput):
        if transform.like:
            raise ConfigError(f"data.inputs.{transform.like[0]}.like needs all rows in memory: raise data.memory.")
        return transform.of, transform.inner, Task({transform.of: task.inputs[transform.of]}, {})
    if isinstance(transform, OfTarget) or transform.on_targets:
        return "", transform, task
    return next(iter(task.inputs)), transform, task


def _pieces_of(rows: Rows) -> dict[str, Pieces]:
    stored = {name: x for name, x in rows.inputs.items() if isinstance(x, StoredTable | StoredTexts)}
    return {name: Pieces(x, rows.index, name) for name, x in stored.items()}


def _with_arrays(rows: Rows, pairs: Sequence[Pair]) -> Rows:
    """Return rows with arrays in place of the tables in files."""
    for name, pieces in _pieces_of(rows).items():
        own = [(transform, state) for transform, state in pairs if _changes(transform, name)]
        rows = rows.with_x(_transformed(pieces, own), name)
    return rows


def _changes(transform: Transform, name: str) -> bool:
    if isinstance(transform, OfTarget) or transform.on_targets:
        return False
    return not isinstance(transform, OfInput) or transform.of == name


def _transformed(pieces: Pieces, pairs: Sequence[Pair]) -> Stored:
    """Return transformed rows, from the cache if those of the whole file are there."""
    source = pieces.table.file
    steps = [(one.inner if isinstance(one, OfInput) else one, state) for one, state in pairs]
    places = np.arange(len(source), dtype=np.int32)
    every = Pieces(replace(pieces.table, rows=places), places, pieces.name)
    for transform, state in steps:
        every = every.with_step(partial(transform.apply, state=state))
    path, first = source.path.with_name(f"{source.path.stem}-{_key(steps)}.rows"), every.first.x
    if not isinstance(first, np.ndarray | Padded | Sparse) or (isinstance(first, np.ndarray) and first.ndim != 2):
        last = steps[-1][0].name if steps else "data without transforms"
        raise ConfigError(f"{last}: its rows are held in memory, and data.memory allows less. End with pad or a bag.")
    if not path.is_file():
        _write(path, every, first)
    if isinstance(first, np.ndarray):
        return StoredArray(ArrayFile(path, first.shape[1]), pieces.table.rows)
    return stored_sequences.opened(path, first, pieces.table.rows)


def _write(path: Path, every: Pieces, first: np.ndarray | Padded | Sparse) -> None:
    integers = 0 if isinstance(first, np.ndarray) else len(first.columns if isinstance(first, Sparse) else first.values)
    size = (4 * first.shape[1] if isinstance(first, np.ndarray) else 16 + 8 * integers // len(first)) * len(every)
    if not make_room(path.parent.parent, size, keep=path.parent):
        where = f"{path.parent.parent}: the transformed rows need {shown_size(size)} there"
        raise StorageError(f"{where}. Free some space, or set $DLPY_CACHE to a folder on a larger disk.")
    temporary = beside(path)
    try:
        with storage(path), progress_bar("transforming rows") as progress:
            if isinstance(first, np.ndarray):
                with temporary.open("wb") as file:
                    for rows in _told_of(every, progress):
                        file.write(np.ascontiguousarray(_numbers(rows)).data)
            else:
                stored_sequences.write(temporary, (_ragged(rows) for rows in _told_of(every, progress)))
                for suffix in stored_sequences.SUFFIXES:
                    temporary.with_suffix(suffix).replace(path.with_suffix(suffix))
        temporary.replace(path)
    finally:
        for suffix in (temporary.suffix, *stored_sequences.SUFFIXES):
            temporary.with_suffix(suffix).unlink(missing_ok=True)
    give_back_memory()  # of the blocks, before TensorFlow needs its own


def _told_of(every: Pieces, progress: Progress) -> Iterator[Rows]:
    """Yield all rows, and report how many there were so far."""
    done = 0
    for rows in every.blocks():
        yield rows
        done += len(rows)
        progress(done, len(every))


def _ragged(rows: Rows) -> Padded | Sparse:
    if not isinstance(rows.x, Padded | Sparse):
        raise TypeError(f"expected sequences, not {type(rows.x).__name__}")
    return rows.x


def _numbers(rows: Rows) -> np.ndarray:
    if not isinstance(rows.x, np.ndarray) or rows.x.ndim != 2:
        raise TypeError(f"a table becomes rows of numbers, not {type(rows.x).__name__}")
    return rows.x.astype(np.float32, copy=False)


def _key(steps: Sequence[Pair]) -> str:
    """Return a text that is the same for the same transforms in the same states."""
    digest = hashlib.sha256()
    for part in _told(steps):
        digest.update(part)
    return digest.hexdigest()[:16]


def _told(steps: Sequence[Pair]) -> Iterator[bytes]:
    for transform, state in steps:
        yield transform.model_dump_json().encode()
        yield from _bytes_of(state)


def _bytes_of(state: Mapping[str, np.ndarray]) -> Iterator[bytes]:
    for name, array in state.items():
        yield f"{name}{array.dtype.str}{array.shape}".encode()
        yield np.ascontiguousarray(array).tobytes()
