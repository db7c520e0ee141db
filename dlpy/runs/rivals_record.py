"""Schema of rivals.json: a run's model beside classic ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dlpy.core.parsing import Scores


@dataclass(frozen=True)
class Rival:
    """The scores of a classic model on a run's rows, and its seconds; or the reason why there are none."""

    scores: Scores = field(default_factory=dict)
    seconds: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class RivalsRecord:
    """rivals.json: the run's model and classic ones, scored on the same rows; `score` is the one that decides."""

    on: str
    model: str
    score: str
    scores: Scores
    rivals: Mapping[str, Rival]
    verdict: str
    seconds: float | None = None
    baseline: Mapping[str, Any] = field(default_factory=dict)
