"""One of several trainings that are done together, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dlpy.components.hooks import Hooks
from dlpy.core.errors import DataError, DivergedError
from dlpy.data.rows import Rows
from dlpy.engine.engine import ExactScore
from dlpy.engine.plan import Plan

if TYPE_CHECKING:
    import keras


@dataclass
class Member:
    """One of the trainings.

    model: compiled, with its initial weights; `reason_apart` refuses none of them, and all have one `structure`.
    validation: the rows that are scored after each epoch.
    hooks: called with this member's scores; of the model they may use `stop_training` and the learning rate.
    exact: scores by name that replace Keras' metrics of these names for validation rows.
    monitor: the score whose best epoch gives the weights that are kept; None: the last epoch's.
    direction: whether `min` or `max` of the monitored score is better.
    """

    model: keras.Model
    train: Rows
    validation: Rows | None
    plan: Plan
    hooks: Sequence[Hooks] = ()
    exact: Mapping[str, ExactScore] = field(default_factory=dict)
    monitor: str | None = None
    direction: str = "min"


@dataclass
class Outcome:
    """How far a member's training has come."""

    epochs: int = 0  # that are trained
    logs: dict[str, float] = field(default_factory=dict)  # the scores of the last epoch
    best_epoch: int | None = None  # from 1
    best_logs: dict[str, float] = field(default_factory=dict)
    is_ended: bool = False
    error: DivergedError | DataError | None = None  # why it ended early; the other members go on
