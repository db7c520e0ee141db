"""Images with other columns of their table: several inputs and targets of image_folder, read as csv reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Discriminator, Tag

from dlpy.components.named_options import InputOptions
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.datasets._csv_inputs import ImageInput, TableInput, TextInput, kind_of, one_kind
from dlpy.datasets._names import Found
from dlpy.datasets.csv import Csv

if TYPE_CHECKING:
    from dlpy.datasets.image_folder import ImageFolder


class FolderImage(InputOptions):
    """The images as one input; their size and form are options of the dataset."""

    image: str
    """Name of the column with the paths of image files, relative to `path`."""


FolderInput = TableInput | TextInput | FolderImage
AnyFolderInput = Annotated[
    Annotated[TableInput, Tag("columns of a table")]
    | Annotated[TextInput, Tag("a text")]
    | Annotated[FolderImage, Tag("an image")],
    Discriminator(kind_of),
    BeforeValidator(one_kind),
]


def wrong_options(data: ImageFolder) -> Iterator[Found]:
    """Yield the mistakes in the options of the folder that several inputs and targets bring."""
    if data.labels_path is None:
        key = "inputs" if data.inputs is not None else "targets"
        yield (key,), "they are columns of a table: set 'labels_path', the path of a CSV file."
    if data.on_bad == "skip":
        yield ("on_bad",), "the other columns of a row need its image: repair unreadable images instead."
    if data.targets is not None and data.label != "label":
        yield ("label",), "'targets' are given too: list it there, or leave 'targets' out."
    for key in ("transforms", "augmentation"):
        if data.inputs is not None and getattr(data, key):
            yield (key,), f"with 'inputs', each has its own: data.inputs.{next(iter(data.inputs))}.{key}."


def table_of(data: ImageFolder, folder: str | None) -> Csv:
    """Return the dataset that reads the table of images.

    Args:
        data: the options.
        folder: the folder that the paths of images are relative to; None: that of the table.

    Raises:
        ValidationError: the options do not fit each other.
    """
    options: dict[str, Any] = {"name": "csv", "path": data.labels_path, "targets": data.targets, "only": data.only}
    options |= {"target": data.label if data.targets is None else None, "missing_values": data.missing_values}
    options |= {"target_transforms": data.target_transforms}
    options |= {"validation": data.validation, "test": data.test, "split_seed": data.split_seed}
    if data.inputs is None:
        image = FolderImage(image=data.file, transforms=data.transforms, augmentation=data.augmentation)
        return Csv.model_validate({**options, "inputs": {"photo": _image(data, image, folder)}})
    inputs = {
        name: _image(data, given, folder) if isinstance(given, FolderImage) else given
        for name, given in data.inputs.items()
    }
    return Csv.model_validate({**options, "inputs": inputs})


def _image(data: ImageFolder, given: FolderImage, folder: str | None) -> ImageInput:
    return ImageInput(
        image=given.image,
        folder=folder,
        transforms=given.transforms,
        augmentation=given.augmentation,
        size=data.size,
        color_mode=data.color_mode,
        resize=data.resize,
        interpolation=data.interpolation,
        convert=data.convert,
    )


def load(data: ImageFolder) -> Loaded:
    """Return all rows, shuffled."""
    loaded = table_of(data, data.path).load()
    return replace(
        loaded,
        train=_shuffled(data, loaded.train),
        test=None if loaded.test is None else _shuffled(data, loaded.test),
        source=Source("file", f"{loaded.source.description}, images in {data.path}"),
        resolved=_resolved(data, loaded),
    )


def stand_in(data: ImageFolder, seed: int, limit: int | None) -> Loaded:
    """Return generated rows."""
    loaded = table_of(data, data.path).stand_in(seed, limit)
    return replace(loaded, resolved=_resolved(data, loaded))


def _shuffled(data: ImageFolder, rows: Rows) -> Rows:
    return rows.take(np.random.default_rng(data.shuffle_seed).permutation(len(rows)))


def _resolved(data: ImageFolder, loaded: Loaded) -> dict[str, object]:
    """Return the options that were left open, with what was found in the file."""
    inputs = loaded.resolved["inputs"]
    if not isinstance(inputs, Mapping):
        raise TypeError("expected the inputs by name")
    given = data.inputs or {}
    found: dict[str, object] = (
        {"inputs": {name: given[name] if isinstance(given[name], FolderImage) else inputs[name] for name in given}}
        if data.inputs is not None
        else {}
    )
    sizes = [one.size for one in inputs.values() if isinstance(one, ImageInput)]
    return {
        **found,
        **({"size": sizes[0]} if sizes else {}),
        **({"targets": loaded.resolved["targets"]} if data.targets is not None else {}),
    }
