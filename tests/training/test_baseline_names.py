"""How a baseline names its guess: as people write numbers."""

import numpy as np
import pytest

from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.experiment.experiment import load
from dlpy.training.baseline import baseline


@pytest.mark.parametrize("target", [[22.4, 22.39, 22.395], [[0.1, 1.25e6]] * 3])
def test_a_guess_has_no_digits_that_float32_made_up(target: list, bench) -> None:
    y = np.array(target, np.float32)
    rows = Rows.single(np.zeros((3, 4), np.float32), y)
    task = Task.single(Input("array", (4,)), Output("regression", y[0].size))
    experiment = load(bench.experiment(data={"name": "blobs", "task": "regression"}))[0]
    told = "22.395" if y.ndim == 1 else "[0.1, 1.25e+06]"
    assert baseline(experiment, task, rows, rows)["guess"] == f"always the mean {told} or the median {told}"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"scale": 10.0, "offset": 100.0}, "the mean 120 or the median 110"),  # of 1, 1 and 4: 2 and 1
        ({"log_of_sum": 1.0}, "the geometric mean 6.38906 or the median 1.71828"),  # e^2 - 1 and e^1 - 1
    ],
)
def test_a_guess_for_a_transformed_target_is_in_its_own_unit(changes: dict, told: str, bench) -> None:
    rows = Rows.single(np.zeros((3, 4), np.float32), np.array([1.0, 1.0, 4.0], np.float32))
    task = Task.single(Input("array", (4,)), Output("regression", **changes))
    experiment = load(bench.experiment(data={"name": "blobs", "task": "regression"}))[0]
    assert baseline(experiment, task, rows, rows)["guess"] == f"always {told}"
