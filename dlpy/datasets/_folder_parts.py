"""The splits of a folder of images or videos that are folders of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlpy.core.options import Block
from dlpy.datasets._image_files import Listing, in_order_of


class Parts(Block):
    """Folders in `path` with the training, validation and test files; each contains one folder per class."""

    train: str = "train"
    """Folder of the training files."""
    validation: str | None = None
    """Folder of the validation files. Default: none."""
    test: str | None = None
    """Folder of the test files, used only by `dlpy evaluate`. Default: none."""


def held_out_by_part(options: Any) -> Any:
    """Return the options of a dataset with the validation and test rows set from `parts`."""
    parts = options.get("parts") if isinstance(options, dict) else None
    given = [part for part in ("validation", "test") if isinstance(parts, dict) and parts.get(part)]
    return {**{part: {"column": "part", "value": part} for part in given}, **options} if given else options


def by_part(parts: Parts, listed: Callable[[str], Listing]) -> Listing:
    """Return the files of all splits, with one more column, `part`, given a function that lists those of a folder."""
    given = {part: folder for part, folder in parts.model_dump().items() if folder}
    listings = {part: listed(folder) for part, folder in given.items()}
    output = listings["train"].output
    listings = {part: in_order_of(listing, output) for part, listing in listings.items()}
    every = [*listings.values()]
    columns = {name: np.concatenate([listing.columns[name] for listing in every]) for name in every[0].columns}
    names = [name for listing in every for name in listing.names]
    marks = np.repeat(np.array([*listings]), [len(listing.names) for listing in every])
    return Listing(names, np.concatenate([listing.y for listing in every]), output, {**columns, "part": marks})
