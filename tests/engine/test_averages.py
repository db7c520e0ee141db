"""`use_ema` scores and keeps the moving average of the weights, and training goes on from the weights themselves."""

import keras
import numpy as np
import pytest

from dlpy.components.hooks import Hooks
from dlpy.data.rows import Rows
from dlpy.engine import engine
from dlpy.engine.plan import order as rows_in_order

pytestmark = pytest.mark.slow  # imports Keras

X = np.random.default_rng(3).normal(size=(40, 4)).astype(np.float32)
Y = (X @ np.array([1.0, 2.0, 3.0, 4.0])).astype(np.float32)
ROWS = Rows.single(X, Y)


def network(ema_momentum: float) -> keras.Model:
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=ema_momentum), "mse")
    return model


class Recorder(Hooks):
    def __init__(self) -> None:
        self.losses: list[float] = []
        self.weights: list[list[np.ndarray]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.losses.append(logs["val_loss"])
        self.weights.append(self.model.get_weights())


def by_keras(momentum: float, epochs: int) -> list[list[np.ndarray]]:
    """Return the averages after each epoch: Keras takes the steps, and numpy averages the weights behind each."""
    model, averages, found = network(momentum), [], []
    for epoch in range(epochs):
        order = rows_in_order(7, epoch, 40)
        for start in range(0, 40, 8):
            batch = order[start : start + 8]
            model.train_on_batch(X[batch], Y[batch, None])
            weights = model.get_weights()
            averages = [momentum * a + (1 - momentum) * w for a, w in zip(averages or weights, weights, strict=True)]
        found.append(averages)
    return found


def test_each_epoch_ends_with_the_average_and_goes_on_from_the_weights() -> None:
    model, recorder = network(0.75), Recorder()
    engine.Engine(model).fit(ROWS, ROWS, engine.Plan(8, 3, 7), [recorder])
    for mine, theirs in zip(recorder.weights, by_keras(0.75, 3), strict=True):
        for one, other in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert engine.Engine(model).evaluate(ROWS, 8)["loss"] == recorder.losses[-1]


def test_an_experiment_keeps_the_average(bench) -> None:
    adam = {"name": "adam", "learning_rate": 0.02, "use_ema": True, "ema_momentum": 0.9}
    assert bench.run("train", bench.experiment(training={"epochs": 2, "optimizer": adam}))[0] == 0
    (run,) = bench.folder.glob("runs/2*")
    with (
        np.load(run / "checkpoints/best/weights.npz") as best,
        np.load(run / "checkpoints/best/optimizer.npz") as state,
    ):
        kernel = best[best.files[0]]
        others = [state[name] for name in state.files if state[name].shape == kernel.shape]
    assert len(others) == 3  # two moments of the gradient, and the weights that training goes on from
    assert all(not np.array_equal(kernel, other) for other in others)
    assert bench.run("evaluate", "latest", "--split", "validation")[0] == 0
