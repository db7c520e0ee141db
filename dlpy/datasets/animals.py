"""Generated animal images, for pretraining a convolutional base without network access."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dlpy.components.dataset import Dataset
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.task import Input, Output, Task
from dlpy.datasets._image_files import Size
from dlpy.stand_ins.pets import SPECIES, others


class Animals(Dataset):
    """Generated faces of fifteen species, without cats and dogs, for pretraining a convolutional base.

    There is no real dataset behind it. The stand-in of cats_vs_dogs is generated in the same way.
    """

    name: Literal["animals"] = "animals"
    size: Size = [48, 48]
    """Height and width of the images in pixels; one number for both."""
    rows: Annotated[int, Field(ge=60)] = 10_000
    """Number of training and validation images together."""
    generator_seed: Annotated[int, Field(ge=0, le=10**18)] = 0
    """Seed for generating the images; separate from `seed`, so that runs with different seeds share the same images."""

    def outline(self) -> Task:
        height, width = self.size
        classes = tuple(f"species {number}" for number in range(SPECIES))
        return Task.single(Input("array", (height, width, 3)), Output("multiclass", SPECIES, classes))

    def load(self) -> Loaded:
        return self.stand_in(self.generator_seed, None)

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        train, test = (
            Rows.single(*others(seed, part, min(count, limit or count), self.size))
            for part, count in enumerate((self.rows, 1000))
        )
        return Loaded(train, test, self.outline(), Source("stand-in", "generated animal images", always_generated=True))
