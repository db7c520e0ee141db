import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from dlpy.data.whole_series import lengths_of
from dlpy.stand_ins.door import BEST_ACCURACY, best_guess, door

COUNT = 2_000


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    return door(1, 0, COUNT)


def test_series_have_two_channels_and_different_lengths(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    x, ways = drawn
    assert (x.shape, x.dtype) == ((COUNT, 80, 2), np.float32)
    assert (lengths_of(x).min(), lengths_of(x).max()) == (40, 80)
    assert ways.mean() == pytest.approx(0.5, abs=0.04)
    assert np.array_equal(np.isnan(x[..., 0]), np.isnan(x[..., 1]))


def test_who_knows_how_they_were_made_reaches_the_best_score(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    x, ways = drawn
    assert (best_guess(x) == ways).mean() == pytest.approx(BEST_ACCURACY, abs=0.015)  # three standard errors


@pytest.mark.parametrize("kind", ["summaries", "steps"])
def test_neither_summaries_nor_single_steps_tell_the_way(drawn: tuple[np.ndarray, np.ndarray], kind: str) -> None:
    x, ways = drawn
    if kind == "summaries":
        features = np.concatenate([f(x, axis=1) for f in (np.nanmean, np.nanstd, np.nanmin, np.nanmax)], axis=1)
    else:
        features = np.nan_to_num(x).reshape(COUNT, -1)
    half = COUNT // 2
    model = LogisticRegression(C=0.01, max_iter=500).fit(features[:half], ways[:half])
    assert model.score(features[half:], ways[half:]) == pytest.approx(0.5, abs=0.05)


def test_parts_differ_and_seeds_repeat() -> None:
    assert not np.array_equal(door(1, 0, 20)[0], door(1, 1, 20)[0], equal_nan=True)
    assert np.array_equal(door(1, 0, 20)[0], door(1, 0, 20)[0], equal_nan=True)
