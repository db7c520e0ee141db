"""Metrics of language models."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from dlpy.components.objectives import Metric
from dlpy.core.errors import ConfigError
from dlpy.data.task import Task

if TYPE_CHECKING:
    import keras


class Uncertainty(Metric):
    """Uncertainty about the next token: cross-entropy in bits per token, or perplexity (2 to the power of bits).

    A token is a character or a word, as set by `data.by`.
    """

    name: Literal["bits", "perplexity"]
    aliases = {"bits_per_character": "bits", "bits_per_word": "bits", "bits_per_token": "bits", "bpc": "bits"}
    direction = "min"

    def check(self, task: Task) -> None:
        if task.output.kind not in ("multiclass", "tokens"):
            raise ConfigError(f"{self.name} needs the tokens of texts, or classes; this target is {task.output.kind}.")

    def build(self, task: Task) -> keras.metrics.Metric:
        bits, perplexity = _uncertainties(one_hot=task.output.one_hot)
        return (bits if self.name == "bits" else perplexity)(name=self.key)


@cache
def _uncertainties(*, one_hot: bool) -> tuple[type[keras.metrics.Metric], type[keras.metrics.Metric]]:
    """Return Keras metrics for the mean cross-entropy in bits and its exponential."""
    from keras import metrics, ops

    entropy: Any = metrics.CategoricalCrossentropy if one_hot else metrics.SparseCategoricalCrossentropy

    class Bits(entropy):
        """The mean cross-entropy in bits."""

        def result(self) -> Any:
            return super().result() / math.log(2)

    class Perplexity(entropy):
        """The exponential of the mean cross-entropy."""

        def result(self) -> Any:
            return ops.exp(super().result())

    return Bits, Perplexity
