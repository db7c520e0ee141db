import numpy as np
import pytest

from dlpy.data.features import Sequences
from dlpy.datasets.imdb import Imdb
from dlpy.stand_ins import reviews as stand_in
from dlpy.stand_ins.reviews import NEGATIONS, WORDS, lexicon, reviews


@pytest.fixture(scope="module")
def test_part() -> tuple[Sequences, np.ndarray]:
    return reviews(1, 10_000)[1]


def accuracy(evidence: np.ndarray, texts: Sequences, labels: np.ndarray) -> float:
    """Return how often the sign of the summed evidence of a review's words is its label."""
    return float(((np.add.reduceat(evidence, texts.splits[:-1]) > 0) == labels).mean())


def evidence_of(strength: np.ndarray) -> np.ndarray:
    """Return the log odds of praise that each word gives, by rank."""
    words = lexicon(1)
    odds = np.zeros(WORDS + 1)
    odds[words.ranks[:, 1]] = np.log((1 + strength) / (1 - strength))
    odds[words.ranks[:, 0]] = -odds[words.ranks[:, 1]]
    return odds


def test_the_stand_in_has_the_shape_of_the_real_reviews() -> None:
    loaded = Imdb(num_words=10_000).stand_in(1, None)
    assert loaded.test is not None
    for rows in (loaded.train, loaded.test):
        assert isinstance(rows.x, Sequences)
        assert len(rows) == 25_000
        assert rows.x.values.dtype == np.int32
        assert rows.y.dtype == np.int64
        assert np.bincount(rows.y).tolist() == [12_500, 12_500]
        assert (rows.x.values[rows.x.splits[:-1]] == 1).all()
        assert np.count_nonzero(rows.x.values == 1) == 25_000
        assert (rows.x.values.min(), rows.x.values.max()) == (1, 9_999)
        assert 0.02 < (rows.x.values == 2).mean() < 0.15
        lengths = np.diff(rows.x.splits)
        assert 220 < lengths.mean() < 250
        assert lengths.min() >= 9
        assert lengths.max() < 2_500
    assert (loaded.source.kind, loaded.source.description) == ("stand-in", "a generated stand-in for imdb")
    assert loaded.task == Imdb(num_words=10_000).outline()


def test_frequent_words_have_low_ranks(test_part: tuple[Sequences, np.ndarray]) -> None:
    counts = np.bincount(test_part[0].values, minlength=WORDS + 1)
    assert counts[1:11].min() > 10 * counts[1_001:1_101].mean()
    assert counts[101:201].mean() > 5 * counts[2_001:4_001].mean()


def test_a_seed_gives_the_same_reviews_and_another_seed_others() -> None:
    assert Imdb(num_words=99).stand_in(7, 50).fingerprint() == Imdb(num_words=99).stand_in(7, 50).fingerprint()
    assert Imdb(num_words=99).stand_in(7, 50).fingerprint() != Imdb(num_words=99).stand_in(8, 50).fingerprint()


def test_training_and_test_rows_differ() -> None:
    train, test = reviews(1, 50)
    assert not np.array_equal(train[0].row(0), test[0].row(0))


def test_the_limit_caps_both_parts() -> None:
    loaded = Imdb(num_words=100, maxlen=300).stand_in(1, 64)
    assert loaded.test is not None
    assert 0 < len(loaded.train) <= 64
    assert 0 < len(loaded.test) <= 64


def test_the_options_of_the_real_dataset_hold_for_the_stand_in() -> None:
    x = Imdb(num_words=500, start_char=None, oov_char=None, skip_top=10, maxlen=100).stand_in(1, 200).train.x
    assert isinstance(x, Sequences)
    assert x.values.min() >= 10
    assert 450 < x.values.max() < 500
    assert np.diff(x.splits).max() < 100


def test_the_best_possible_scores_are_the_stated_ones(test_part: tuple[Sequences, np.ndarray]) -> None:
    texts, labels = test_part
    strength = lexicon(1).strength.astype(np.float64)
    after_negation = np.concatenate([[False], np.isin(texts.values, NEGATIONS)[:-1]])
    known = evidence_of(strength)[texts.values]
    ordered = accuracy(np.where(after_negation, -known, known), texts, labels)
    opinion = np.isin(texts.values, lexicon(1).ranks)
    negated = after_negation[opinion].mean()
    unordered = accuracy(evidence_of(strength * (1 - 2 * negated))[texts.values], texts, labels)
    assert ordered == pytest.approx(stand_in.BEST_SCORE, abs=0.01)
    assert unordered == pytest.approx(stand_in.BEST_SCORE_WITHOUT_ORDER, abs=0.01)
