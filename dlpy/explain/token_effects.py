"""What each token of a text contributes to a prediction: integrated gradients, or occlusion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.features import Padded, Sparse, splits_of
from dlpy.data.rows import Rows
from dlpy.explain.embedded_network import EmbeddedNetwork
from dlpy.explain.quantity import Quantity
from dlpy.explain.request import Method
from dlpy.explain.token_rows import TokenRow
from dlpy.training.estimators import Estimator, network_of
from dlpy.training.evaluate import Trained

_FLAT = 0.01  # of the prediction


@dataclass(frozen=True)
class Effects:
    """What each token contributes to a prediction: (tokens,).

    baseline: the prediction for padding alone, which integrated gradients start from. error: what the contributions
    lack of the difference to it. Both are None for occlusion, whose effects need not add up.
    """

    method: Method
    values: np.ndarray
    prediction: float
    baseline: float | None = None
    error: float | None = None

    @property
    def is_flat(self) -> bool:
        """Whether the text changes the prediction for padding alone so little that gradients have nothing to divide."""
        return self.baseline is not None and abs(self.prediction - self.baseline) < _FLAT * abs(self.prediction)

    def record(self) -> dict[str, Any]:
        """Return all but the values for JSON."""
        told = {"method": self.method, "prediction": self.prediction}
        return told if self.baseline is None else {**told, "baseline": self.baseline, "error": self.error}


class TokenEffects:
    """Computes the effects of tokens on one quantity of a run's predictions.

    Without a method: by gradients where there are vectors, but by occlusion where padding alone is predicted like the
    text: what gradients divide among the tokens is then next to nothing.
    """

    def __init__(self, trained: Trained, quantity: Quantity, method: Method | None) -> None:
        self._trained, self._quantity, self._method = trained, quantity, method
        self._network: EmbeddedNetwork | None = None

    def of(self, row: TokenRow) -> Effects:
        """Return the effects of the tokens of a text.

        Raises:
            ConfigError: gradients are asked for where there are none.
        """
        has_vectors = not row.is_bag and not isinstance(self._trained.engine, Estimator)
        if self._method == "gradients" and not has_vectors:
            what = "sees a bag of words" if row.is_bag else "is no network"
            raise ConfigError(f"--method gradients: the model {what}; use occlusion.")
        if not has_vectors or self._method == "occlusion":
            return self._occlusion(row)
        found = self._gradients(row)
        return self._occlusion(row) if self._method is None and found.is_flat else found

    def _gradients(self, row: TokenRow) -> Effects:
        model = network_of(self._trained.engine)
        self._network = self._network or EmbeddedNetwork(model, self._wanted)
        numbers = row.rows.array[0]
        if model.inputs[0].shape[1] is None:  # padding is masked: shorter, and the same
            numbers = numbers[numbers > 0]
        found = self._network.integrated_gradients(numbers)
        return Effects("gradients", found.values[numbers > 0], found.prediction, found.baseline, found.error)

    def _wanted(self, prediction: Any) -> Any:
        own = prediction[self._quantity.output_name] if isinstance(prediction, Mapping) else prediction
        return self._quantity.of_tensor(own)

    def _occlusion(self, row: TokenRow) -> Effects:
        whole = self._predict(row.rows)[0]
        if isinstance(row.rows.x, Sparse):
            without = whole - self._predict(row.rows.take(np.zeros(len(row.rows.x.columns), np.int64)), _without_words)
            of_word = dict(zip(row.rows.x.columns.tolist(), without.tolist(), strict=True))
            values = np.array([of_word[number] for number in row.integers.tolist()])
        else:
            values = whole - self._predict(row.rows.take(np.zeros(len(row.integers), np.int64)), _without_tokens)
        return Effects("occlusion", values, float(whole))

    def _predict(self, rows: Rows, change: Any = None) -> np.ndarray:
        """Return the explained number of each row: (rows,)."""
        given = rows if change is None else rows.with_x(change(rows.x))
        return self._quantity.of(self._trained.own_predictions(given))


def _without_tokens(x: Padded) -> Padded:
    """Return equal rows with one token deleted in each: the first in the first row, and so on."""
    count = len(x)
    kept = ~np.eye(count, dtype=np.bool_)
    return Padded(x.values.reshape(count, count)[kept], splits_of(np.full(count, count - 1)), x.length, x.front)


def _without_words(x: Sparse) -> Sparse:
    """Return equal rows with one column deleted in each."""
    count = len(x)
    kept = ~np.eye(count, dtype=np.bool_)
    values = None if x.values is None else x.values.reshape(count, count)[kept]
    columns = x.columns.reshape(count, count)[kept]
    return Sparse(columns, splits_of(np.full(count, count - 1)), x.width, values)
