"""Generated posts with the age, income and gender of their writers."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.datasets._generated import Generated
from dlpy.stand_ins.posts import INCOMES, posts


class Posts(Generated):
    """One input, `posts`, and three outputs: the `age`, `income` and `gender` of the writer (book 7.1.3).

    The book trains on data that it does not have; here the data can be learnt. Posts are sequences of 200 to 500
    integers. All three outputs are noisy signs of one hidden trait of the writer, which shows in the words, so that
    they help to learn each other where there are few rows. The best possible scores: an MAE of 2.5 years for age, and
    accuracies of 0.55 for income (ten brackets) and 0.65 for gender.
    """

    title: ClassVar[str] = "generated posts"

    name: Literal["posts"] = "posts"
    rows: Annotated[int, Field(gt=0, le=1_000_000)] = 2_000
    """Number of training and validation rows together."""
    vocabulary: Annotated[int, Field(ge=1_000, le=1_000_000)] = 5_000
    """Number of integers, of which 0 does not occur; the book has 50,000."""

    def outline(self) -> Task:
        outputs = {
            "age": Output("regression", unit="years"),
            "income": Output("multiclass", INCOMES, tuple(f"bracket {number}" for number in range(INCOMES))),
            "gender": Output("binary", 1, ("female", "male")),
        }
        return Task({"posts": Input("sequence", (None,), self.vocabulary)}, outputs)

    def generated(self, seed: int, part: int, count: int) -> Rows:
        found = posts(seed, part, count, vocabulary=self.vocabulary)
        targets = {"age": found.age, "income": found.income, "gender": found.gender}
        return Rows({"posts": found.words}, targets, np.arange(count))
