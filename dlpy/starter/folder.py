"""Generates an experiment file for a folder of images, videos or texts, or for a text file."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.images.files import SUFFIXES
from dlpy.data.text.vocabulary import pieces
from dlpy.datasets._folders import class_folders, entries, folder_names
from dlpy.datasets._image_files import by_folder, parts_among
from dlpy.datasets._prose import read_text
from dlpy.starter.blocks import HELD_OUT
from dlpy.starter.image_models import for_images
from dlpy.starter.images import look
from dlpy.starter.videos import experiment_for_videos, holds_videos
from dlpy.starter.whole_series import experiment_for_series_files, holds_series
from dlpy.starter.wording import Item, Lines, Option, experiment_file, listed, plural, relative

_HELD_OUT = {option.key: option for option in HELD_OUT}
_WINDOW, _BATCH = 60, 32
_BAG_OF_WORDS = [
    Item({"name": "tokenize", "vocabulary": 10_000}, "the 9,999 most frequent words"),
    Item("multi_hot", "which words occur, regardless of order"),
]


def experiment_for_folder(folder: Path, output: Path, base: str | None = None) -> str:
    """Return an experiment file, to be written to `output`, that classifies the files in a folder of class folders.

    Args:
        base: the pretrained network to use for images; None leaves the choice to dlpy.

    Raises:
        ConfigError: there is no such network, or the files are texts.
        DataError: there are no class folders, or they hold neither images nor texts.
    """
    parts = parts_among(folder_names(folder))
    training = folder / parts.get("train", "")
    classes = class_folders(training)
    if holds_videos(training, classes):
        if base is not None:
            raise ConfigError(f"--base needs a folder of images; {folder} holds videos.")
        return experiment_for_videos(folder, parts, output)
    if holds_series(training, classes):
        if base is not None:
            raise ConfigError(f"--base needs a folder of images; {folder} holds series.")
        return experiment_for_series_files(folder, parts, output)
    suffixes = {Path(entry.name).suffix.lower() for name in classes for entry in islice(entries(training / name), 100)}
    if suffixes & {*SUFFIXES} or (".txt" not in suffixes and any(folder_names(training / name) for name in classes)):
        return _for_images(folder, parts, output, base)
    if base is not None:
        raise ConfigError(f"--base needs a folder of images; {folder} holds none.")
    if ".txt" not in suffixes:
        raise DataError(f"{training / classes[0]} holds neither images ({', '.join(SUFFIXES)}) nor texts (.txt).")
    return _for_texts(training, folder / parts["test"] if "test" in parts else None, classes, output)


def _for_images(folder: Path, parts: dict[str, str], output: Path, base: str | None) -> str:
    listing = by_folder(folder, parts.get("train", ""), None)
    seen = look(folder, listing.names, listing.y)
    named = {part: parts[part] for part in ("train", "validation", "test") if part in parts}
    held_out = [line for part, line in _HELD_OUT.items() if part not in parts]
    held = sum(float(line.value) for line in held_out)
    chosen = for_images(seen, round(len(listing.names) * (1 - held)), base)
    data = [
        Option("name", "image_folder"),
        Option("path", relative(folder, output)),
        *([Option("parts", named, "folders in path")] if parts else []),
        *chosen.reading,
        *held_out,
        *chosen.preparing,
    ]
    classes = listing.output.classes
    title = [f"Classifies the images in {folder.name} ({plural(len(listing.names), 'image')})."]
    title += [f"{len(classes)} classes: {listed([*classes])}", *chosen.about]
    blocks = {"data": data, "model": chosen.model, "training": chosen.training, "callbacks": chosen.callbacks}
    return experiment_file(title, output, blocks)


def _for_texts(folder: Path, test: Path | None, classes: list[str], output: Path) -> str:
    count = sum(len(entries(folder / name)) for name in classes)
    data = [
        Option("name", "text_folder"),
        Option("path", relative(folder, output)),
        Option("test_path", relative(test, output)) if test else _HELD_OUT["test"],
        _HELD_OUT["validation"],
        Option("transforms", _BAG_OF_WORDS),
    ]
    model = [Option("name", "dense"), Option("units", [16, 16])]
    training = [Option("epochs", 20), Option("batch_size", 64 if count < 5_000 else 512)]
    title = [f"Classifies the texts in {folder.name} ({plural(count, 'file')})."]
    title.append(f"{len(classes)} classes: {listed(classes)}")
    return experiment_file(title, output, {"data": data, "model": model, "training": training})


_STEPS = 8_000  # of training, in total


_LEAST = 1_000  # characters


_MODEL = [Option("name", "rnn"), Option("cell", "lstm"), Option("units", 128), Option("embedding", 32)]


_WATCH = [Item({"name": "early_stopping", "monitor": "val_loss", "patience": 3}), Item("text_samples")]


def experiment_for_text(path: Path, output: Path) -> str:
    """Return an experiment file, to be written to `output`, that trains a language model on a text file.

    Raises:
        DataError: the file cannot be read or is too short.
    """
    text = read_text(path)
    if len(text) < _LEAST:
        raise DataError(
            f"{path} has {plural(len(text), 'character')}, too few to train on: use a text of at least {_LEAST:,}."
        )
    window, different = min(_WINDOW, len(text) // 40), len(pieces(text, "character", lower=False).distinct)
    source = [
        Option("name", "language_model"),
        Option("path", relative(path, output)),
        Option("by", "character", "or word, with a limited vocabulary such as vocabulary: 5000"),
        Option("window", window, "characters per training sequence"),
    ]
    title = f"Trains a language model on {path.name} ({plural(len(text), 'character')}, {different} different ones)."
    return _file(title, source, len(text), output)


def experiment_for_named_text(name: str, output: Path) -> str:
    """Return an experiment file that trains a language model on a named dataset."""
    fallback = Option("fallback", "stand_in", "without a network: train on generated text", suggested=True)
    return _file(f"A first model of {name}.", [Option("name", name), fallback], 600_000, output)


def _file(title: str, source: list[Option], characters: int, output: Path) -> str:
    held = [
        Option("test", 0.1, "the end of the text, held out for dlpy evaluate"),
        Option("validation", 0.1, "the part before it, monitored during training"),
    ]
    epochs = min(100, max(5, _STEPS * _BATCH * _WINDOW // characters))
    adam = {"name": "adam", "learning_rate": 0.003}
    training = [Option("optimizer", adam), Option("epochs", epochs), Option("batch_size", _BATCH)]
    blocks: dict[str, Lines] = {"data": [*source, *held], "model": _MODEL, "training": training, "callbacks": _WATCH}
    return experiment_file([title, "", "  dlpy generate latest", ""], output, blocks)
