"""Which models can be trained together, and which of their options must agree."""

import keras
import pytest
from keras import layers

from dlpy.engine.plan import Plan, Stage
from dlpy.engine.stacked.structure import reason_apart, structure

pytestmark = pytest.mark.slow  # imports Keras

PLAN = Plan(batch_size=4, epochs=1, seed=0)


def network(*hidden: layers.Layer, units: int = 4, optimizer: object = None, **compiled: object) -> keras.Model:
    inputs = keras.Input((3,))
    x = layers.Dense(units, "relu", kernel_regularizer=keras.regularizers.L2(0.1))(inputs)
    for layer in hidden:
        x = layer(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizer or "rmsprop", **{"loss": keras.losses.MeanSquaredError(), **compiled})
    return model


def test_numbers_may_differ() -> None:
    one = network(layers.Dropout(0.2), optimizer=keras.optimizers.AdamW(0.1, weight_decay=0.1))
    other = network(layers.Dropout(0.5), optimizer=keras.optimizers.AdamW(0.01, weight_decay=0.2))
    assert structure(one) == structure(other)
    assert hash(structure(one)) == hash(structure(other))


@pytest.mark.parametrize(
    "other",
    [
        lambda: network(units=5),
        lambda: network(layers.Dropout(0.2)),
        lambda: network(layers.Activation("tanh")),
        lambda: network(loss=keras.losses.MeanAbsoluteError()),
        lambda: network(metrics=[keras.metrics.MeanAbsoluteError(name="mae")]),
        lambda: network(optimizer="adam"),
        lambda: network(optimizer=keras.optimizers.RMSprop(rho=0.8)),
    ],
)
def test_other_layers_losses_and_optimizers_are_another_structure(other) -> None:
    assert structure(network()) != structure(other())


def test_dense_networks_can_be_trained_together() -> None:
    model = network(layers.BatchNormalization(), layers.Dropout(0.1), layers.Activation("elu"))
    assert reason_apart(model, PLAN) is None


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (lambda: network(layers.GaussianNoise(0.1)), "layer GaussianNoise"),
        (lambda: network(layers.Dense(2, kernel_constraint="max_norm")), "layer Dense with a constraint"),
        (lambda: network(optimizer=keras.optimizers.SGD(clipvalue=1.0)), "clipvalue"),
        (lambda: network(optimizer=keras.optimizers.SGD(use_ema=True)), "use_ema"),
        (lambda: network(loss=keras.losses.MeanSquaredError("sum")), "its loss is reduced by sum"),
    ],
)
def test_what_keeps_a_model_apart_is_said(model, reason: str) -> None:
    assert reason_apart(model(), PLAN) == reason


def test_phases_keep_a_training_apart() -> None:
    stages = (Stage(1, lambda model: ""),)
    assert reason_apart(network(), Plan(4, 1, 0, stages=stages)) == "training.phases"
