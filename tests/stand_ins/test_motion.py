import numpy as np
import pytest

from dlpy.stand_ins import motion
from dlpy.stand_ins.motion import BEST_SCORE, MOTIONS, WRONG_LABELS, moving_shapes


def videos(count: int, seed: int = 0, motions: int = 6) -> tuple[np.ndarray, np.ndarray]:
    return moving_shapes(np.random.default_rng(seed), count, (4, 20, 24), motions)


def test_videos_are_bytes_of_the_size_asked_for_and_classes_are_alike() -> None:
    x, y = videos(60)
    assert (x.shape, x.dtype) == ((60, 4, 20, 24, 1), np.uint8)
    assert np.bincount(y).tolist() == [10] * 6
    assert x.min() < 10
    assert x.max() > 150


def test_a_seed_decides_the_videos() -> None:
    x, y = videos(30, 3)
    again, same = videos(30, 3)
    assert np.array_equal(x, again)
    assert np.array_equal(y, same)
    assert not np.array_equal(x, videos(30, 4)[0])


def moved(video: np.ndarray) -> tuple[int, int]:
    """Return how far (down, right) the first frame must be rolled to be most like the second."""
    first, second = video[0, ..., 0].astype(float), video[1, ..., 0].astype(float)
    fits = {
        (down, right): float((np.roll(first, (down, right), (0, 1)) * second).sum())
        for down in range(-6, 7)
        for right in range(-6, 7)
    }
    return max(fits, key=lambda move: fits[move])


def test_shapes_move_as_their_class_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motion, "WRONG_LABELS", 0.0)
    x, y = videos(90)
    moves = np.array([moved(video) for video in x])
    for name, expected in {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}.items():
        signs = np.sign(moves[y == MOTIONS.index(name)])
        assert np.mean((signs == expected).all(axis=1)) > 0.9, name


def test_two_labels_in_a_hundred_are_wrong_and_never_by_chance_right(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    real = motion._paths
    monkeypatch.setattr(motion, "_paths", lambda random, given, frames: shown.append(given) or real(random, given, 1))
    monkeypatch.setattr(motion, "_drawn", lambda *_: 0)
    _, y = videos(20_000)
    assert (WRONG_LABELS, BEST_SCORE) == (0.02, 0.98)
    assert 0.017 < np.mean(shown[0] != y) < 0.023


def test_places_and_angles_in_a_frame_are_uniform_whatever_the_motion() -> None:
    shown = np.repeat(np.arange(6), 4_000)
    paths = motion._paths(np.random.default_rng(1), shown, 5)
    for values, span in ((paths.x, 2 * motion._SCALE), (paths.y, 2 * motion._SCALE), (paths.angle, 2 * np.pi)):
        parts = (values[:, 4] % span / span * 8).astype(int)
        for number in range(6):
            counts = np.bincount(parts[shown == number], minlength=8)
            assert counts.min() > 420  # of 500 on average, with a standard deviation of 21
            assert counts.max() < 580
