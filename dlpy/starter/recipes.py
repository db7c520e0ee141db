"""The model for a table, and how it is trained, by the number of rows."""

from __future__ import annotations

from dataclasses import dataclass

from dlpy.models.tabm import TabM
from dlpy.starter.wording import Item, Option

_RATE = {"name": "adamw", "learning_rate": 0.002, "weight_decay": 0.0003}
_MOST_ENCODED = 100  # numeric columns: their encodings would make the first layer larger than all others
_LEAST_ENCODED = 1_000  # rows: the encoding lost on five of six tables with fewer, and won on three of four with more
_VECTOR = TabM.model_fields["embedding"].default  # numbers that encode a number
_WEIGHTS = 0.2  # of a linear function, for each row: it lost on a table with many more
_NETWORKS = {
    1_000: 0,
    20_000: 5,
    100_000: 3,
}  # of the final model, by the number of rows that a table is below; larger ones take too long


@dataclass(frozen=True)
class Width:
    """The size of a table: numeric columns, columns of encoded categories, and numbers that are predicted."""

    numbers: int = 0
    categories: int = 0
    units: int = 1


@dataclass(frozen=True)
class Recipe:
    """The options of the blocks `model`, `training` and `callbacks`."""

    model: list[Option]
    training: list[Option]
    callbacks: list[Item]


def recipe_for_table(rows: int, width: Width, monitor: str, fewest: int = 0) -> Recipe:
    """Return how to learn a table: the settings that did best on the tables named in configs/README.md.

    Args:
        rows: the number of rows.
        width: the number of its columns.
        monitor: the score that stops training.
        fewest: the number of training rows of the rarest class, or of all rows if the target is a number; 0: the rows
            cannot be divided into parts that are alike.
    """
    members = 32 if rows < 5_000 else 16 if rows < 50_000 else 8
    bins = _bins(rows, width.numbers)
    model = [
        Option("name", "tabm", "small networks that share weights; their mean is predicted"),
        Option("members", members),
        *bins,
        *_linear(rows, width, encoded=not bins),
    ]
    training = [
        Option("epochs", 100 if rows < 20_000 else 40, "at most: early stopping ends training"),
        Option("batch_size", _batch(rows)),
        Option("optimizer", _RATE),
        *_final(rows, fewest),
    ]
    return Recipe(model, training, [Item({"name": "early_stopping", "monitor": monitor, "patience": _patience(rows)})])


def _final(rows: int, fewest: int) -> list[Option]:
    """Return the option of a final model of several networks, where there are rows for each."""
    networks = next((count for limit, count in _NETWORKS.items() if rows < limit), 0)
    if networks == 0 or fewest < networks:
        return []
    note = f"{networks} more networks, each on all rows but the test rows and 1/{networks}: their mean predicts"
    return [Option("refit", networks, note)]


def _bins(rows: int, numbers: int) -> list[Option]:
    """Return the option that takes numbers as they are, where encoding them piecewise linearly does not pay."""
    if rows < _LEAST_ENCODED:
        return [Option("bins", None, "numbers as they are: too few rows to encode them piecewise linearly")]
    if numbers > _MOST_ENCODED:
        return [Option("bins", None, f"numbers as they are: {numbers} are too many to encode each")]
    return []


def _linear(rows: int, width: Width, *, encoded: bool) -> list[Option]:
    """Return the option of a linear function beside the networks, where it has few weights for each row."""
    weights = (width.numbers * (_VECTOR if encoded else 1) + width.categories) * width.units
    return [Option("linear", True, "plus a linear function of the columns")] if 0 < weights <= _WEIGHTS * rows else []


def _batch(rows: int) -> int:
    """Return the batch size: small tables need more steps, large ones fewer."""
    limits = {2_500: 32, 6_000: 64, 15_000: 128, 100_000: 256}
    return next((size for limit, size in limits.items() if rows < limit), 512)


def _patience(rows: int) -> int:
    return 16 if rows < 20_000 else 6
