"""What the user asks `dlpy explain` for, of runs over tables, texts and series."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dlpy.runs.checkpoints import Which
from dlpy.training.split_names import Part

Method = Literal["gradients", "occlusion", "attention"]


@dataclass(frozen=True)
class Ask:
    """How rows are explained.

    part: whose rows. checkpoint: whose weights. score: the name of the score that importances are drops of; None: the
    first metric of each output. target: the output whose predictions are explained. wanted_class: the class or label.
    columns: whose partial dependence is drawn. rows: the numbers of single rows. wrongest: how many of the most wrong
    texts. texts: given by the user. file: with texts. method: of texts. shuffles: of each column. most: rows that are
    scored. pairs: permutations of a row's columns, each in both directions. spans: of the lags of a series.
    """

    part: Part = "validation"
    checkpoint: Which = "best"
    score: str | None = None
    target: str | None = None
    wanted_class: str | None = None
    columns: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    wrongest: int | None = None
    texts: list[str] = field(default_factory=list)
    file: Path | None = None
    method: Method | None = None
    shuffles: int = 10
    most: int = 5_000
    pairs: int = 200
    spans: int = 24
    seed: int = 0
