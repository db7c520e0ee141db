"""The categories of a table inside a network: what each stands for in the matrix that the model reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.booleans import spellings
from dlpy.data.features import Table
from dlpy.data.rows import Rows
from dlpy.data.task import State
from dlpy.transforms._numbers import table_of
from dlpy.transforms.date_parts import DateParts
from dlpy.transforms.piecewise_linear import PiecewiseLinear
from dlpy.transforms.quantile import Quantile
from dlpy.transforms.rare_categories import RARE

Pairs = Sequence[tuple[Transform, State]]

CATEGORIES = "categories_of"  # begins the names of the embeddings that hold what categories stand for
_MOST_CELLS = 50_000_000  # of the columns of all categories: 200 MB
_UNKNOWN = "\0no category of any table\0"


@dataclass(frozen=True)
class Lookup:
    """What the categories of one column stand for.

    words: the categories; each is known by its number from 1 up, and 0 stands for all others. columns: the columns of
    the matrix that depend on the category. values: (1 + words, columns), what it gives there.
    """

    words: list[str]
    columns: np.ndarray
    values: np.ndarray


def lookups_of(pairs: Pairs, table: Table) -> list[Lookup]:
    """Return what the categories of each categorical column of a table stand for.

    Transforms treat columns separately, so that one row for each category of one column shows all that it changes.

    Args:
        pairs: the transforms of the table and their states.
        table: the training rows before the transforms.

    Raises:
        ConfigError: the columns of all categories would not fit into a file.
    """
    words = [_words_of(pairs, column, number) for number, column in enumerate(table.categorical.T)]
    found = []
    for number, known in enumerate(words):
        matrix = _applied(pairs, _probe(table, number, [_UNKNOWN, *known]))
        columns = np.flatnonzero(~_same(matrix, matrix[:1]).all(axis=0))
        found.append(Lookup(known, columns, matrix[:, columns]))
        if sum(lookup.values.size for lookup in found) > _MOST_CELLS:
            many = table.categorical_names[number]
            raise ConfigError(f"column '{many}' has {len(known):,} categories as one-hot columns: too many to export.")
    return found


def _words_of(pairs: Pairs, column: np.ndarray, number: int) -> list[str]:
    """Return the categories of a column that transforms may tell from others, in alphabetical order."""
    fills = [str(state["categorical"][number]) for transform, state in pairs if transform.name == "fill_missing"]
    rare = [RARE] if any(transform.name == "rare_categories" for transform, _ in pairs) else []
    known = {*np.unique(column).tolist(), *fills, *rare, ""}
    return sorted(known | {spelling for word in known for spelling in spellings(word)})


def _probe(table: Table, number: int, words: list[str]) -> Table:
    """Return a row for each of these words in one categorical column; other columns are as in the first row."""
    rows = table.take(np.zeros(len(words), np.int64))
    categorical = rows.categorical.astype(object)
    categorical[:, number] = words
    return replace(rows, categorical=categorical.astype(np.str_))


def steps_beside(pairs: Pairs, table: Table) -> tuple[list[dict[str, Any]], Pairs, Table]:
    """Return what becomes of the numeric columns beside the network, the transforms that it has, and their table.

    Dates are beside it, and so is what comes before them: float32 knows the seconds since 1970 to two minutes. So are
    the quantiles of their parts, since it does not know the cosines of February and October apart, which float64 does.
    """
    of_dates = (DateParts, Quantile, PiecewiseLinear) if _has_dates(pairs) else ()
    last = max((number for number, (one, _) in enumerate(pairs, 1) if isinstance(one, of_dates)), default=0)
    steps, rows = [], Rows({"input": table.take(np.arange(1))}, {}, np.arange(1))
    for transform, state in pairs[:last]:
        if not transform.keeps_rows:
            done = transform.beside(table_of(rows, "an export").numeric_names, state)
            steps += [done] if done else []
            rows = transform.apply(rows, state)
    return steps, pairs[last:], table_of(rows, "an export")


def _has_dates(pairs: Pairs) -> bool:
    return any(isinstance(transform, DateParts) for transform, _ in pairs)


def _applied(pairs: Pairs, table: Table) -> np.ndarray:
    rows = Rows({"input": table}, {}, np.arange(len(table)))
    for transform, state in pairs:
        rows = transform.apply(rows, state)
    return rows.array


def _same(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one == other) | (np.isnan(one) & np.isnan(other))


def with_categories(numbers: Any, codes: Sequence[Any], lookups: Sequence[Lookup], wanted: tuple[str, int]) -> Any:
    """Return the matrix that the model reads: (batch, width).

    Args:
        numbers: the matrix as the numeric columns alone give it, (batch, width); None: there are none.
        codes: the number of the category in each categorical column, each (batch,).
        lookups: of these columns.
        wanted: the name of the model's input, and the number of columns.
    """
    from keras import layers, ops

    of, width = wanted
    changed = np.concatenate([np.zeros(0, np.int64), *(lookup.columns for lookup in lookups)])
    kept = np.setdiff1d(np.arange(width), changed)
    parts = [] if numbers is None else [ops.take(numbers, kept, axis=1)]
    for number, (code, lookup) in enumerate(zip(codes, lookups, strict=True)):
        if len(lookup.columns):
            name = f"{CATEGORIES}_{of}_{number}"
            layer = layers.Embedding(*lookup.values.shape, trainable=False, name=name)
            parts.append(layer(code))
            layer.set_weights([lookup.values])
    order = np.concatenate([[] if numbers is None else kept, changed]).astype(np.int64)
    joined = parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=1)
    return ops.take(joined, np.argsort(order), axis=1)
