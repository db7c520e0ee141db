"""Keras regression metrics in the original unit of a standardized target, and an r2 that is exact over batches."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from dlpy.data.quantiles import MEDIAN
from dlpy.data.task import Output
from dlpy.data.units import is_changed, own_tensor

if TYPE_CHECKING:
    import keras


def in_unit(metric: Any, output: Output) -> Any:
    """Return the metric, computed on targets and predictions in the target's original unit."""
    if not is_changed(output):
        return metric
    from keras import metrics

    def of_own(y_true: Any, y_pred: Any) -> Any:
        own = [own_tensor(numbers, output) for numbers in (y_true, y_pred)]
        return metric._fn(*own, **metric._fn_kwargs)

    return metrics.MeanMetricWrapper(of_own, name=metric.name)


def of_medians(metric: Any, output: Output) -> Any:
    """Return the metric, computed on the medians among the predicted quantiles; without quantiles the metric itself."""
    return _median_class()(metric, output) if output.quantiles else metric


@cache
def _median_class() -> Any:
    from keras import metrics

    class OfMedians(metrics.Metric):
        """A metric of the medians among predictions (batch, numbers x quantiles)."""

        def __init__(self, inner: Any, output: Output) -> None:
            super().__init__(name=inner.name, dtype=inner.dtype)
            self._inner, self._count = inner, len(output.quantiles)
            self._place = output.quantiles.index(MEDIAN)

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self._inner.update_state(y_true, y_pred[:, self._place :: self._count], sample_weight)

        def result(self) -> Any:
            return self._inner.result()

        def reset_state(self) -> None:
            self._inner.reset_state()

    return OfMedians


def streamed_r2(units: int, name: str) -> keras.metrics.Metric:
    """Return r2 as a Keras metric: 1 - squared errors / squared deviations; NaN if no target varies."""
    return _r2_class()(units, name)


@cache
def _r2_class() -> Any:
    from keras import metrics, ops

    class R2(metrics.Metric):
        """Sums are float64: in float32, the squares of large numbers would swamp their deviations."""

        def __init__(self, units: int, name: str) -> None:
            super().__init__(name=name, dtype="float64")
            self._units = units
            sums = ("rows", "total", "squares", "missed")
            self._sums: Any = [self.add_variable((units,), "zeros", "float64", name=one) for one in sums]
            self._least: Any = self.add_variable((units,), "zeros", "float64", name="least")
            self._most: Any = self.add_variable((units,), "zeros", "float64", name="most")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            target: Any = ops.reshape(ops.cast(y_true, "float64"), (-1, self._units))
            missed = target - ops.reshape(ops.cast(y_pred, "float64"), (-1, self._units))
            begun = self._sums[0] > 0
            least, most = ops.min(target, axis=0), ops.max(target, axis=0)
            self._least.assign(ops.where(begun, ops.minimum(self._least, least), least))
            self._most.assign(ops.where(begun, ops.maximum(self._most, most), most))
            for variable, numbers in zip(
                self._sums, (ops.ones_like(target), target, target**2, missed**2), strict=True
            ):
                variable.assign_add(ops.sum(numbers, axis=0))

        def result(self) -> Any:
            rows, total, squares, missed = self._sums
            varies = self._most > self._least
            deviations = ops.where(varies, squares - total**2 / rows, ops.ones_like(missed))
            explained: Any = ops.where(varies, 1 - missed / deviations, ops.zeros_like(missed))
            count: Any = ops.sum(ops.cast(varies, "float64"))
            return ops.sum(explained) / count  # 0 / 0 is NaN: none varies

    return R2
