"""Generated images from two cameras."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.datasets._generated import Generated
from dlpy.datasets._image_files import Size
from dlpy.stand_ins.cameras import NEARER, SIZE_LEAST, scenes


class TwoCameras(Generated):
    """Two inputs, the images of a `left` and a `right` camera, and one output, the `distance` of a ball (book 7.1.6).

    The book shows the network and does not train it; here the data can be learnt. The distance is decided by how far
    apart the ball is in both images (the disparity): one image alone tells next to nothing. The best possible MAE is
    0.2 m; the best possible accuracy of `predict: nearer` is 1.0.
    """

    title: ClassVar[str] = "generated images from two cameras"

    name: Literal["two_cameras"] = "two_cameras"
    rows: Annotated[int, Field(gt=0, le=1_000_000)] = 4_000
    """Number of training and validation rows together."""
    test_rows: Annotated[int, Field(gt=0, le=1_000_000)] = 1_000
    """Number of test rows."""
    size: Size = [32, 64]
    """Height and width of the images in pixels, at least 24 and 40; one number for both."""
    predict: Literal["distance", "nearer"] = "distance"
    """The output: the `distance` in metres (regression), or whether the ball is `nearer` than 5.9 m (binary)."""

    def outline(self) -> Task:
        given = Input("array", (*self.size, 3))
        distance, nearer = Output("regression", unit="m"), Output("binary", 1, ("farther", "nearer"))
        return Task({"left": given, "right": given}, {self.predict: distance if self.predict == "distance" else nearer})

    def check(self) -> None:
        super().check()
        if self.size[0] < SIZE_LEAST[0] or self.size[1] < SIZE_LEAST[1]:
            raise ConfigError(f"data.size: {self.size[0]} x {self.size[1]} pixels are too few: at least 24 x 40.")

    def generated(self, seed: int, part: int, count: int) -> Rows:
        found = scenes(seed, part, count, self.size)
        y = found.distance if self.predict == "distance" else (found.disparity >= NEARER).astype(np.int64)
        return Rows({"left": found.left, "right": found.right}, {self.predict: y}, np.arange(count))
