"""A first experiment file for a folder of the user's own pictures or texts."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from dlpy.datasets.folders import class_folders, entries, folder_names
from dlpy.datasets.picture_files import by_folder, parts_named
from dlpy.errors import DataError
from dlpy.pictures import SUFFIXES, read_sizes
from dlpy.wording import experiment_file, listed, noted, plural, relative, scalar

_MOST_LOOKED_AT = 1_000
_SIDE = 150  # of pictures that differ in size, unless they are smaller
_HELD_OUT = {
    "test": "  test: 0.15                      # kept aside for dlpy evaluate",
    "validation": "  validation: 0.15                # watched while training",
}


def experiment_for_folder(folder: Path, output: Path) -> str:
    """Return the text of an experiment file, to be written at `output`, that tells the classes' folders apart.

    Raises:
        DataError: there are no such folders, or neither pictures nor texts in them.
    """
    parts = parts_named(folder_names(folder))
    training = folder / parts.get("train", "")
    classes = class_folders(training)
    suffixes = {Path(entry.name).suffix.lower() for name in classes for entry in islice(entries(training / name), 100)}
    if suffixes & {*SUFFIXES} or (".txt" not in suffixes and any(folder_names(training / name) for name in classes)):
        return _for_pictures(folder, parts, output)
    if ".txt" not in suffixes:
        raise DataError(f"{training / classes[0]} holds neither pictures ({', '.join(SUFFIXES)}) nor texts (.txt).")
    return _for_texts(training, folder / parts["test"] if "test" in parts else None, classes, output)


def _for_pictures(folder: Path, parts: dict[str, str], output: Path) -> str:
    listing = by_folder(folder, parts.get("train", ""), None)
    size, about = _size(folder, listing.names)
    spelled = ", ".join(f"{part}: {scalar(parts[part])}" for part in ("train", "validation", "test") if part in parts)
    held_out = [line for part, line in _HELD_OUT.items() if part not in parts]
    few = len(listing.names) < 5_000
    changes = "{rotation: 15, shift: 0.1, zoom: 0.1, flip: horizontal}"
    blocks = next(count for count in (4, 3, 2, 1) if size >= 12 * 2 ** (count - 1) or count == 1)
    filters = [32, 64, 128, 128][:blocks]
    data = [
        "  name: image_folder",
        f"  path: {scalar(relative(folder, output))}",
        *([noted(f"  parts: {{{spelled}}}", "folders in path")] if parts else []),
        noted(f"  size: {size}", about),
        *held_out,
        noted("  transforms: [rescale]", "0 to 255 becomes 0 to 1"),
        *([f"  augmentation: {changes}   # training pictures are changed at random"] if few else []),
    ]
    model = ["  name: convnet", f"  filters: {filters}", "  padding: same", "  global_pooling: average"]
    model += ["  units: [64]", "  dropout: 0.3"]
    training = ["  optimizer: adam", f"  epochs: {50 if few else 20}", "  batch_size: 32"]
    classes = listing.output.classes
    title = [f"Tells the pictures in {folder.name} apart ({plural(len(listing.names), 'picture')} to learn from)."]
    title.append(f"{len(classes)} classes: {listed([*classes])}")
    return experiment_file(title, output, {"data": data, "model": model, "training": training})


def _size(folder: Path, names: list[str]) -> tuple[int, str]:
    """Return a side that pictures can be brought to, and what sizes they have."""
    found = read_sizes([folder / name for name in names[:: max(1, len(names) // _MOST_LOOKED_AT)]])
    sizes = [size for size in found if not isinstance(size, DataError)]
    if not sizes:
        raise DataError(f"none of the pictures in {folder} can be read, such as {names[0]}.")
    (low, narrow), (high, wide) = (tuple(edge(side) for side in zip(*sizes, strict=True)) for edge in (min, max))
    if (low, narrow) == (high, wide) and low == narrow and low <= _SIDE:
        return low, "they all have it"
    return min(_SIDE, low, narrow), f"they have {narrow} x {low} to {wide} x {high} pixels"


def _for_texts(folder: Path, test: Path | None, classes: list[str], output: Path) -> str:
    count = sum(len(entries(folder / name)) for name in classes)
    data = [
        "  name: text_folder",
        f"  path: {scalar(relative(folder, output))}",
        *([f"  test_path: {scalar(relative(test, output))}"] if test else [_HELD_OUT["test"]]),
        _HELD_OUT["validation"],
        "  transforms:",
        noted("    - {name: tokenize, vocabulary: 10000}", "the 9,999 most frequent words"),
        noted("    - multi_hot", "which words there are, without order"),
    ]
    model = ["  name: dense", "  units: [16, 16]"]
    training = ["  epochs: 20", f"  batch_size: {64 if count < 5_000 else 512}"]
    title = [f"Tells the texts in {folder.name} apart ({plural(count, 'file')})."]
    title.append(f"{len(classes)} classes: {listed(classes)}")
    return experiment_file(title, output, {"data": data, "model": model, "training": training})
