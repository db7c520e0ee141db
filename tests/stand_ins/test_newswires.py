import numpy as np
import pytest

from dlpy.data.features import Sequences
from dlpy.datasets.reuters import Reuters
from dlpy.stand_ins.newswires import BEST_SCORE, WORDS, newswires, topic_words


def test_the_stand_in_has_the_shape_of_the_real_newswires() -> None:
    loaded = Reuters(num_words=10_000).stand_in(1, None)
    assert loaded.test is not None
    assert (len(loaded.train), len(loaded.test)) == (8_982, 2_246)
    x = loaded.train.x
    assert isinstance(x, Sequences)
    assert (x.values.dtype, loaded.train.y.dtype) == (np.int32, np.int64)
    assert (x.values.min(), x.values.max()) == (1, 9_999)
    assert 130 < np.diff(x.splits).mean() < 160
    assert loaded.task == Reuters(num_words=10_000).outline()


def test_the_topics_are_as_unequal_as_the_real_ones() -> None:
    labels = Reuters().stand_in(1, None).train.y
    counts = np.bincount(labels, minlength=46)
    share = counts / counts.sum()
    assert counts.min() >= 5
    assert share.argmax() == 3
    assert 0.34 < share.max() < 0.37
    assert 0.18 < (share**2).sum() < 0.19  # what a shuffled copy of the labels scores


@pytest.mark.parametrize("limit", [256, 200])
def test_few_rows_still_hold_every_topic(limit: int) -> None:
    loaded = Reuters().stand_in(1, limit)
    assert loaded.test is not None
    assert len(loaded.train) == limit
    assert len(loaded.test) <= limit
    held_back = limit // 4
    assert len(np.unique(loaded.train.y[held_back:])) == 46


def test_a_seed_gives_the_same_newswires_and_another_seed_others() -> None:
    assert Reuters().stand_in(7, 50).fingerprint() == Reuters().stand_in(7, 50).fingerprint()
    assert Reuters().stand_in(7, 50).fingerprint() != Reuters().stand_in(8, 50).fingerprint()


def test_the_best_possible_score_is_the_stated_one() -> None:
    texts, labels = newswires(1, None)
    chosen = np.arange(3_000)
    texts, labels, share = texts.take(chosen), labels[chosen], np.bincount(labels) / len(labels)
    odds = np.log(topic_words(1, devotion=0.22))  # (topics, words): the mean devotion stands for each row's own
    row = np.repeat(chosen, np.diff(texts.splits))
    score = np.stack([np.bincount(row, odds[topic, texts.values], len(chosen)) for topic in range(46)], axis=1)
    guess = (score + np.log(share)).argmax(axis=1)
    assert odds.shape == (46, WORDS + 1)
    assert (guess == labels).mean() == pytest.approx(BEST_SCORE, abs=0.02)
