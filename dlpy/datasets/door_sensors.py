"""Generated series of two sensors at a door."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.datasets._generated import Generated
from dlpy.stand_ins.door import SENSORS, WAYS, door


class DoorSensors(Generated):
    """Series of 40 to 80 steps from two sensors at a door, and for each series whether someone enters or leaves.

    What counts is which sensor gives its pulse first: a single step, and the mean and spread of all steps, tell
    nothing. The best possible accuracy is 0.955; always the same is right in 0.5.
    """

    title: ClassVar[str] = "generated series of two sensors at a door"

    name: Literal["door_sensors"] = "door_sensors"
    rows: Annotated[int, Field(gt=0, le=1_000_000)] = 4_000
    """Number of training and validation series together."""
    test_rows: Annotated[int, Field(gt=0, le=1_000_000)] = 2_000
    """Number of test series."""

    def outline(self) -> Task:
        given = Input("array", (80, len(SENSORS)), padding="back", whole=True, columns=SENSORS)
        return Task.single(given, Output("binary", 1, WAYS))

    def generated(self, seed: int, part: int, count: int) -> Rows:
        return Rows.single(*door(seed, part, count))
