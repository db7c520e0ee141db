"""RealMLP: a dense network whose numbers are embedded by learnt cosines."""

import keras
import numpy as np
import pytest
from every import BINARY, CLASSES, NUMBER
from keras.src.utils.naming import reset_uids

from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.engine.engine import Engine, Plan
from dlpy.models.realmlp import RealMLP
from dlpy.schedules import CosLog4

pytestmark = pytest.mark.slow

GIVEN = Input("array", (3,), numbers=2)
X = np.random.default_rng(1).normal(size=(12, 3)).astype(np.float32)


def built(output: Output, family: RealMLP, given: Input = GIVEN) -> keras.Model:
    keras.utils.set_random_seed(3)
    reset_uids()  # so that weights have the same paths whatever was built before
    return family.build(Task.single(given, output))


def test_it_computes_what_its_weights_say() -> None:
    model = built(NUMBER, RealMLP(units=[4], frequencies=2, embedding=3))
    rng = np.random.default_rng(5)
    angles, phases, waves, shifts, scale, hidden, last = (
        rng.normal(size=weight.shape).astype(np.float32) for weight in model.weights
    )
    model.set_weights([angles, phases, waves, shifts, scale, hidden, last])
    cosines = np.cos(0.1 * (X[:, :2, None] * angles + phases))  # (rows, numbers, frequencies)
    vectors = 0.1 * (np.einsum("bnf,nfd->bnd", cosines, waves) + shifts)
    vectors = np.concatenate([X[:, :2, None], vectors], axis=2).reshape(12, 6)
    x = np.concatenate([vectors, X[:, 2:]], axis=1) * scale * 6
    x = x / np.sqrt(7) @ hidden[:7] + 0.1 * hidden[7]
    x = x * np.tanh(np.log1p(np.exp(x)))  # mish
    expected = x / np.sqrt(4) @ last[:4] + 0.1 * last[4]
    np.testing.assert_allclose(np.asarray(model(X)), expected, rtol=1e-3, atol=1e-4)


def test_it_starts_as_its_authors_say() -> None:
    model = built(CLASSES, RealMLP(frequencies=500))
    weights = {weight.path: weight.numpy() for weight in model.weights}
    assert weights["angles/kernel"].std() == pytest.approx(10 * 2 * np.pi * 0.1, rel=0.1)
    assert np.abs(weights["angles/bias"]).max() == pytest.approx(10 * np.pi, rel=0.02)
    assert (weights["scale/kernel"] * 6 == pytest.approx(1)) is True
    assert weights["dense_1/kernel"].std() == pytest.approx(1, rel=0.02)
    assert not weights["target/kernel"].any()
    np.testing.assert_allclose(np.asarray(model(X)), 1 / 3, rtol=1e-6)


def test_the_activation_is_chosen_by_the_target() -> None:
    assert RealMLP().resolved(Task.single(GIVEN, NUMBER)).activation == "mish"
    assert RealMLP().resolved(Task.single(GIVEN, BINARY)).activation == "selu"
    assert RealMLP(activation="relu").resolved(Task.single(GIVEN, BINARY)).activation == "relu"


def test_a_separable_table_is_learnt() -> None:
    y = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
    model = built(BINARY, RealMLP(units=[32, 32], dropout=0.0))
    schedule = CosLog4(peak_learning_rate=0.04, decay_steps=240).build()
    model.compile(keras.optimizers.Adam(schedule, beta_2=0.95), "binary_crossentropy")
    engine = Engine(model)
    engine.fit(Rows.single(X, y), None, Plan(4, 80, 0), [])
    np.testing.assert_array_equal((engine.predict(Rows.single(X, y), 12)[:, 0] > 0.5).astype(int), y)


def test_the_schedule_has_four_waves_each_twice_as_long() -> None:
    schedule = CosLog4(peak_learning_rate=0.2, decay_steps=1500).build()
    # waves end where 1 + 15 t is 2, 4, 8, 16: after 100, 300, 700 and 1,500 steps; t = (sqrt(2) - 1) / 15 is a peak
    for step in (0, 100, 300, 700, 1500, 9999):
        assert float(schedule(step)) == pytest.approx(0, abs=1e-5)
    assert float(schedule(41)) == pytest.approx(0.2, rel=1e-3)
    assert float(schedule(100 * (2 * 2**0.5 - 1))) == pytest.approx(0.2, rel=1e-3)
    assert float(schedule(100 * (2**0.25 - 1))) == pytest.approx(0.1, rel=1e-3)


def test_sequences_are_refused() -> None:
    with pytest.raises(ConfigError, match="use dense"):
        RealMLP().check(Task.single(Input("sequence", (9,), 30, padding="front"), NUMBER))
