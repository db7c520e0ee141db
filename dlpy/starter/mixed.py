"""Generates an experiment file for a table that holds texts or images beside numbers and categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dlpy.data.images.files import SUFFIXES
from dlpy.starter.columns import Columns
from dlpy.starter.study import Study
from dlpy.starter.wording import Item, Option, plural

MIXED_MODEL = [Option("name", "combined", "an encoder for each input, joined; see dlpy show models combined")]
_SIDE = 64  # pixels
_PEEK = 100  # cells


@dataclass(frozen=True)
class Parts:
    """The columns of a mixed table by input.

    facts: numbers and categories. texts, images: the column of each input by its name.
    """

    facts: list[str]
    texts: dict[str, str]
    images: dict[str, str]

    @property
    def used(self) -> list[str]:
        """The columns of texts and images."""
        return [*self.texts.values(), *self.images.values()]


def parts_of(study: Study) -> Parts | None:
    """Return the inputs of a table with numbers or categories beside texts or images, otherwise None."""
    others, folder = study.others, study.file.path.parent
    facts = [*others.numeric, *others.categories]
    texts = [name for name, cells in others.prose.items() if all(cell and not cell.isspace() for cell in cells)]
    images = [name for name in _unused_texts(others) if _are_images(study.file.texts(name), folder)]
    if not facts or not (texts or images):
        return None
    return Parts(facts, _named(texts, "text"), _named(images, "image"))


def input_options(parts: Parts, about_facts: list[Option]) -> list[Option]:
    """Return the option `inputs` of the dataset.

    Args:
        parts: the columns of each input.
        about_facts: options of the numbers and categories, their transforms included.
    """
    given = [Option("columns", "rest", "all other columns that are not ignored"), *about_facts]
    inputs = [Option("facts", given, plural(len(parts.facts), "column") + " of numbers and categories")]
    for name, column in parts.texts.items():
        words = [
            Item({"name": "tokenize", "vocabulary": 10_000}, "the 9,999 most frequent words"),
            Item("multi_hot", "which words occur, regardless of order"),
        ]
        inputs.append(Option(name, [Option("text", column), _transforms(words)]))
    for name, column in parts.images.items():
        size = Option("size", [_SIDE, _SIDE], "height and width in pixels")
        inputs.append(Option(name, [Option("image", column), size, _transforms([Item("rescale", "0 to 1")])]))
    return [Option("inputs", inputs)]


def _transforms(items: list[Item]) -> Option:
    return Option("transforms", items)


def _named(columns: Sequence[str], noun: str) -> dict[str, str]:
    """Return the columns by the name of their input: text, text_2, ..."""
    return {noun if number == 1 else f"{noun}_{number}": column for number, column in enumerate(columns, 1)}


def _unused_texts(others: Columns) -> list[str]:
    return [name for name in others.unused if name not in others.prose]


def _are_images(cells: list[str], folder: Path) -> bool:
    """Return whether the cells name image files in the table's folder."""
    some = cells[:: max(1, len(cells) // _PEEK)]
    return all(cell.lower().endswith(SUFFIXES) for cell in some) and all((folder / cell).is_file() for cell in some)
