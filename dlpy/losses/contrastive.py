"""The contrastive loss of pairs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from dlpy.components.objectives import Loss
from dlpy.core.errors import ConfigError
from dlpy.data.task import Task
from dlpy.scores.regression_scores import mean

_LEAST = 1e-7  # closeness at a distance of 16, beyond which nothing is pulled


class Contrastive(Loss):
    """Pulls the codes of equal pairs together, and pushes those of different ones apart until they are `margin` away.

    (1 - y) max(0, margin - d)^2 / 2 + y d^2 / 2, where d is the distance of two codes and y is 1 for equal pairs. Needs
    the family siamese with `compare: distance`, which predicts exp(-d). Source: Hadsell, Chopra & LeCun 2006.
    """

    name: Literal["contrastive"] = "contrastive"
    margin: Annotated[float, Field(gt=0, le=14)] = 1.386
    """Distance from which different pairs cost nothing. Default: 2 log 2, so that a probability of 0.5 is halfway."""

    def check(self, task: Task) -> None:
        if task.output.kind != "binary":
            raise ConfigError(f"contrastive needs a binary target, such as same or different, not {task.output.kind}.")

    def check_activation(self, activation: str) -> None:
        if activation != "closeness":
            hint = "use model siamese with 'compare: distance'"
            raise ConfigError(f"contrastive needs the distance of two codes: {hint}.")

    def best_constant(self, values: np.ndarray, counts: np.ndarray) -> np.ndarray:
        return np.exp(-self.margin * (1 - mean(values, counts)))

    def build(self) -> Any:
        """Return the loss of each row: (batch,), from labels and exp(-d)."""
        margin = self.margin

        def contrastive(y_true: Any, y_pred: Any) -> Any:
            from keras import ops as keras_ops

            ops: Any = keras_ops
            same = ops.cast(y_true, y_pred.dtype)
            distance = -ops.log(ops.clip(y_pred, _LEAST, 1.0))
            apart = ops.maximum(margin - distance, 0.0)
            return ops.mean(same * ops.square(distance) + (1 - same) * ops.square(apart), axis=-1) / 2

        return contrastive
