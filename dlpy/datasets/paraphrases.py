"""Generated pairs of English sentences that mean the same or not."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from dlpy.data.features import Texts
from dlpy.data.rows import Rows
from dlpy.data.task import Output, Task
from dlpy.datasets._generated import Generated
from dlpy.datasets._texts import TEXT
from dlpy.stand_ins.paraphrases import paraphrases, partners


class ParaphrasePairs(Generated):
    """Two texts, `left` and `right`, and one output: whether they mean the `same`.

    "The doctor helped the king" and "yesterday the monarch was assisted by the physician" do. Most pairs that do not
    mean the same only exchange who acts and who is acted upon. The best possible accuracy is 0.98, and 0.66 for what
    does not see the order of words. With `pairs: partners`, all pairs mean the same, and no other pair of its part
    does, to learn which one belongs to which: the best possible recall is 1.0.
    """

    title: ClassVar[str] = "generated pairs of sentences in English"

    name: Literal["paraphrases"] = "paraphrases"
    pairs: Literal["both", "partners"] = "both"
    """Whether half of the pairs do not mean the same (both), or all do, with longer sentences (partners)."""

    def outline(self) -> Task:
        return Task({"left": TEXT, "right": TEXT}, {"same": Output("binary", 1, ("different", "same"))})

    def generated(self, seed: int, part: int, count: int) -> Rows:
        found = (partners if self.pairs == "partners" else paraphrases)(seed, part, count)
        return Rows({"left": Texts(found.left), "right": Texts(found.right)}, {"same": found.same}, np.arange(count))
