"""TabM: members that share weights, each trained by its own loss."""

import json

import keras
import numpy as np
import pytest
from every import BINARY, CLASSES, NUMBER
from keras.src.utils.naming import reset_uids

from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.engine.engine import Engine, Plan
from dlpy.engine.members import with_plain_layers
from dlpy.models.tabm import TabM

pytestmark = pytest.mark.slow

SMALL = TabM(units=[4, 3], members=5, dropout=0.0, bins=None)
X = np.random.default_rng(1).normal(size=(12, 2)).astype(np.float32)
Y = np.arange(12, dtype=np.float32)[:, None] / 12
WEIGHTS = np.linspace(0.5, 2.0, 12).astype(np.float32)


def built(output: Output, family: TabM = SMALL, given: Input | None = None) -> keras.Model:
    keras.utils.set_random_seed(3)
    reset_uids()  # so that weights have the same paths whatever was built before
    return family.build(Task.single(given or Input("array", (2,)), output))


def by_hand(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Return what each member predicts without the others, from its own weights: (rows, members, units)."""
    signs, first, scale, bias, before, second, after, end, kernel, last = model.get_weights()
    found = []
    for k in range(len(signs)):
        one = np.maximum((x * signs[k]) @ first * scale[k] + bias[k], 0)
        two = np.maximum((one * before[k]) @ second * after[k] + end[k], 0)
        found.append(two @ kernel[k] + last[k])
    return np.stack(found, axis=1)


def spread(model: keras.Model) -> keras.Model:
    """Give the model weights that differ everywhere, so that no two of them can be confused."""
    rng = np.random.default_rng(5)
    model.set_weights([rng.normal(size=weight.shape).astype(np.float32) for weight in model.weights])
    return model


def test_members_compute_what_single_networks_with_their_weights_do() -> None:
    model = spread(built(NUMBER))
    members = np.asarray(model(X, training=True))
    assert members.shape == (12, 5, 1)
    np.testing.assert_allclose(members, by_hand(model, X), rtol=1e-4, atol=1e-4)


def test_the_prediction_is_the_mean_of_the_members() -> None:
    model = spread(built(NUMBER))
    model.compile("sgd", "mse")
    expected = by_hand(model, X).mean(axis=1)
    np.testing.assert_allclose(Engine(model).predict(Rows.single(X, Y), 8), expected, rtol=1e-4, atol=1e-4)


def test_probabilities_of_classes_are_averaged_not_their_logits() -> None:
    model = spread(built(CLASSES))
    logits = by_hand(model, X)
    shares = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    np.testing.assert_allclose(np.asarray(model(X)), shares.mean(axis=1), rtol=1e-3, atol=1e-5)


def test_the_loss_is_the_mean_of_the_members_losses_not_the_loss_of_the_mean() -> None:
    model = spread(built(NUMBER))
    model.compile("sgd", "mse")
    members = by_hand(model, X)
    mean_of_losses = np.square(members - Y[:, None]).mean()
    assert mean_of_losses > 1.5 * np.square(members.mean(axis=1) - Y).mean()
    loss = model.compute_loss(X, Y, model(X, training=True))
    assert float(loss) == pytest.approx(mean_of_losses, rel=1e-4)


def test_weights_of_rows_weigh_all_members() -> None:
    model = spread(built(CLASSES))
    model.compile("sgd", "sparse_categorical_crossentropy")
    classes = np.arange(12)[:, None] % 3
    members = np.asarray(model(X, training=True))
    losses = [[-np.log(members[row, k, classes[row, 0]]) for k in range(5)] for row in range(12)]
    expected = (WEIGHTS[:, None] * np.array(losses)).mean()
    loss = model.compute_loss(X, classes, model(X, training=True), WEIGHTS)
    assert float(loss) == pytest.approx(expected, rel=1e-4)


def test_a_step_moves_each_head_along_the_gradient_of_its_own_loss() -> None:
    model = spread(built(NUMBER))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    before, members = model.get_weights()[-1], by_hand(model, X)
    model.train_step((X, Y))
    own = 2 * (members - Y[:, None]).mean(axis=0)  # of each member's loss, by its last bias
    np.testing.assert_allclose(model.get_weights()[-1], before - 0.1 * own / 5, rtol=1e-3, atol=1e-4)


def test_metrics_of_training_are_those_of_the_mean() -> None:
    model = spread(built(NUMBER))
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mae"])
    expected = np.abs(by_hand(model, X).mean(axis=1) - Y).mean()
    assert float(model.train_step((X, Y))["mae"]) == pytest.approx(expected, rel=1e-4)


def test_members_start_with_random_signs_other_scales_of_one_and_a_common_bias() -> None:
    model = built(NUMBER, TabM(units=[64, 64], members=8, bins=None), Input("array", (50,)))
    signs, _, scale, bias, before, _, after, end, kernel, _ = model.get_weights()
    assert set(np.unique(signs)) == {-1.0, 1.0}
    assert abs(signs.mean()) < 0.2
    for ones in (scale, before, after):
        assert (ones == 1).all()
    for common in (bias, end):
        assert (common == common[0]).all()
        assert len(np.unique(common[0])) == 64
    assert np.abs(bias).max() <= 50**-0.5
    assert len(np.unique(kernel)) == 8 * 64


def test_the_encoding_is_linear_within_bins() -> None:
    family = TabM(units=[], members=1, bins=3, embedding=1)
    model = built(NUMBER, family, Input("array", (3,), numbers=1, positions=1))
    # number * 2 + 1, plus 10 a position in the first bin, 20 in the second and 40 in the third; the other column
    values = {"linear/kernel": 2.0, "linear/bias": 1.0, "signs/kernel": 1.0, "target/bias": 0.0}
    for weight in model.weights:
        slopes = np.array([[[10.0], [20.0], [40.0]]])
        given = {"pieces/kernel": slopes.reshape(1, 3, 1), "target/kernel": np.array([[[1.0], [100.0]]])}
        weight.assign(given.get(weight.path, values.get(weight.path, 0.0) * np.ones(weight.shape)))
    rows = np.array([[5.0, 7.0, 0.5], [5.0, 0.0, 1.5], [5.0, 0.0, 3.0]], np.float32)
    np.testing.assert_allclose(np.asarray(model(rows))[:, 0], [11 + 5 + 700, 11 + 10 + 10, 11 + 70])


def test_codes_of_categories_are_looked_up_between_one_hot_columns_and_positions() -> None:
    family = TabM(units=[], members=1, bins=2, embedding=1)
    model = built(NUMBER, family, Input("array", (4,), numbers=1, positions=1, categories=(3,)))
    vectors = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # of unseen, first and second category
    head = np.array([[[0.0], [10.0], [2.0], [3.0], [0.0]]])  # of the number's vector, the one-hot column, the vector
    for weight in model.weights:
        given = {"embedding/embeddings": vectors, "target/kernel": head, "signs/kernel": np.ones((1, 5))}
        weight.assign(given.get(weight.path, np.zeros(weight.shape)))
    rows = np.array([[5.0, 1.0, 1.0, 0.5], [5.0, 0.0, 2.0, 0.5], [5.0, 0.0, 0.0, 0.5]], np.float32)
    np.testing.assert_allclose(np.asarray(model(rows))[:, 0], [12, 3, 0])


def test_dropout_leaves_out_the_same_units_of_all_members() -> None:
    family = TabM(units=[40], members=3, dropout=0.5, bins=None)
    model = built(NUMBER, family)
    hidden = keras.Model(model.input, model.get_layer("target").input)
    dropped = np.asarray(hidden(X + 5, training=True)) == 0
    always = np.asarray(hidden(X + 5)) == 0
    assert 0.3 < (dropped & ~always).mean() / (~always).mean() < 0.7
    for k in range(1, 3):
        either = always[:, 0] | always[:, k]
        np.testing.assert_array_equal(dropped[:, 0] | either, dropped[:, k] | either)


@pytest.mark.parametrize("output", [BINARY, Output("ordinal", 3, ("a", "b", "c")), Output("multilabel", 3)])
def test_probabilities_stay_between_0_and_1(output: Output) -> None:
    prediction = np.asarray(spread(built(output))(X))
    assert prediction.shape == (12, output.units)
    assert ((prediction >= 0) & (prediction <= 1)).all()


def test_a_separable_table_is_learnt_with_the_same_bits_for_the_same_seed() -> None:
    y = (X[:, 0] * X[:, 1] > 0).astype(np.int64)  # not linearly separable
    found = []
    for _ in range(2):
        model = built(BINARY, TabM(units=[16], members=4, bins=None))
        model.compile(keras.optimizers.AdamW(0.02), "binary_crossentropy")
        engine = Engine(model)
        engine.fit(Rows.single(X, y), None, Plan(4, 60, 0), [])
        found.append(engine.predict(Rows.single(X, y), 12))
    np.testing.assert_array_equal((found[0][:, 0] > 0.5).astype(int), y)
    np.testing.assert_array_equal(found[0], found[1])


def test_the_model_for_others_has_only_layers_of_keras_and_predicts_the_same() -> None:
    model = spread(built(NUMBER, SMALL))
    plain = with_plain_layers(keras.Model(model.input, model.output))
    assert "dlpy" not in json.dumps(json.loads(plain.to_json()))
    np.testing.assert_allclose(np.asarray(plain(X)), np.asarray(model(X)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("task", "what"),
    [
        (Task.single(Input("sequence", (9,), 30, padding="front"), NUMBER), "use dense"),
        (Task.single(Input("array", (8, 8)), NUMBER), "reshape"),
        (Task.single(Input("array", (8,)), Output("regression", has_missing=True)), "rows without a target"),
    ],
)
def test_other_tasks_are_refused_with_the_way_out(task: Task, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        SMALL.check(task)


@pytest.mark.parametrize("output", [NUMBER, BINARY, CLASSES])
def test_a_linear_function_of_the_inputs_is_added_before_the_last_activation(output: Output) -> None:
    model = built(output, SMALL.model_copy(update={"linear": True}))
    plain = keras.Model(model.input, model.get_layer("heads").output)
    weights = model.get_layer("wide")
    np.testing.assert_array_equal(weights.get_weights()[0], np.zeros((2, output.units or 1)))  # at first
    kernel = np.arange(1, 2 * (output.units or 1) + 1, dtype=np.float32).reshape(2, -1) / 3
    weights.set_weights([kernel])
    expected = np.asarray(plain(X)) + (X @ kernel)[:, None]
    if output.kind == "binary":
        expected = 1 / (1 + np.exp(-expected))
    elif output.kind == "multiclass":
        expected = np.exp(expected) / np.exp(expected).sum(axis=2, keepdims=True)
    np.testing.assert_allclose(np.asarray(model(X, training=True)), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.asarray(model(X)), expected.mean(axis=1), rtol=1e-4, atol=1e-5)


def test_classes_in_an_order_may_have_a_linear_function_too() -> None:
    model = built(Output("ordinal", 4, ("a", "b", "c", "d")), SMALL.model_copy(update={"linear": True}))
    model.get_layer("wide").set_weights([np.full((2, 3), 0.5, np.float32)])
    np.testing.assert_allclose(np.asarray(model(X)).sum(axis=1), np.ones(12), rtol=1e-5)
    assert np.asarray(model(X)).min() >= 0
