"""Generated pairs of English sentences that mean the same or not."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from dlpy.data.features import Texts
from dlpy.data.rows import Rows
from dlpy.data.task import Output, Task
from dlpy.datasets._generated import Generated
from dlpy.datasets._texts import TEXT
from dlpy.stand_ins.paraphrases import paraphrases


class ParaphrasePairs(Generated):
    """Two texts, `left` and `right`, and one output: whether they mean the `same`.

    "The doctor helped the king" and "yesterday the monarch was assisted by the physician" do. Most pairs that do not
    mean the same only exchange who acts and who is acted upon. The best possible accuracy is 0.98, and 0.66 for what
    does not see the order of words.
    """

    title: ClassVar[str] = "generated pairs of sentences in English"

    name: Literal["paraphrases"] = "paraphrases"

    def outline(self) -> Task:
        return Task({"left": TEXT, "right": TEXT}, {"same": Output("binary", 1, ("different", "same"))})

    def generated(self, seed: int, part: int, count: int) -> Rows:
        found = paraphrases(seed, part, count)
        return Rows({"left": Texts(found.left), "right": Texts(found.right)}, {"same": found.same}, np.arange(count))
