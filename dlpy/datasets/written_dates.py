"""Generated dates in several written forms."""

from __future__ import annotations

from typing import ClassVar, Literal

from dlpy.data.features import Texts
from dlpy.data.rows import Rows
from dlpy.datasets._translation import SpelledPairs, pairs
from dlpy.stand_ins.written import dates


class WrittenDates(SpelledPairs):
    """Pairs of texts: a date in words or numbers, such as "March 12, 1987" or "12.3.87", and the same as 1987-03-12.

    There are five forms. The best possible exact match is 1.
    """

    title: ClassVar[str] = "generated dates in five written forms"

    name: Literal["written_dates"] = "written_dates"

    def generated(self, seed: int, part: int, count: int) -> Rows:
        sources, targets = dates(seed, part, count)
        return pairs(Texts(sources), Texts(targets))
