"""Brier score and calibration error as metrics: exact on held-out rows, and batch by batch in Keras."""

import numpy as np
import pytest

from dlpy.components.objectives import Metric
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task

pytestmark = pytest.mark.slow

PROBABILITY = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4], [0.05, 0.05, 0.9], [0.6, 0.3, 0.1]])
LABELS = np.array([0, 1, 0, 2, 1])
CASES = {  # output, targets, predictions, Brier score, calibration error in bins of equal width
    "multiclass": (Output("multiclass", 3), LABELS, PROBABILITY, 0.363, (0.3 + 0.2 + 0.4 + 0.1 + 0.6) / 5),
    "one-hot": (Output("multiclass", 3, one_hot=True), np.eye(3)[LABELS], PROBABILITY, 0.363, 1.6 / 5),
    "binary": (Output("binary"), np.array([1, 0, 1]), np.array([[0.8], [0.3], [0.79]]), 0.0580333, (0.41 + 0.3) / 3),
    "multilabel": (
        Output("multilabel", 2),
        np.array([[1, 0], [1, 0]]),
        np.array([[0.9, 0.2], [0.4, 0.5]]),
        0.165,
        0.35,
    ),
}


@pytest.mark.parametrize(("output", "target", "prediction", "brier", "error"), CASES.values(), ids=CASES.keys())
def test_batches_give_the_scores_worked_out_by_hand(output, target, prediction, brier, error) -> None:
    task, rows = Task.single(Input("array", (1,)), output), Rows.single(np.zeros((len(target), 1)), target)
    for name, wanted in (("brier", brier), ("ece", error)):
        metric = Metric.registry.get(name)(name=name)
        built = metric.build(task)
        for batch in (slice(0, 2), slice(2, None)):
            y = target[batch].astype(np.float32)
            built.update_state(y if y.ndim > 1 else y[:, None], prediction[batch].astype(np.float32))
        assert float(built.result()) == pytest.approx(wanted, rel=1e-5)
    assert Metric.registry.get("brier")(name="brier").of_rows(task, rows, prediction) == pytest.approx(brier, rel=1e-5)
