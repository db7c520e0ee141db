"""Losses of codes, which compare each row with the others of its batch."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dlpy.components.objectives import Loss
from dlpy.core.errors import ConfigError
from dlpy.data.task import Task
from dlpy.losses._code_losses import in_batch_losses, triplet_losses


class Triplet(Loss):
    """Brings the codes of a class closer to each other than to those of other classes, by `margin`.

    Each pair of rows of a class is compared with the nearest row of another class that is farther away (semi-hard), or
    else with the farthest one, among the rows of the batch; distances are squared. Needs the family embedding, and
    batches with several rows of each class. Source: Schroff, Kalenichenko & Philbin 2015.
    """

    of_batches: ClassVar[bool] = True

    name: Literal["triplet"] = "triplet"
    margin: Annotated[float, Field(gt=0, lt=4)] = 0.2
    """By how much a row of another class should be farther away; squared distances of codes lie between 0 and 4."""

    def check(self, task: Task) -> None:
        _require_codes(self, task)
        if not task.output.classes:
            raise ConfigError("triplet needs one input and a class of each row; for pairs, use in_batch.")

    def build(self) -> Any:
        """Return the loss of each row: (batch,), from class numbers and codes."""
        return lambda y_true, y_pred: triplet_losses(y_true, y_pred, self.margin)


class InBatch(Loss):
    """Finds the partner of each row among all partners of the batch, in both directions: a cross-entropy.

    Also called InfoNCE or multiple negatives ranking loss. Only pairs that belong together count; the others of the
    batch are the wrong answers, so that larger batches are harder. Source: van den Oord, Li & Vinyals 2018.
    """

    of_batches: ClassVar[bool] = True

    name: Literal["in_batch"] = "in_batch"
    temperature: Annotated[float, Field(gt=0, le=10)] = 0.05
    """What cosines are divided by in front of the softmax: smaller values attend to the hardest wrong answers."""

    def check(self, task: Task) -> None:
        _require_codes(self, task)
        if task.output.classes:
            raise ConfigError("in_batch needs two inputs that belong together; for one input and classes, use triplet.")

    def build(self) -> Any:
        """Return the loss of each row: (batch,), from 1 for partners, and the codes of both sides side by side."""
        return lambda y_true, y_pred: in_batch_losses(y_true, y_pred, self.temperature)


def _require_codes(loss: Loss, task: Task) -> None:
    if task.output.kind != "codes":
        raise ConfigError(f"{loss.name} needs codes: use model embedding.")
