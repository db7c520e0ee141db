import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from dlpy.datasets.sentence_pairs import SentencePairs
from dlpy.stand_ins.pairs import BEST_SCORE, Pairs, pairs, sentences

COUNT = 4_000


@pytest.fixture(scope="module")
def drawn() -> Pairs:
    return pairs(1, 0, COUNT, sentences(1, 20, 16, 8))


def nearest(given: np.ndarray, patterns: np.ndarray) -> np.ndarray:
    flat, known = given.reshape(len(given), -1), patterns.reshape(len(patterns), -1)
    return ((known**2).sum(axis=1) - 2 * flat @ known.T).argmin(axis=1)


def test_both_sides_have_the_given_shape() -> None:
    loaded = SentencePairs(rows=100, steps=20, size=12).load()
    for side in ("left", "right"):
        x = loaded.train.inputs[side]
        assert isinstance(x, np.ndarray)
        assert (x.shape, x.dtype, loaded.task.inputs[side].shape) == ((100, 20, 12), np.float32, (20, 12))
    assert (loaded.train.targets["same"].dtype, loaded.train.targets["same"].shape) == (np.int64, (100,))
    assert loaded.task.outputs["same"].classes == ("different", "same")


def test_a_reader_who_knows_the_sentences_reaches_the_best_possible_score(drawn: Pairs) -> None:
    patterns = sentences(1, 20, 16, 8)
    same = nearest(drawn.left, patterns) == nearest(drawn.right, patterns)
    assert (same == drawn.same).mean() == pytest.approx(BEST_SCORE, abs=0.006)
    assert BEST_SCORE == 0.98
    assert same.sum() == COUNT // 2


@pytest.mark.parametrize(("steps", "size"), [(12, 8), (16, 8), (40, 16)])
def test_sentences_have_the_same_words_in_different_orders(steps: int, size: int) -> None:
    patterns = sentences(5, 200, steps, size)
    assert patterns.shape == (200, steps, size)
    assert (np.sort(patterns[:, :, 0], axis=1) == np.sort(patterns[0, :, 0])).all()
    flat = patterns.reshape(200, -1).astype(np.float64)
    square = ((flat[:, None] - flat[None]) ** 2).sum(axis=2)[~np.eye(200, dtype=bool)]
    assert square.min() > 36  # a distance of twelve times the noise of a number


def test_one_side_alone_tells_nothing(drawn: Pairs) -> None:
    x, half = drawn.left.reshape(COUNT, -1), COUNT // 2
    score = (
        LogisticRegression(max_iter=50, tol=1e-2).fit(x[:half], drawn.same[:half]).score(x[half:], drawn.same[half:])
    )
    assert 0.46 < score < 0.54
    known = nearest(drawn.left, sentences(1, 20, 16, 8))
    share = [drawn.same[known == number].mean() for number in range(20)]
    assert 0.35 < min(share) < max(share) < 0.65


def test_the_words_without_their_order_tell_nothing(drawn: Pairs) -> None:
    apart = np.linalg.norm(drawn.left.mean(axis=1) - drawn.right.mean(axis=1), axis=1)
    best = max(((apart < limit) == drawn.same).mean() for limit in np.linspace(0, apart.max(), 200))
    assert best < 0.54


def test_sides_can_be_exchanged() -> None:
    patterns = sentences(1, 4, 16, 8)
    both = pairs(1, 0, 9_600, patterns)
    table = np.zeros((2, 4, 4))
    np.add.at(table, (both.same, nearest(both.left, patterns), nearest(both.right, patterns)), 1)
    assert table[0].sum() == pytest.approx(4_800, abs=300)  # 400 for each of the 12 pairs of different sentences
    assert np.abs(table - table.transpose(0, 2, 1)).max() < 120


def test_a_seed_gives_the_same_pairs_and_another_seed_others() -> None:
    assert SentencePairs().stand_in(7, 50).fingerprint() == SentencePairs().stand_in(7, 50).fingerprint()
    assert SentencePairs().stand_in(7, 50).fingerprint() != SentencePairs().stand_in(8, 50).fingerprint()
