"""Generated series whose regime changes."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.datasets._generated import Generated
from dlpy.stand_ins.activity import CHANNELS, REGIMES, activity


class ActivitySeries(Generated):
    """Series of two channels, and for each time step the regime: rest, walk, run or climb, as if a sensor was worn.

    A single time step tells nothing: regimes differ in how a value follows the one before. The best possible accuracy
    is 0.949; always the same regime is right in 0.25.
    """

    title: ClassVar[str] = "generated series of changing regimes"

    name: Literal["activity_series"] = "activity_series"
    rows: Annotated[int, Field(gt=0, le=1_000_000)] = 2_000
    """Number of training and validation rows together."""
    test_rows: Annotated[int, Field(gt=0, le=1_000_000)] = 500
    """Number of test rows."""
    steps: Annotated[int, Field(ge=2, le=10_000)] = 120
    """Number of time steps of a row."""

    def outline(self) -> Task:
        output = Output("multiclass", len(REGIMES), REGIMES, steps=self.steps, per_step=True)
        return Task.single(Input("array", (self.steps, CHANNELS)), output)

    def generated(self, seed: int, part: int, count: int) -> Rows:
        values, regimes = activity(seed, part, count, self.steps)
        return Rows.single(values, regimes)
