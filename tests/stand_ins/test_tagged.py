import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import RidgeClassifier

from dlpy.data.features import Texts
from dlpy.datasets.tagged_texts import TaggedTexts
from dlpy.stand_ins.tagged import BEST_SCORE, lexicon, tagged

COUNT = 3_000


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    return tagged(1, 0, COUNT)


def tokens(text: str) -> list[str]:
    return text.lower().rstrip(".").split()


def test_texts_have_five_tags_of_0_and_1() -> None:
    loaded = TaggedTexts(rows=400).load()
    tags = loaded.train.targets["tags"]
    assert isinstance(loaded.train.inputs["text"], Texts)
    assert (tags.shape, tags.dtype, np.unique(tags).tolist()) == ((400, 5), np.float32, [0.0, 1.0])
    output = loaded.task.outputs["tags"]
    assert (output.kind, output.units, output.classes) == (
        "multilabel", 5, ("politics", "sports", "science", "music", "travel"),
    )  # fmt: skip


def test_tags_are_of_different_frequency_and_several_or_none_may_be_true(drawn) -> None:
    _, tags = drawn
    assert tags.mean(axis=0) == pytest.approx([0.5, 0.362, 0.27, 0.224, 0.178], abs=0.03)
    assert np.bincount(tags.sum(axis=1).astype(int), minlength=6).min() >= 1


def test_the_keywords_tell_all_tags_but_the_wrong_ones(drawn) -> None:
    texts, tags = drawn
    words, keys = lexicon(1)
    topics = [set(words[own]) for own in keys]
    found = np.array([[not topic.isdisjoint(tokens(text)) for topic in topics] for text in texts])
    right = found == tags
    assert right.mean(axis=0) == pytest.approx([BEST_SCORE] * 5, abs=0.015)
    assert right.all(axis=1).mean() == pytest.approx(0.815, abs=0.025)
    assert BEST_SCORE == 0.96


def test_a_bag_of_words_comes_close_and_constants_do_not(drawn) -> None:
    texts, tags = drawn
    bags = CountVectorizer(binary=True).fit_transform(texts)
    half, scores = COUNT // 2, []
    for label in range(5):
        model = RidgeClassifier(alpha=30.0).fit(bags[:half], tags[:half, label])
        scores.append(model.score(bags[half:], tags[half:, label]))
    assert 0.9 < np.mean(scores) < 0.97
    assert np.maximum(tags.mean(axis=0), 1 - tags.mean(axis=0)).mean() < 0.75


def test_a_seed_gives_the_same_texts_and_another_seed_others() -> None:
    assert TaggedTexts().stand_in(7, 50).fingerprint() == TaggedTexts().stand_in(7, 50).fingerprint()
    assert TaggedTexts().stand_in(7, 50).fingerprint() != TaggedTexts().stand_in(8, 50).fingerprint()
