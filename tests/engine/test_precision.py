"""Mixed precision: 16 bits in the layers, 32 in weights, outputs, losses and updates."""

import keras
import numpy as np
import pytest

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.engine import model_state
from dlpy.engine.engine import Engine
from dlpy.engine.plan import Plan
from dlpy.engine.precision import Precision, check_outputs, layers_compute_in
from dlpy.training.network import new_model

pytestmark = pytest.mark.slow

MIXED: list[Precision] = ["mixed_bfloat16", "mixed_float16"]
CLASSES = Task.single(Input("array", (5,)), Output("multiclass", 3))


def network(precision: Precision) -> keras.Model:
    family = Model.registry.get("dense").model_validate({"name": "dense", "units": [8]})
    return new_model(family, CLASSES, 1, precision)


@pytest.mark.parametrize("precision", MIXED)
def test_hidden_layers_compute_with_16_bits_and_the_output_with_32(precision: Precision) -> None:
    model = network(precision)
    hidden, last = model.layers[-2], model.layers[-1]
    assert (hidden.compute_dtype, last.compute_dtype) == (precision.removeprefix("mixed_"), "float32")
    assert {weight.dtype for weight in model.weights} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"


def test_a_model_that_predicts_with_16_bits_is_refused() -> None:
    with layers_compute_in("mixed_bfloat16"):
        model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    with pytest.raises(ConfigError, match=r"model 'own' predicts in bfloat16: give its last layer dtype='float32'"):
        check_outputs(model, "own")


def test_the_loss_scale_is_halved_by_a_gradient_that_is_not_finite_and_the_update_left_out() -> None:
    model = network("mixed_float16")
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=65536.0)
    model.compile(scaled, "sparse_categorical_crossentropy")
    engine = Engine(model)
    x = np.full((4, 5), 100, np.float32)  # times the scale, gradients are beyond 65,504, the largest float16
    before = [weight.numpy() for weight in model.weights]
    engine.fit(Rows.single(x, np.array([0, 1, 2, 0])), None, Plan(4, 1, 0), [])
    assert float(scaled.dynamic_scale) == 32768.0  # type: ignore
    for then, now in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(then, now.numpy())


def test_the_learning_rate_is_that_of_the_optimizer_inside_the_loss_scale() -> None:
    model = network("mixed_float16")
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)), "mse")
    model_state.set_learning_rate(model, 0.5)
    assert model_state.learning_rate(model) == 0.5


@pytest.mark.parametrize("precision", MIXED)
def test_a_run_learns(bench, precision: str) -> None:
    training = {"precision": precision, "epochs": 4, "optimizer": {"name": "adam", "learning_rate": 0.02}}
    run = bench.trained(bench.experiment(training=training))
    assert run.read("summary.json")["best"]["val_accuracy"] > 0.9


def test_mixed_precision_is_refused_where_it_would_be_ignored(bench) -> None:
    training = {"precision": "mixed_bfloat16", "together": True}
    status, out, error = bench.run("check", bench.experiment(training=training))
    assert status == 2
    assert (
        "training.together: trainings with precision: mixed_bfloat16 run one by one: use auto or false." in out + error
    )
