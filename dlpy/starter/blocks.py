"""Blocks shared by generated experiment files for tables, series, texts and arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dlpy.starter.recipes import Width, recipe_for_table
from dlpy.starter.wording import Item, Option, experiment_file, meant

HELD_OUT = [
    Option("test", 0.15, "held out for dlpy evaluate"),
    Option("validation", 0.15, "monitored during training"),
]
SCALED_TARGET = Option("target_transforms", ["standardize"], "scores are in the target's own unit")
TEXT_MODEL = [Option("name", "dense"), Option("units", [16, 16])]
ARRAY_MODEL = [Option("name", "dense"), Option("units", [64, 64])]
TABLE_MODEL = [Option("name", "tabm")]  # its options and its training: see recipes.py
SERIES_MODEL = [
    Option("name", "dlinear", "linear in the trend and the season of the window"),
    Option("columns", "target", "its own past alone; all: with the other columns, if there are many rows"),
]
_SERIES_TRAINING = [
    Option("optimizer", {"name": "adam", "learning_rate": 0.003}),
    Option("loss", {"name": "pinball", "quantiles": [0.1, 0.5, 0.9]}, "the median, and a band of 80 %"),
]
_SHORT_SERIES = 300  # rows


@dataclass(frozen=True)
class Fit:
    """What decides the options of training.

    rows: the number of rows. scores: options for the metrics and class weights. monitor: the score that stops training.
    width, fewest: of a table, as of `recipe_for_table`.
    """

    rows: int
    scores: list[Option] = field(default_factory=list)
    monitor: str = "val_loss"
    width: Width = field(default_factory=Width)
    fewest: int = 0


def first_file(title: list[str], output: Path, data: list[Option], model: list[Option], fit: Fit) -> str:
    """Return an experiment file, with epochs and batch size chosen by the number of rows."""
    rows = fit.rows
    if model == TABLE_MODEL:
        recipe = recipe_for_table(rows, fit.width, fit.monitor, fit.fewest)
        training = [*recipe.training, *fit.scores]
        blocks = {"data": data, "model": recipe.model, "training": training, "callbacks": recipe.callbacks}
        return experiment_file(title, output, blocks)
    batch = 16 if rows < 1_000 else 32 if rows < 10_000 else 512 if model == TEXT_MODEL or rows > 100_000 else 128
    batch = 128 if model == SERIES_MODEL and rows >= _SHORT_SERIES else batch
    epochs = 100 if rows < 10_000 else 20
    epochs, patience = (2 * epochs, 20) if model == SERIES_MODEL else (epochs, 10)
    own = _SERIES_TRAINING if model == SERIES_MODEL else []
    training = [*own, Option("epochs", epochs), Option("batch_size", batch), *fit.scores]
    early = [Item({"name": "early_stopping", "monitor": fit.monitor, "patience": patience})]
    return experiment_file(title, output, {"data": data, "model": model, "training": training, "callbacks": early})


def values_of(options: list[Option]) -> dict[str, object]:
    """Return the values of a block's options, without the suggested ones."""
    return meant(options)
