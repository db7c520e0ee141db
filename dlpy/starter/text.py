"""A first experiment file for a text to go on with."""

from __future__ import annotations

from pathlib import Path

from dlpy.core.errors import DataError
from dlpy.data.text.vocabulary import pieces
from dlpy.datasets._prose import read_text
from dlpy.starter.wording import Item, Lines, Option, experiment_file, plural, relative

_WINDOW, _BATCH = 60, 32
_STEPS = 8_000  # of training, in all
_LEAST = 1_000  # characters
_MODEL = [Option("name", "rnn"), Option("cell", "lstm"), Option("units", 128), Option("embedding", 32)]
_WATCH = [Item({"name": "early_stopping", "monitor": "val_loss", "patience": 3}), Item("text_samples")]


def experiment_for_text(path: Path, output: Path) -> str:
    """Return the text of an experiment file, to be written at `output`, that learns to go on with a text file.

    Raises:
        DataError: it cannot be read, or is too short to learn from.
    """
    text = read_text(path)
    if len(text) < _LEAST:
        raise DataError(
            f"{path} holds {plural(len(text), 'character')}: too few to learn from; {_LEAST:,} is the least."
        )
    window, different = min(_WINDOW, len(text) // 40), len(pieces(text, "character", lower=False).distinct)
    source = [
        Option("name", "language_model"),
        Option("path", relative(path, output)),
        Option("by", "character", "or word: then the most frequent ones only, such as vocabulary: 5000"),
        Option("window", window, "characters that are learnt from at a time"),
    ]
    title = f"Learns to go on with {path.name} ({plural(len(text), 'character')}, {different} different ones)."
    return _file(title, source, len(text), output)


def experiment_for_named_text(name: str, output: Path) -> str:
    """Return the text of an experiment file that learns to go on with a named dataset's text."""
    fallback = Option("fallback", "stand_in", "no network: train on a generated text", suggested=True)
    return _file(f"A first model of {name}.", [Option("name", name), fallback], 600_000, output)


def _file(title: str, source: list[Option], characters: int, output: Path) -> str:
    held = [
        Option("test", 0.1, "the end of the text, kept aside for dlpy evaluate"),
        Option("validation", 0.1, "what comes before it, watched while training"),
    ]
    epochs = min(100, max(5, _STEPS * _BATCH * _WINDOW // characters))
    adam = {"name": "adam", "learning_rate": 0.003}
    training = [Option("optimizer", adam), Option("epochs", epochs), Option("batch_size", _BATCH)]
    blocks: dict[str, Lines] = {"data": [*source, *held], "model": _MODEL, "training": training, "callbacks": _WATCH}
    return experiment_file([title, "", "  dlpy generate latest", ""], output, blocks)
