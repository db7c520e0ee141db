"""The best constant is found by the very loss that is trained, whatever its options."""

from typing import Literal

import keras
import numpy as np
import pytest

from dlpy.components.objectives import Loss
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.experiment.experiment import Experiment
from dlpy.training.baseline import baseline
from dlpy.training.best_constant import Targets, best_guess, mean_loss

pytestmark = pytest.mark.slow

COUNTS = np.array([50.0, 30.0, 20.0])
SHARES = COUNTS / 100


class Searched(Loss):
    """A loss that does not know its best constant."""

    name: Literal["searched"] = "searched"


def found(built: keras.losses.Loss, targets: Targets, loss: Loss | None = None) -> np.ndarray:
    return best_guess(loss or Searched(), built, targets)


def of_classes(*, one_hot: bool = True, activation: str = "softmax") -> Targets:
    values = np.eye(3) if one_hot else np.arange(3)[:, None]
    return Targets(values.astype(np.float32), COUNTS, 100, 3, activation)


def of_numbers(*columns: list[float]) -> Targets:
    values = np.array(columns, np.float32).T
    return Targets(values, np.ones(len(values)), len(values), values.shape[1], "linear")


@pytest.mark.parametrize(
    ("built", "one_hot", "wanted"),
    [
        (keras.losses.SparseCategoricalCrossentropy(), False, SHARES),
        (keras.losses.CategoricalCrossentropy(), True, SHARES),
        (keras.losses.CategoricalCrossentropy(label_smoothing=0.4), True, 0.6 * SHARES + 0.4 / 3),
        (keras.losses.MeanSquaredError(), True, SHARES),
        (keras.losses.MeanAbsoluteError(), True, [1, 0, 0]),
        (keras.losses.CategoricalFocalCrossentropy(gamma=0.0), True, SHARES),
    ],
)
def test_probabilities_are_found_by_the_loss(built, one_hot, wanted) -> None:
    np.testing.assert_allclose(found(built, of_classes(one_hot=one_hot)), wanted, atol=2e-4)


def test_focal_probabilities_are_better_than_all_of_a_grid() -> None:
    built, targets = keras.losses.CategoricalFocalCrossentropy(gamma=2.0), of_classes()
    best = mean_loss(built, targets, found(built, targets))
    steps = np.linspace(0.04, 0.96, 24)
    grid = [mean_loss(built, targets, np.array([a, b, 1 - a - b])) for a in steps for b in steps if a + b < 0.99]
    assert best <= min(grid)
    assert best == pytest.approx(min(grid), rel=0.02)


@pytest.mark.parametrize(
    ("built", "activation", "wanted"),
    [
        (keras.losses.BinaryCrossentropy(), "sigmoid", 0.3),
        (keras.losses.BinaryCrossentropy(label_smoothing=0.4), "sigmoid", 0.6 * 0.3 + 0.2),
        (keras.losses.BinaryCrossentropy(from_logits=True), "linear", np.log(0.3 / 0.7)),
        (keras.losses.Hinge(), "tanh", -1.0),
        (keras.losses.Hinge(), "sigmoid", 0.0),  # such a model says nothing below 0
        (keras.losses.SquaredHinge(), "linear", 0.3 - 0.7),  # 0.3 (1 - p) = 0.7 (1 + p)
        (keras.losses.BinaryFocalCrossentropy(gamma=0.0), "sigmoid", 0.3),
    ],
)
def test_a_number_for_two_classes_is_found_by_the_loss(built, activation, wanted) -> None:
    targets = Targets(np.array([[0.0], [1.0]], np.float32), np.array([70.0, 30.0]), 100, 1, activation)
    assert found(built, targets)[0] == pytest.approx(wanted, abs=1e-3)


def pinball(y_true, y_pred):
    error = y_true - y_pred
    return keras.ops.mean(keras.ops.maximum(0.9 * error, -0.1 * error), axis=-1)


@pytest.mark.parametrize(
    ("built", "wanted"),
    [
        (keras.losses.MeanSquaredError(), 5.0),
        (keras.losses.MeanAbsoluteError(), 3.0),
        (keras.losses.Huber(delta=5.0), 3.75),  # 1 + 2 + 3 + 4 - 4 p + 5 = 0: the error of the last counts as 5
        (keras.losses.Poisson(), 5.0),
        (keras.losses.MeanAbsolutePercentageError(), 2.0),  # half of the weight 1 + 1/2 + 1/3 + 1/4 + 1/15 is above 1
        (keras.losses.MeanSquaredLogarithmicError(), (2 * 3 * 4 * 5 * 16) ** 0.2 - 1),
    ],
)
def test_a_number_is_found_by_the_loss(built, wanted) -> None:
    assert found(built, of_numbers([1, 2, 3, 4, 15]))[0] == pytest.approx(wanted, abs=2e-3)


def test_a_quantile_is_found_by_the_pinball_loss_of_every_column() -> None:
    from dlpy.training.loss import plain_loss

    class Pinball(Loss):
        name: Literal["pinball_of_a_test"] = "pinball_of_a_test"

        def build(self):
            return pinball

    built = plain_loss(Pinball())
    columns = [list(range(101)), list(range(1000, 1202, 2))]
    np.testing.assert_allclose(found(built, of_numbers(*columns)), [90, 1180], atol=0.3)


def test_numbers_that_depend_on_each_other_are_found_together() -> None:
    targets = of_numbers([3, 4, 5], [4, 3, 0])
    guess = found(keras.losses.CosineSimilarity(), targets)
    towards = np.array([0.6 + 0.8 + 1, 0.8 + 0.6])  # the sum of the directions
    np.testing.assert_allclose(guess / np.linalg.norm(guess), towards / np.linalg.norm(towards), atol=1e-3)


@pytest.mark.parametrize("name", ["mse", "mae", "mape", "msle", "poisson"])
def test_what_a_loss_knows_is_what_is_searched_for(name: str) -> None:
    targets = of_numbers([1, 2, 2, 4, 15], [3, 9, 4, 8, 7])
    loss = Loss.registry.get(name)(name=name)
    known, searched = found(loss.build(), targets, loss), found(loss.build(), targets)
    assert mean_loss(loss.build(), targets, known) <= mean_loss(loss.build(), targets, searched) + 1e-5
    np.testing.assert_allclose(searched, known, atol=5e-3)


def rows_of(labels: list[int]) -> Rows:
    y = np.eye(3, dtype=np.float32)[labels]
    return Rows.single(np.zeros((len(labels), 2), np.float32), y)


def said(training: dict[str, object], labels: list[int], *, weighted: bool = False) -> float:
    content = {"data": {"name": "blobs"}, "model": {"name": "dense"}, "training": training}
    task = Task.single(Input("array", (2,)), Output("multiclass", 3, ("a", "b", "c"), one_hot=True))
    experiment, rows = Experiment.model_validate(content), rows_of(labels)
    found = baseline(experiment, task, rows, rows, weighted=weighted)["loss"]
    assert isinstance(found, float)
    return found


def test_a_smoothed_baseline_is_the_entropy_of_smoothed_labels() -> None:
    smooth = 0.6 * SHARES + 0.4 / 3
    loss = {"name": "categorical_crossentropy", "label_smoothing": 0.4}
    wanted = -(smooth * np.log(smooth)).sum()
    assert said({"loss": loss}, [0] * 50 + [1] * 30 + [2] * 20) == pytest.approx(wanted, rel=1e-5)


def test_a_weighted_baseline_stands_only_beside_weighted_scores() -> None:
    labels = [0] * 50 + [1] * 30 + [2] * 20
    training = {"loss": "categorical_crossentropy", "class_weight": {"a": 4.0}}
    heavy = np.array([200, 30, 20])
    wanted = -(heavy / 100 * np.log(heavy / 250)).sum()
    assert said(training, labels, weighted=True) == pytest.approx(wanted, rel=1e-5)
    assert said(training, labels) == pytest.approx(-(SHARES * np.log(SHARES)).sum(), rel=1e-5)


class Odd(Loss):
    """What a plug-in may give."""

    name: Literal["odd_of_a_test"] = "odd_of_a_test"
    fails: bool = False

    def build(self) -> keras.losses.Loss:
        if self.fails:
            raise ValueError("not now")
        return keras.losses.MeanSquaredError(reduction="sum")


@pytest.mark.parametrize("fails", [True, False])
def test_a_plugins_loss_without_a_comparable_mean_has_no_baseline(*, fails: bool) -> None:
    task = Task.single(Input("array", (2,)), Output("regression"))
    rows = Rows.single(np.zeros((6, 2), np.float32), np.arange(6, dtype=np.float32))
    training = {"loss": {"name": "odd_of_a_test", "fails": fails}}
    content = {"data": {"name": "blobs"}, "model": {"name": "dense"}, "training": training}
    scores = baseline(Experiment.model_validate(content), task, rows, rows)
    assert "loss" not in scores
    assert scores["mae"] == 1.5


def test_folds_may_have_no_baseline_of_a_score_that_is_undefined_there(bench) -> None:
    np.savez("rows.npz", x=np.arange(12.0)[:, None], y=[1.0, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    data = {"name": "npz", "path": "rows.npz", "task": "regression"}
    training = {"epochs": 1, "metrics": ["r2", "mae"]}
    path = bench.experiment(data=data, training=training, kfold={"folds": 3, "shuffle": False})
    status, out, error = bench.run("kfold", path)
    assert status == 0, error
    assert "r2" not in out.partition("baseline:")[2].partition("\n")[0]
