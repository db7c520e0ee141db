"""The mean of several networks: what it predicts, and what its weights cost."""

import numpy as np
import pytest

from dlpy.engine.mean_of_networks import mean_of

pytestmark = pytest.mark.slow


def test_loss_has_the_mean_of_the_predictions_and_of_the_penalties() -> None:
    import keras
    from keras import layers

    def network(slope: float) -> keras.Model:
        given = keras.Input((1,))
        penalty = keras.regularizers.L2(0.5)
        made = keras.Model(given, layers.Dense(1, use_bias=False, kernel_regularizer=penalty)(given))
        made.set_weights([np.array([[slope]])])
        return made

    model = mean_of([network(1.0), network(3.0)])
    model.compile(loss="mse")
    x, target = np.array([[1.0], [2.0]], np.float32), np.array([[2.0], [5.0]], np.float32)
    assert model.predict(x, verbose=0)[:, 0].tolist() == [2.0, 4.0]  # of slope 2
    assert model.evaluate(x, target, verbose=0) == pytest.approx(0.5 + 2.5)  # (0 + 1) / 2, and 0.5 * (1 + 9) / 2
