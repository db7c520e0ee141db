from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlpy.core.errors import ConfigError
from dlpy.data.rows import Data, Rows
from dlpy.data.task import Input, Output, Task
from dlpy.engine.engine import Engine, Plan
from dlpy.engine.plan import Execution
from dlpy.models.vae import Vae, kl_divergence
from dlpy.sampling.latent_space import between, grid, latent_pieces

pytestmark = pytest.mark.slow

LABELS = Output("inputs", 3, ("a", "b", "c"))
SMALL = {"encoder": [{"filters": 4, "stride": 2}], "units": [8]}


def pictures(side: int = 8, span: tuple[float, float] | None = (0.0, 1.0)) -> Task:
    return Task.single(Input("array", (side, side), span=span), LABELS)


def vae(**options) -> Vae:
    return Vae.model_validate(SMALL | options)


def rows(count: int = 60) -> Rows:
    """Return squares at one of three places, their brightness and the place's number."""
    rng, labels = np.random.default_rng(0), np.arange(count) % 3
    x = np.zeros((count, 8, 8), np.float32)
    for number, label in enumerate(labels):
        x[number, 2 * label : 2 * label + 3, 1:5] = rng.uniform(0.6, 1)
    return Rows.single(x, labels)


def compiled(family: Vae) -> keras.Model:
    keras.utils.set_random_seed(3)
    model = family.build(pictures())
    model.compile(keras.optimizers.Adam(0.01))
    return model


def trained(family: Vae, epochs: int, mode="epoch") -> keras.Model:
    model = compiled(family)
    Engine(model, Execution(mode)).fit(rows(), None, Plan(20, epochs, 0), [])
    return model


@cache
def learnt() -> keras.Model:
    """Return a network that has learnt the pictures; for tests that leave it as it is."""
    return trained(vae(), 60)


def test_vae_of_the_book_has_its_number_of_parameters() -> None:
    task = Task.single(Input("array", (28, 28, 1), span=(0.0, 1.0)), LABELS)
    family = Vae.model_validate(
        {
            "encoder": [32, {"filters": 64, "stride": 2}, 64, 64],
            "decoder": [{"filters": 32, "stride": 2}],
            "units": [32],
            "kl_weight": 5e-4,
            "sampling": "book",
        }
    )
    assert family.build(task).count_params() == 550_629


def test_kl_divergence_is_that_of_two_normal_distributions() -> None:
    # (1 + 1 - 1 - 0) / 2 + (4 + 0 - 1 - ln 4) / 2
    found = kl_divergence(tf.constant([[1.0, 0.0], [0.0, 0.0]]), tf.constant([[0.0, np.log(4.0)], [0.0, 0.0]]))
    np.testing.assert_allclose(found, [0.5 + (3 - np.log(4)) / 2, 0.0], rtol=1e-6)


def test_loss_is_the_reconstruction_and_the_weighted_divergence() -> None:
    engine = Engine(compiled(vae(kl_weight=0.25)))
    scores = engine.evaluate(rows(), 16)
    assert scores["kl_loss"] > 0
    assert scores["loss"] == pytest.approx(scores["reconstruction_loss"] + 0.25 * scores["kl_loss"], rel=1e-5)
    assert engine.evaluate(rows(), 16) == scores


def test_the_weight_of_the_divergence_is_one_for_a_whole_row_unless_given() -> None:
    assert vae().resolved(pictures()).kl_weight == 1 / 64


def test_a_vae_learns_and_its_loss_falls_below_that_of_the_mean_row() -> None:
    loss = Engine(learnt()).evaluate(rows(), 60)["loss"]
    assert loss < 0.7 * vae().baseline(pictures(), rows(), rows())["loss"]


def test_both_executions_train_to_the_same_weights() -> None:
    for one, other in zip(trained(vae(), 2).weights, trained(vae(), 2, "steps").weights, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5)


def test_the_baseline_is_the_cross_entropy_of_the_mean_row() -> None:
    x = np.array([[[0.0, 1.0], [1.0, 1.0]], [[0.0, 0.0], [1.0, 0.0]]], np.float32)
    task = Task.single(Input("array", (2, 2), span=(0.0, 1.0)), LABELS)
    found = Vae(encoder=[]).baseline(task, Rows.single(x), Rows.single(x))
    assert found["loss"] == pytest.approx(np.log(2) / 2, rel=1e-4)  # of four numbers two are even
    squares = Vae(encoder=[], reconstruction="mse").baseline(task, Rows.single(x), Rows.single(x))
    assert squares["loss"] == pytest.approx(0.125)


def test_numbers_beyond_0_and_1_are_made_by_squared_errors() -> None:
    standardized = pictures(span=(-2.5, 3.0))
    assert vae().resolved(standardized).reconstruction == "mse"
    with pytest.raises(ConfigError, match=r"from 0 to 1, not from -2.5 to 3: add 'rescale'"):
        vae(reconstruction="binary_crossentropy").resolved(standardized)


def test_rows_of_a_table_are_learnt_by_dense_layers() -> None:
    model = Vae(encoder=[], units=[6]).build(Task.single(Input("array", (5,), span=(-3.0, 3.0)), Output("inputs")))
    assert model.output_shape == (None, 5)
    assert model.sampler.network.output_shape == (None, 5)


@pytest.mark.parametrize(
    ("options", "side", "message"),
    [
        ({"encoder": [{"filters": 4, "stride": 2}] * 3}, 28, "multiples of 8, the product of its strides, not 28"),
        ({"encoder": [], "decoder": [4]}, 8, "'decoder' needs an 'encoder' of convolutions"),
        ({"decoder": [{"filters": 4, "stride": 3}]}, 8, "resize the images to a side of 9"),
    ],
)
def test_a_decoder_that_cannot_reach_the_pictures_is_refused(options, side: int, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        vae(**options).check(pictures(side))


def test_the_grid_covers_the_middle_of_the_distribution() -> None:
    found = grid(3)
    np.testing.assert_allclose(found[0, 0], [-1.6448536, 1.6448536], rtol=1e-6)
    np.testing.assert_allclose(found[1, 1], [0, 0], atol=1e-7)
    np.testing.assert_allclose(found[2, 2], [1.6448536, -1.6448536], rtol=1e-6)


def test_ways_between_vectors_are_straight() -> None:
    np.testing.assert_allclose(between(np.zeros((1, 2)), np.array([[2.0, 4.0]]), 3), [[[0, 0], [1, 2], [2, 4]]])


@pytest.mark.parametrize(("count", "pairs"), [(1, None), (3, 1), (60, 5)])
def test_few_rows_leave_out_what_they_are_too_few_for(count: int, pairs: int | None) -> None:
    found = latent_pieces(learnt(), Data(rows(), rows().take(np.arange(count)), None, pictures()), 0)
    assert len(found["reconstructions"]) == min(count, 10)
    assert str(found["part"]) == "validation"
    assert ("interpolation" in found) == (pairs is not None)
    assert pairs is None or len(found["interpolation"]) == pairs


def test_attributes_lead_from_the_mean_of_all_rows_to_that_of_a_class() -> None:
    found = latent_pieces(learnt(), Data(rows(), None, None, pictures()), 0)
    of_class = found["means"][found["labels"] == 1].mean(axis=0)
    np.testing.assert_allclose(found["attributes"][1], of_class - found["means"].mean(axis=0), atol=1e-6)
    assert found["edited"].shape == (3, 9, 8, 8)
    assert found["grid"].shape == (15, 15, 8, 8)
    own = found["labels"][0]
    still, moved = found["edited"][own], found["edited"][(own + 1) % 3]
    assert np.ptp(still.astype(int), axis=0).max() <= 1  # towards its own class a row stays as it is
    assert np.ptp(moved.astype(int), axis=0).max() > 50
