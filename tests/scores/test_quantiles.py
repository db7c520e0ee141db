"""The pinball loss, coverage and width of quantiles, and the order of a model's quantiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from dlpy.core.errors import ConfigError
from dlpy.data.quantiles import median_task, medians
from dlpy.data.task import Input, Output, Task
from dlpy.losses.pinball import Pinball
from dlpy.scores.quantiles import coverages, pinball

pytestmark = pytest.mark.slow

TARGET = np.array([[0.0], [4.0], [10.0]])
BANDS = np.array([[[-1.0, 0.0, 1.0]], [[5.0, 6.0, 8.0]], [[9.0, 9.0, 10.0]]])


def test_the_pinball_loss_is_that_worked_out_by_hand() -> None:
    # errors: 1, 0, -1; -1, -2, -4; 1, 1, 0 -> 0.1, 0, 0.1; 0.9, 1, 0.4; 0.1, 0.5, 0
    assert pinball(TARGET, BANDS, (0.1, 0.5, 0.9)) == pytest.approx(3.1 / 9)


def test_keras_has_the_same_loss() -> None:
    built = Pinball().build()
    assert float(built(TARGET.astype("f"), BANDS.reshape(3, 3).astype("f"))) == pytest.approx(3.1 / 9)
    two = np.repeat(TARGET, 2, axis=1).astype("f"), np.tile(BANDS.reshape(3, 3), 2).astype("f")
    assert float(built(*two)) == pytest.approx(3.1 / 9)


def test_a_band_covers_what_lies_between_its_ends() -> None:
    (band,) = coverages(TARGET, BANDS, (0.1, 0.5, 0.9))
    score = pytest.approx(2 + 10 * 1 / 3)  # the second truth is 1 below its band
    assert band == {"asked": 0.8, "covered": pytest.approx(2 / 3), "width": pytest.approx(2.0), "interval_score": score}


@given(some.lists(some.floats(-50, 50), min_size=5, max_size=40))
def test_no_constant_has_a_smaller_loss_than_the_quantiles_of_the_targets(values: list[float]) -> None:
    target, levels = np.array(values)[:, None], (0.25, 0.5, 0.75)

    def loss(constant: np.ndarray) -> float:
        return pinball(target, np.broadcast_to(constant, (len(target), 1, 3)), levels)

    best = loss(np.quantile(target, levels))
    assert all(loss(np.full(3, value)) >= best - 1e-9 for value in values)


def test_a_model_never_crosses_its_quantiles() -> None:
    from dlpy.models._outputs import in_ascending_order

    found = np.array(in_ascending_order(np.array([[3.0, 1.0, 2.0, -1.0, 5.0, 0.0]], np.float32), 3))
    assert found.tolist() == [[1.0, 2.0, 3.0, -1.0, 0.0, 5.0]]


def test_the_median_is_the_point_prediction() -> None:
    task = Task.single(Input("array", (4,)), Output("regression", 4, quantiles=(0.5, 0.9)))
    assert medians(np.array([[1, 2, 3, 4]]), task.output).tolist() == [[1, 3]]
    assert (median_task(task).output.units, median_task(task).output.quantiles) == (2, ())


@pytest.mark.parametrize(
    ("levels", "message"), [([0.1, 0.9], "add 0.5"), ([0.9, 0.5], "ascending"), ([0.5, 0.5], "ascending")]
)
def test_levels_that_make_no_sense_are_told(levels: list[float], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Pinball(quantiles=levels)


def test_classes_have_no_quantiles() -> None:
    task = Task.single(Input("array", (4,)), Output("binary"))
    (levels,) = Pinball().transforms()
    with pytest.raises(ConfigError, match="pinball needs a target of numbers; this one is binary"):
        levels.outline(task)


def test_one_of_several_targets_is_not_refused_for_its_kind() -> None:
    with pytest.raises(ConfigError, match=r"pinball needs a single target of numbers; there are several\."):
        Pinball().check(Task.single(Input("array", (3,)), Output("regression")))
