"""Generated listings of homes."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from dlpy.data.features import Texts
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.datasets._generated import Generated
from dlpy.stand_ins.listings import SIDE, listings

_TAGS = ("balcony", "garden", "lift")


class Listings(Generated):
    """Three inputs of homes for sale, `text`, `photo` and `facts`, and three outputs, `price`, `sold` and `tags`.

    The text is a description, the photo an image of 32 x 32 pixels, and the facts are a table: rooms, surface, year of
    building and city. The tags are three labels, of which several may be true: balcony, garden and lift. Each input
    tells a third of each output. The best possible scores: an MAE of 10 (thousands) for the price, and an accuracy of
    0.95 for `sold` and for each tag; with one input, 32.5 and 0.697.
    """

    title: ClassVar[str] = "generated listings of homes"

    name: Literal["listings"] = "listings"
    rows: Annotated[int, Field(gt=0, le=1_000_000)] = 4_000
    """Number of training and validation rows together."""
    test_rows: Annotated[int, Field(gt=0, le=1_000_000)] = 1_000
    """Number of test rows."""
    missing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Fraction of the targets that are missing (NaN), separately for the price, for `sold` and for each tag."""

    def outline(self) -> Task:
        gaps = self.missing > 0
        return Task(
            {
                "text": Input("text", (None,)),
                "photo": Input("array", (SIDE, SIDE, 3)),
                "facts": Input("table", (4,)),
            },
            {
                "price": Output("regression", unit="thousands", has_missing=gaps),
                "sold": Output("binary", 1, ("no", "yes"), has_missing=gaps),
                "tags": Output("multilabel", len(_TAGS), _TAGS, has_missing=gaps),
            },
        )

    def generated(self, seed: int, part: int, count: int) -> Rows:
        found = listings(seed, part, count)
        inputs = {"text": Texts(found.text), "photo": found.photo, "facts": found.facts}
        targets = {"price": found.price, "sold": found.sold, "tags": found.tags}
        if self.missing:
            random = np.random.default_rng([seed, 78 + part])
            targets = {name: _with_gaps(random, values, self.missing) for name, values in targets.items()}
        return Rows(inputs, targets, np.arange(count))


def _with_gaps(random: np.random.Generator, values: np.ndarray, share: float) -> np.ndarray:
    """Return float32 targets of which a share is NaN."""
    return np.where(random.random(values.shape) < share, np.float32(np.nan), values.astype(np.float32))
