"""Blocks shared by generated experiment files for tables, series, texts and arrays."""

from __future__ import annotations

from pathlib import Path

from dlpy.starter.wording import Option, experiment_file, meant

HELD_OUT = [
    Option("test", 0.15, "held out for dlpy evaluate"),
    Option("validation", 0.15, "monitored during training"),
]
TEXT_MODEL = [Option("name", "dense"), Option("units", [16, 16])]
TABLE_MODEL = [Option("name", "dense"), Option("units", [64, 64])]
SERIES_MODEL = [Option("name", "rnn"), Option("cell", "gru"), Option("units", 16), Option("dropout", 0.1)]
_SHORT_SERIES = 300  # rows


def first_file(title: list[str], output: Path, data: list[Option], model: list[Option], rows: int) -> str:
    """Return an experiment file, with epochs and batch size chosen by the number of rows."""
    batch = 16 if rows < 1_000 else 32 if rows < 10_000 else 512 if model == TEXT_MODEL or rows > 100_000 else 128
    batch = 128 if model == SERIES_MODEL and rows >= _SHORT_SERIES else batch
    epochs = 100 if rows < 10_000 else 20
    training = [Option("epochs", epochs), Option("batch_size", batch)]
    return experiment_file(title, output, {"data": data, "model": model, "training": training})


def values_of(options: list[Option]) -> dict[str, object]:
    """Return the values of a block's options, without the suggested ones."""
    return meant(options)
