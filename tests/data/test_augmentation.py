from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from pydantic import ValidationError

from dlpy.data.augmentation import Augmentation, Draws, augmented
from dlpy.data.features import Scaled
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.engine.engine import Engine, Plan
from dlpy.engine.plan import Execution
from dlpy.experiment.experiment import Experiment
from dlpy.training.compile import compiled_model

pytestmark = pytest.mark.slow

PICTURES = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3)).astype(np.uint8)


class Largest:
    """Draws the largest number there is, and always mirrors."""

    def uniform(self, low: float, high: float, size: Any) -> np.ndarray:
        return np.full(size, high)

    def random(self, size: Any) -> np.ndarray:
        return np.zeros(size)


def changed(pictures: np.ndarray, random: Any = None, **options: Any) -> np.ndarray:
    change = Augmentation(**options)
    size = (pictures.shape[1], pictures.shape[2])
    draws = change.drawn(random or Largest(), len(pictures), size, (0.0, 255.0))
    return augmented(tf.constant(pictures, tf.float32), draws).numpy()


def test_all_frames_of_a_video_are_changed_alike() -> None:
    videos = np.random.default_rng(1).integers(0, 256, (5, 3, 8, 6, 1)).astype(np.uint8)
    options = {"rotation": 30, "shift": 0.2, "flip": "horizontal", "brightness": 0.1}
    change = Augmentation(**options)
    draws = change.drawn(np.random.default_rng(2), 5, (8, 6), (0.0, 255.0))
    together = augmented(tf.constant(videos, tf.float32), draws).numpy()
    for frame in range(3):
        alone = augmented(tf.constant(videos[:, frame], tf.float32), draws).numpy()
        np.testing.assert_allclose(together[:, frame], alone, atol=1e-4)
    assert not np.allclose(together[0], together[1])


def test_contrast_of_a_video_is_around_the_mean_of_all_its_frames() -> None:
    video = np.stack([np.full((2, 2, 1), 100.0), np.full((2, 2, 1), 140.0)])[None]
    tones = np.array([[0.0, 0.5, 0.0, 255.0]], np.float32)  # half the distance from the mean, 120
    found = augmented(tf.constant(video, tf.float32), Draws(None, tones, "nearest", "bilinear")).numpy()
    assert found[0, :, 0, 0, 0].tolist() == [110.0, 130.0]


@pytest.mark.parametrize(("flip", "axes"), [("horizontal", (2,)), ("vertical", (1,)), ("both", (1, 2))])
def test_flips_mirror_exactly(flip: str, axes: tuple[int, ...]) -> None:
    np.testing.assert_allclose(changed(PICTURES, flip=flip), np.flip(PICTURES, axes), atol=1e-3)


def test_every_second_picture_is_mirrored() -> None:
    result = changed(np.repeat(PICTURES[:1], 400, axis=0), np.random.default_rng(0), flip="horizontal")
    assert 150 < sum(np.allclose(picture, PICTURES[0, :, ::-1], atol=1e-3) for picture in result) < 250


def test_a_quarter_turn_is_numpys() -> None:
    result = changed(PICTURES, rotation=90)
    assert np.allclose(result, np.rot90(PICTURES, -1, (1, 2)), atol=1e-2)


def test_a_shift_moves_by_a_share_of_the_side_and_repeats_the_edge() -> None:
    result = changed(PICTURES, shift=0.25)  # two of eight pixels, down and to the right
    np.testing.assert_allclose(result[:, 2:, 2:], PICTURES[:, :6, :6], atol=1e-3)
    np.testing.assert_allclose(result[:, 0, 2:], PICTURES[:, 0, :6], atol=1e-3)


def test_what_moved_away_is_filled_with_zeros_where_asked() -> None:
    assert not changed(PICTURES, shift=0.25, fill="constant")[:, :2].any()


def test_zoom_makes_things_larger() -> None:
    picture = np.zeros((1, 16, 16, 1), np.uint8)
    picture[0, 6:10, 6:10] = 255
    assert changed(picture, zoom=0.5).sum() == pytest.approx(1.5**2 * picture.sum(dtype=float), rel=0.1)


def test_shear_slants_by_an_angle() -> None:
    picture = np.zeros((1, 21, 21, 1), np.uint8)
    picture[0, :, 10] = 255
    columns = changed(picture, shear=0.4, interpolation="nearest")[0, ..., 0].argmax(axis=1)
    assert columns[10] == 10
    assert abs(int(columns[0]) - int(columns[20])) == pytest.approx(20 * np.tan(0.4), abs=1.5)


def test_brightness_and_contrast_stay_within_the_span() -> None:
    flat = np.full((2, 4, 4, 1), 100, np.uint8)
    np.testing.assert_allclose(changed(flat, brightness=0.2), 151, atol=1e-3)
    result = changed(PICTURES, contrast=0.5)
    mean = PICTURES.mean(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(result, np.clip((PICTURES - mean) * 1.5 + mean, 0, 255), atol=1e-2)


def test_draws_depend_on_seed_and_epoch_alone() -> None:
    def warps(seed: int, epoch: int) -> np.ndarray:
        return np.asarray(Augmentation(rotation=10).by_epoch(PICTURES, seed, 6)(epoch).warps)

    assert np.array_equal(warps(1, 2), warps(1, 2))
    assert not np.array_equal(warps(1, 2), warps(1, 3))
    assert not np.array_equal(warps(1, 2), warps(2, 2))
    assert len(np.unique(warps(1, 2), axis=0)) == 6


def test_nothing_to_change_is_a_mistake() -> None:
    with pytest.raises(ValidationError, match="nothing to change"):
        Augmentation(fill="wrap")


def weights_after(execution: Execution) -> list[np.ndarray]:
    experiment = Experiment.model_validate(
        {
            "data": {"name": "mnist"},
            "model": {"name": "convnet", "filters": [4], "units": []},
            "training": {"optimizer": "sgd"},
        }
    )
    task = Task.single(Input("array", (8, 8, 3)), Output("binary"))
    engine = Engine(compiled_model(experiment, task, 1), execution)
    rows = Rows.single(Scaled(PICTURES, 1 / 255, 0.0), np.arange(6) % 2)
    plan = Plan(4, 2, 3, augmentation={"input": Augmentation(rotation=30, zoom=0.2, flip="both", contrast=0.3)})
    engine.fit(rows, None, plan, [])
    return engine.model.get_weights()


def test_all_ways_to_run_an_epoch_see_the_same_pictures() -> None:
    expected = weights_after(Execution("epoch"))
    for execution in (Execution("steps"), Execution("epoch", jit_compile=True)):
        for ours, theirs in zip(weights_after(execution), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_pictures_that_are_scored_stay_as_they_are() -> None:
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(inputs)))
    model.compile("sgd", "mse")
    rows = Rows.single(Scaled(PICTURES, 1 / 255, 0.0), np.ones(6, np.float32))
    engine = Engine(model, Execution("epoch"))
    engine.fit(rows, rows, Plan(2, 1, 0, augmentation={"input": Augmentation(rotation=90)}), [])
    expected = model(PICTURES.astype(np.float32) / 255).numpy()
    np.testing.assert_allclose(engine.predict(rows, 2), expected, rtol=1e-4)
    assert engine.evaluate(rows, 2)["loss"] == pytest.approx(float(np.square(expected - 1).mean()), rel=1e-4)
