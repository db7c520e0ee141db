"""Members that are trained together must end where their own trainings would."""

import json
from collections.abc import Sequence

import keras
import numpy as np
import pytest
from keras import layers

from dlpy.components.hooks import Hooks
from dlpy.core.errors import DataError
from dlpy.data.rows import Rows
from dlpy.engine.engine import Engine
from dlpy.engine.model_state import learning_rate
from dlpy.engine.plan import Plan
from dlpy.engine.stacked import group
from dlpy.engine.together import Member, Together

pytestmark = pytest.mark.slow

Options = dict[str, object]


def rows(count: int, seed: int) -> Rows:
    x = np.random.default_rng(seed).normal(size=(count, 5)).astype(np.float32)
    return Rows.single(x, (2 * x[:, 0] + x[:, 1] ** 2).astype(np.float32))


def network(
    seed: int, rate: float = 0.01, drop: float = 0, l2: float = 0, *, norm: str = "", adam=False
) -> keras.Model:
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((5,))
    penalty = keras.regularizers.L1L2(l1=l2 / 2, l2=l2) if l2 else None
    x = layers.Dense(8, None if norm else "relu", use_bias=not norm, kernel_regularizer=penalty)(inputs)
    if norm:
        x = layers.Activation("relu")(layers.BatchNormalization()(x))
    if drop:
        x = layers.Dropout(drop)(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    metrics = [keras.metrics.MeanAbsoluteError(name="mae"), keras.metrics.RootMeanSquaredError(name="rmse")]
    optimizer = keras.optimizers.Adam(rate) if adam else keras.optimizers.RMSprop(rate)
    model.compile(optimizer, keras.losses.MeanSquaredError(), metrics=metrics)
    return model


class Scores(Hooks):
    """Keeps the scores of each epoch, and stops training after some."""

    def __init__(self, last: int = 100) -> None:
        self.kept: list[dict[str, float]] = []
        self._last = last

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.kept.append(dict(logs))
        self.model.stop_training = len(self.kept) >= self._last

    def state(self) -> dict:
        return {"kept": self.kept}

    def restore(self, state: dict) -> None:
        self.kept = list(state["kept"])


CASES = {
    "dropout, penalties and weights of rows": (
        [{"drop": 0.2, "l2": 0.01}, {"drop": 0.5, "l2": 0.02, "rate": 0.03}],
        [(30, 9), (31, 10)],
        16,
    ),
    "batch normalization of folds": (
        [{"norm": "yes", "adam": True}, {"norm": "yes", "adam": True}],
        [(29, 9), (31, 10)],
        10,
    ),
    "single rows": ([{"drop": 0.2, "adam": True}, {"drop": 0.1, "adam": True, "rate": 0.001}], [(9, 9), (11, 10)], 1),
}


@pytest.mark.parametrize("case", CASES)
def test_weights_and_scores_are_those_of_single_trainings(case: str) -> None:
    options, sizes, batch_size = CASES[case]
    rng = np.random.default_rng(0)
    weights = [rng.random(count).astype(np.float32) if "weights" in case else None for count, _ in sizes]
    data = [(rows(count, seed), rows(12, seed + 5)) for count, seed in sizes]
    plans = [Plan(batch_size, 1, seed, weight) for seed, weight in enumerate(weights)]
    members = [Member(network(seed, **own), *data[seed], plans[seed], [Scores()]) for seed, own in enumerate(options)]
    Together(members).fit()
    for seed, (own, member) in enumerate(zip(options, members, strict=True)):
        alone, scores = network(seed, **own), Scores()
        Engine(alone).fit(*data[seed], plans[seed], [scores])
        for found, expected in zip(member.model.get_weights(), alone.get_weights(), strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-5)
        (found,), (expected,) = member.hooks[0].kept, scores.kept
        assert list(found) == list(expected)
        np.testing.assert_allclose(list(found.values()), list(expected.values()), rtol=1e-5)


def members_that_stop(lasts: Sequence[int]) -> list[Member]:
    train, validation = rows(20, 1), rows(8, 2)
    return [
        Member(
            network(seed, rate=0.002 * (seed + 1), drop=0.1), train, validation, Plan(8, 5, seed), [Scores(last)],
            monitor="val_mae",
        )
        for seed, last in enumerate(lasts)
    ]  # fmt: skip


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "_MOST", 2)


def test_training_resumes_to_the_same_bits_and_stops_by_member(small_groups: None) -> None:
    lasts = [5, 1, 2, 5]
    states = {}
    members = members_that_stop(lasts)
    together = Together(
        members, lambda epoch: states.update({epoch: (together.state()[0], json.dumps(together.state()[1]))})
    )
    together.fit()
    assert [outcome.epochs for outcome in together.outcomes] == lasts
    assert [len(member.hooks[0].kept) for member in members] == lasts
    best = [min(range(len(m.hooks[0].kept)), key=lambda e, m=m: m.hooks[0].kept[e]["val_mae"]) + 1 for m in members]
    assert [outcome.best_epoch for outcome in together.outcomes] == best
    for epoch in (1, 3):
        again = members_that_stop(lasts)
        resumed = Together(again)
        resumed.restore(states[epoch][0], json.loads(states[epoch][1]))
        resumed.fit()
        for one, other in zip(members, again, strict=True):
            for found, expected in zip(other.model.get_weights(), one.model.get_weights(), strict=True):
                np.testing.assert_array_equal(found, expected)
        assert [m.hooks[0].kept for m in again] == [m.hooks[0].kept for m in members]
    member = members[3]
    expected = member.model(member.validation.array).numpy()
    np.testing.assert_allclose(together.predict(3), expected, atol=1e-6)
    np.testing.assert_allclose(
        np.abs(expected[:, 0] - member.validation.y).mean(), together.outcomes[3].best_logs["val_mae"], rtol=1e-5
    )


def test_a_member_that_diverges_does_not_end_the_others(small_groups: None) -> None:
    members = members_that_stop([5, 5])
    members[1].model.optimizer.learning_rate = 1e30
    together = Together(members)
    together.fit()
    assert together.outcomes[0].epochs == 5
    assert together.outcomes[1].epochs == 0
    assert "loss became" in str(together.outcomes[1].error)
    assert np.isfinite(together.predict(0)).all()


class Undefined(Hooks):
    """Ends its training with an error in the second epoch."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if epoch == 1:
            raise DataError("val_mae is undefined")


class Rates(Hooks):
    """Keeps the learning rate after each epoch."""

    def __init__(self) -> None:
        self.kept: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.kept.append(learning_rate(self.model))


def test_hooks_see_the_learning_rate_of_a_schedule(small_groups: None) -> None:
    schedules = [keras.optimizers.schedules.ExponentialDecay(rate, 1, 0.5) for rate in (0.01, 0.02)]
    hooks = [Rates(), Rates()]
    members = [
        Member(network(number, schedule), rows(32, number), None, Plan(16, 2, number), [hook])
        for number, (schedule, hook) in enumerate(zip(schedules, hooks, strict=True))
    ]
    Together(members).fit()
    assert hooks[0].kept == pytest.approx(
        [0.01 / 2, 0.01 / 8]
    )  # of each epoch's last step; two an epoch, each halves it
    assert hooks[1].kept == pytest.approx([0.02 / 2, 0.02 / 8])


def test_an_error_of_one_members_hook_does_not_end_the_others(small_groups: None) -> None:
    members = members_that_stop([5, 5])
    members[0].hooks = [*members[0].hooks, Undefined()]
    together = Together(members)
    together.fit()
    assert [outcome.epochs for outcome in together.outcomes] == [2, 5]
    assert str(together.outcomes[0].error) == "val_mae is undefined"
    assert together.outcomes[1].error is None
