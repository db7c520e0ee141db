"""Generated texts with tags."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from dlpy.data.features import Texts
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.datasets._generated import Generated
from dlpy.stand_ins.tagged import tagged

_TAGS = ("politics", "sports", "science", "music", "travel")


class TaggedTexts(Generated):
    """One input, `text`, and one output, `tags`: five labels, of which several may be true, or none.

    The texts consist of made-up words, some of which are keywords of a tag. The best possible accuracy is 0.96 for each
    tag.
    """

    title: ClassVar[str] = "generated texts with tags"

    name: Literal["tagged_texts"] = "tagged_texts"

    def outline(self) -> Task:
        return Task({"text": Input("text", (None,))}, {"tags": Output("multilabel", len(_TAGS), _TAGS)})

    def generated(self, seed: int, part: int, count: int) -> Rows:
        texts, tags = tagged(seed, part, count)
        return Rows({"text": Texts(texts)}, {"tags": tags}, np.arange(count))
