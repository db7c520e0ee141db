"""A generated screening for a rare disease."""

from __future__ import annotations

from typing import ClassVar, Literal

from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.datasets._generated import Generated
from dlpy.stand_ins.screening import MEASUREMENTS, screening


class Screening(Generated):
    """Eight measurements of a patient, and whether the patient is `ill`, as 5 % are.

    Always answering `healthy` has an accuracy of 0.95 and finds nobody. The best possible AUC is 0.910, and the best
    possible cross-entropy 0.124.
    """

    title: ClassVar[str] = "a generated screening for a rare disease"

    name: Literal["screening"] = "screening"

    def outline(self) -> Task:
        return Task.single(Input("array", (MEASUREMENTS,)), Output("binary", 1, ("healthy", "ill")))

    def generated(self, seed: int, part: int, count: int) -> Rows:
        return Rows.single(*screening(seed, part, count))
