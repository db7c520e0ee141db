"""Generates an experiment file for a folder of images or texts, or for a text file."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from dlpy.core.errors import DataError
from dlpy.data.images.files import SUFFIXES, read_sizes
from dlpy.data.text.vocabulary import pieces
from dlpy.datasets._folders import class_folders, entries, folder_names
from dlpy.datasets._image_files import by_folder, parts_among
from dlpy.datasets._prose import read_text
from dlpy.starter.wording import Item, Lines, Option, experiment_file, listed, plural, relative

_MOST_LOOKED_AT = 1_000
_SIDE = 150  # of images that differ in size, unless they are smaller
_HELD_OUT = {
    "test": Option("test", 0.15, "held out for dlpy evaluate"),
    "validation": Option("validation", 0.15, "monitored during training"),
}
_WINDOW, _BATCH = 60, 32
_BAG_OF_WORDS = [
    Item({"name": "tokenize", "vocabulary": 10_000}, "the 9,999 most frequent words"),
    Item("multi_hot", "which words occur, regardless of order"),
]


def experiment_for_folder(folder: Path, output: Path) -> str:
    """Return an experiment file, to be written to `output`, that classifies the files in a folder of class folders.

    Raises:
        DataError: there are no class folders, or they hold neither images nor texts.
    """
    parts = parts_among(folder_names(folder))
    training = folder / parts.get("train", "")
    classes = class_folders(training)
    suffixes = {Path(entry.name).suffix.lower() for name in classes for entry in islice(entries(training / name), 100)}
    if suffixes & {*SUFFIXES} or (".txt" not in suffixes and any(folder_names(training / name) for name in classes)):
        return _for_images(folder, parts, output)
    if ".txt" not in suffixes:
        raise DataError(f"{training / classes[0]} holds neither images ({', '.join(SUFFIXES)}) nor texts (.txt).")
    return _for_texts(training, folder / parts["test"] if "test" in parts else None, classes, output)


def _for_images(folder: Path, parts: dict[str, str], output: Path) -> str:
    listing = by_folder(folder, parts.get("train", ""), None)
    size, about = _size(folder, listing.names)
    named = {part: parts[part] for part in ("train", "validation", "test") if part in parts}
    held_out = [line for part, line in _HELD_OUT.items() if part not in parts]
    few = len(listing.names) < 5_000
    changes = {"rotation": 15, "shift": 0.1, "zoom": 0.1, "flip": "horizontal"}
    blocks = next(count for count in (4, 3, 2, 1) if size >= 12 * 2 ** (count - 1) or count == 1)
    filters = [32, 64, 128, 128][:blocks]
    data = [
        Option("name", "image_folder"),
        Option("path", relative(folder, output)),
        *([Option("parts", named, "folders in path")] if parts else []),
        Option("size", size, about),
        *held_out,
        Option("transforms", ["rescale"], "0 to 255 becomes 0 to 1"),
        *([Option("augmentation", changes, "random changes of training images")] if few else []),
    ]
    model = [Option("name", "convnet"), Option("filters", filters), Option("padding", "same")]
    model += [Option("global_pooling", "average"), Option("units", [64]), Option("dropout", 0.3)]
    training = [Option("optimizer", "adam"), Option("epochs", 50 if few else 20), Option("batch_size", 32)]
    classes = listing.output.classes
    title = [f"Classifies the images in {folder.name} ({plural(len(listing.names), 'image')})."]
    title.append(f"{len(classes)} classes: {listed([*classes])}")
    return experiment_file(title, output, {"data": data, "model": model, "training": training})


def _size(folder: Path, names: list[str]) -> tuple[int, str]:
    """Return a side to resize images to, and a comment about their sizes."""
    found = read_sizes([folder / name for name in names[:: max(1, len(names) // _MOST_LOOKED_AT)]])
    sizes = [size for size in found if not isinstance(size, DataError)]
    if not sizes:
        raise DataError(f"none of the images in {folder} can be read, such as {names[0]}.")
    (low, narrow), (high, wide) = (tuple(edge(side) for side in zip(*sizes, strict=True)) for edge in (min, max))
    if (low, narrow) == (high, wide) and low == narrow and low <= _SIDE:
        return low, "the size of all images"
    return min(_SIDE, low, narrow), f"images have {narrow} x {low} to {wide} x {high} pixels"


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
