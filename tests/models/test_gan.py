import keras
import numpy as np
import pytest
import tensorflow as tf

from dlpy.callbacks.collapse_alarm import CollapseAlarm
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Data, Rows
from dlpy.data.task import Input, Output, Task
from dlpy.engine.custom_step import Noise, _update
from dlpy.engine.engine import Engine, Plan
from dlpy.engine.plan import Execution
from dlpy.models.gan import Gan
from dlpy.sampling.images import asked_for, latent_vectors, make, make_pictures

pytestmark = pytest.mark.slow

SMALL = {
    "latent": 6,
    "generator": {"start": 4, "layers": [{"filters": 4, "kernel": 4, "stride": 2}], "kernel": 3},
    "discriminator": {"layers": [{"filters": 4, "kernel": 4, "stride": 2}]},
}


def task(shape=(8, 8), span=(-1.0, 1.0)) -> Task:
    return Task.single(Input("array", shape, span=span), Output("inputs", 3, ("a", "b", "c")))


def gan(**options) -> Gan:
    return Gan.model_validate(SMALL | options)


def rows(count: int = 48) -> Rows:
    rng, labels = np.random.default_rng(0), np.arange(count) % 3
    x = np.full((count, 8, 8), -1, np.float32)
    for number, label in enumerate(labels):
        x[number, 2 * label : 2 * label + 3, 1:6] = rng.uniform(0.5, 1)
    return Rows.single(x, labels)


def compiled(family: Gan, shape=(8, 8)) -> keras.Model:
    keras.utils.set_random_seed(1)
    model = family.build(task(shape))
    model.compile(keras.optimizers.Adam(0.002, beta_1=0.5))
    return model


def some() -> tuple:
    return tf.constant(rows().array[:12]), tf.constant(rows().y[:12, None])


def test_gan_of_the_book_has_its_numbers_of_parameters() -> None:
    family = Gan.model_validate(
        {
            "latent": 32,
            "generator": {
                "layers": [
                    {"filters": 256, "kernel": 5},
                    {"filters": 256, "kernel": 4, "stride": 2},
                    {"filters": 256, "kernel": 5},
                    {"filters": 256, "kernel": 5},
                ]
            },
            "discriminator": {
                "layers": [{"filters": 128}, *[{"filters": 128, "kernel": 4, "stride": 2}] * 3],
                "padding": "valid",
                "dropout": 0.4,
            },
        }
    )
    discriminator, generator = family.build(task((32, 32, 3))).turns
    assert sum(np.prod(weight.shape) for weight in generator.weights) == 6_264_579
    assert sum(np.prod(weight.shape) for weight in discriminator.weights) == 790_913


@pytest.mark.parametrize("conditional", [False, True])
def test_each_turn_leaves_the_other_network_as_it_is_to_the_last_bit(conditional: bool) -> None:
    model = compiled(gan(conditional=conditional))
    for turn, other in (model.turns, model.turns[::-1]):
        optimizer = model.optimizers[model.turns.index(turn)]
        own, others = ([weight.numpy() for weight in each.weights] for each in (turn, other))
        _update(turn, optimizer, turn.weights, some(), Noise(keras.random.SeedGenerator(2)))
        for weight, before in zip(other.weights, others, strict=True):
            np.testing.assert_array_equal(weight, before)
        assert all(np.any(weight.numpy() != before) for weight, before in zip(turn.weights, own, strict=True))


def test_every_weight_belongs_to_exactly_one_turn() -> None:
    model = compiled(gan(conditional=True))
    owned = [id(weight) for turn in model.turns for weight in turn.weights]
    assert sorted(owned) == sorted(id(weight) for weight in model.weights)


def test_the_gradient_of_the_generator_never_sees_real_pictures() -> None:
    model = compiled(gan())
    real, labels = some()

    def gradient(pictures) -> list:
        turn = model.turns[1]
        values = [weight.value for weight in turn.weights]
        with tf.GradientTape() as tape:
            loss = turn.objective((pictures, labels), Noise(None))["g_loss"]
        return tape.gradient(loss, values)

    for seen, unseen in zip(gradient(real), gradient(real * np.nan), strict=True):
        np.testing.assert_array_equal(seen, unseen)


def test_smoothing_and_label_noise_move_the_targets() -> None:
    def loss(**options) -> float:
        scores = compiled(gan(discriminator=SMALL["discriminator"] | {"dropout": 0}, **options)).turns[0]
        return float(scores.objective(some(), Noise(keras.random.SeedGenerator(5)))["d_loss"])

    plain = loss(smoothing=0.0)
    assert loss(smoothing=0.3) != pytest.approx(plain, rel=1e-6)
    assert loss(smoothing=0.0, label_noise=0.3) != pytest.approx(plain, rel=1e-6)
    assert loss(smoothing=0.0, label_noise=0.0) == plain


def test_a_discriminator_that_cannot_tell_scores_like_the_baseline() -> None:
    model = compiled(gan(smoothing=0.0))
    for weight in model.turns[0].learns[1].weights:
        weight.assign(tf.zeros_like(weight))
    scores = Engine(model).evaluate(rows(), 16)
    guess = gan().baseline(task(), rows(), rows())
    assert scores["d_loss"] == pytest.approx(guess["d_loss"], rel=1e-5)
    assert scores["g_loss"] == pytest.approx(0.6931472, rel=1e-5)


def test_the_generator_makes_numbers_within_the_range_of_the_data() -> None:
    for output_range, span, low, high in (("data", (0.0, 1.0), 0, 1), ("tanh", (0.0, 1.0), -1, 1)):
        model = gan(output_range=output_range).build(task(span=span))
        vectors = 50 * latent_vectors(model.sampler, 64, 0)
        found = make(model.sampler, vectors)
        assert low <= found.min() <= low + 0.1
        assert high - 0.1 <= found.max() <= high


def test_a_conditional_gan_learns_what_it_is_asked_for() -> None:
    model = compiled(gan(conditional=True, latent=4))
    Engine(model).fit(rows(240), None, Plan(16, 40, 0), [])
    latent = latent_vectors(model.sampler, 30, 0)
    made = make(model.sampler, asked_for(model.sampler, latent))  # ten of each class
    bands = np.stack([made[:, 2 * label : 2 * label + 3].mean(axis=(1, 2)) for label in range(3)], axis=1)
    wanted = np.arange(30) // 10
    assert np.mean(bands.argmax(axis=1) == wanted) > 0.8


def test_both_executions_and_a_second_training_end_at_the_same_samples() -> None:
    sheets = []
    for mode in ("epoch", "epoch", "steps"):
        model = compiled(gan())
        Engine(model, Execution(mode)).fit(rows(), None, Plan(16, 2, 0), [])
        sheets.append(make_pictures(model.sampler, latent_vectors(model.sampler, 9, 0)))
    np.testing.assert_array_equal(sheets[0], sheets[1])
    np.testing.assert_allclose(sheets[0].astype(int), sheets[2].astype(int), atol=1)


def test_the_nearest_training_row_lies_beside_each_sample() -> None:
    model = compiled(gan())
    found = gan().samples(model, Data(rows(), None, None, task()), 0)
    assert found["samples"].shape == found["nearest"].shape == (36, 8, 8)
    known = {row.tobytes() for row in ((rows().array + 1) / 2 * 255).round().astype(np.uint8)}
    assert {row.tobytes() for row in found["nearest"]} <= known


@pytest.mark.parametrize(
    ("options", "shape", "message"),
    [
        ({}, (9, 9), "the generator generates sides that are multiples of 2, the product of its strides, not 9"),
        ({}, (8,), "convolutions need images"),
        (
            {"discriminator": {"layers": [{"filters": 4, "kernel": 5, "stride": 2}] * 2, "padding": "valid"}},
            (8, 8),
            "nothing is left of the image after layer 2",
        ),
    ],
)
def test_pictures_that_do_not_fit_the_networks_are_refused(options, shape, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        gan(**options).check(task(shape))


def test_the_alarm_speaks_once_when_samples_have_been_alike_for_some_epochs(bench) -> None:
    alarm, said = CollapseAlarm(patience=2).build(None, {}), []  # type: ignore
    alarm.set_teller(said.append)
    even = {"real_accuracy": 0.6, "fake_accuracy": 0.6}
    for epoch, diversity in enumerate([0.9, 0.1, 0.1, 0.1, 0.8, 0.1]):
        alarm.on_epoch_end(epoch, even | {"diversity": diversity})
    assert len(said) == 1
    assert said[0].startswith("epoch 3: samples are nearly identical (diversity 0.10; real rows have 1)")


def test_the_alarm_speaks_when_the_discriminator_is_always_right() -> None:
    alarm, said = CollapseAlarm(patience=1).build(None, {}), []  # type: ignore
    alarm.set_teller(said.append)
    alarm.on_epoch_end(0, {"real_accuracy": 1.0, "fake_accuracy": 0.999, "diversity": 0.9})
    assert "the discriminator is right 100% of the time" in said[0]
