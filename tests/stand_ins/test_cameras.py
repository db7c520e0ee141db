import numpy as np
import pytest
from sklearn.linear_model import Ridge

from dlpy.core.errors import ConfigError
from dlpy.datasets.two_cameras import TwoCameras
from dlpy.stand_ins import cameras
from dlpy.stand_ins.cameras import Scenes, scenes

COUNT = 2_000


@pytest.fixture(scope="module")
def drawn() -> Scenes:
    return scenes(1, 0, COUNT, (32, 64))


def columns(images: np.ndarray) -> np.ndarray:
    """Return where the ball is, in pixels from the left: (rows,)."""
    ball = (images.min(axis=3) > 150).sum(axis=1)
    return (ball @ np.arange(images.shape[2])) / ball.sum(axis=1)


def test_images_are_bytes_of_the_size_asked_for() -> None:
    loaded = TwoCameras(rows=20, size=[40, 50]).load()
    for side in ("left", "right"):
        x = loaded.train.inputs[side]
        assert isinstance(x, np.ndarray)
        assert (x.shape, x.dtype, loaded.task.inputs[side].shape) == ((20, 40, 50, 3), np.uint8, (40, 50, 3))
    assert (loaded.train.targets["distance"].dtype, loaded.task.outputs["distance"].unit) == (np.float32, "m")


def test_the_disparity_tells_the_distance_as_well_as_possible(drawn: Scenes) -> None:
    apart = columns(drawn.left) - columns(drawn.right)
    assert np.allclose(apart, drawn.disparity, atol=0.01)
    assert np.unique(drawn.disparity).tolist() == [4, 5, 6, 7, 8, 9, 10, 11]
    error = np.abs(44 / apart - drawn.distance).mean()
    assert error == pytest.approx(cameras.BEST_MAE, abs=0.01)
    assert cameras.BEST_MAE == 0.2


def test_nearer_is_told_exactly() -> None:
    dataset = TwoCameras(rows=400, predict="nearer")
    rows = dataset.load().train
    left, right = rows.inputs["left"], rows.inputs["right"]
    assert isinstance(left, np.ndarray)
    assert isinstance(right, np.ndarray)
    assert ((44 / (columns(left) - columns(right)) < 5.9) == rows.targets["nearer"]).all()
    assert 0.4 < rows.targets["nearer"].mean() < 0.6
    assert dataset.outline().outputs["nearer"].classes == ("farther", "nearer")


def test_one_image_alone_tells_next_to_nothing(drawn: Scenes) -> None:
    constant = np.abs(drawn.distance - np.median(drawn.distance)).mean()
    assert constant > 1.7
    half = COUNT // 2
    for images in (drawn.left, drawn.right):
        ball = images.min(axis=3) > 150
        colour = (images * ball[..., None]).sum(axis=(1, 2)) / ball.sum(axis=(1, 2))[:, None]
        told = np.column_stack([columns(images), ball.sum(axis=(1, 2)), ball.argmax(axis=1).max(axis=1), colour])
        guess = Ridge().fit(told[:half], drawn.distance[:half]).predict(told[half:])
        assert np.corrcoef(guess, drawn.distance[half:])[0, 1] < 0.2
        assert np.abs(guess - drawn.distance[half:]).mean() > 0.97 * constant


def test_small_images_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"data\.size: 20 x 64 pixels are too few: at least 24 x 40"):
        TwoCameras(size=[20, 64]).check()
    TwoCameras(size=[24, 40]).check()
    assert (scenes(1, 0, 200, (24, 40)).disparity > 0).all()


def test_a_seed_gives_the_same_scenes_and_another_seed_others() -> None:
    assert TwoCameras().stand_in(7, 20).fingerprint() == TwoCameras().stand_in(7, 20).fingerprint()
    assert TwoCameras().stand_in(7, 20).fingerprint() != TwoCameras().stand_in(8, 20).fingerprint()
