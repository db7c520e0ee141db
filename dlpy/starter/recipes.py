"""The model for a table, and how it is trained, by the number of rows."""

from __future__ import annotations

from dataclasses import dataclass

from dlpy.starter.wording import Item, Option

_RATE = {"name": "adamw", "learning_rate": 0.002, "weight_decay": 0.0003}
_MOST_ENCODED = 100  # numeric columns: their encodings would make the first layer larger than all others


@dataclass(frozen=True)
class Recipe:
    """The options of the blocks `model`, `training` and `callbacks`."""

    model: list[Option]
    training: list[Option]
    callbacks: list[Item]


def recipe_for_table(rows: int, numbers: int, monitor: str) -> Recipe:
    """Return how to learn a table: the settings that did best on the tables named in configs/README.md.

    Args:
        rows: the number of rows.
        numbers: the number of numeric columns.
        monitor: the score that stops training.
    """
    members = 32 if rows < 5_000 else 16 if rows < 50_000 else 8
    model = [
        Option("name", "tabm", "small networks that share weights; their mean is predicted"),
        Option("members", members),
        *([Option("bins", None, f"{numbers} numbers are too many to encode each")] * (numbers > _MOST_ENCODED)),
    ]
    training = [
        Option("epochs", 100 if rows < 20_000 else 40, "at most: early stopping ends training"),
        Option("batch_size", _batch(rows)),
        Option("optimizer", _RATE),
    ]
    return Recipe(model, training, [Item({"name": "early_stopping", "monitor": monitor, "patience": _patience(rows)})])


def _batch(rows: int) -> int:
    """Return the batch size: small tables need more steps, large ones fewer."""
    limits = {2_500: 32, 6_000: 64, 15_000: 128, 100_000: 256}
    return next((size for limit, size in limits.items() if rows < limit), 512)


def _patience(rows: int) -> int:
    return 16 if rows < 20_000 else 6
