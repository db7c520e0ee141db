import numpy as np
import pytest
from sklearn.linear_model import Ridge

from dlpy.data.features import Sequences
from dlpy.datasets.posts import Posts
from dlpy.stand_ins import posts as stand_in
from dlpy.stand_ins.posts import DEVOTION, keywords, posts

COUNT = 4_000


@pytest.fixture(scope="module")
def drawn() -> stand_in.Posts:
    return posts(1, 0, COUNT, vocabulary=5_000)


def shares(drawn: stand_in.Posts) -> np.ndarray:
    """Return the number of keywords of each level in each post: (rows, levels)."""
    group = np.full(5_000, -1)
    for number, words in enumerate(keywords(1, 5_000)):
        group[words] = number
    found = group[drawn.words.values]
    row = np.repeat(np.arange(COUNT), np.diff(drawn.words.splits))
    counts = np.zeros((COUNT, 10))
    np.add.at(counts, (row[found >= 0], found[found >= 0]), 1)
    return counts


def test_posts_have_200_to_500_words_and_three_targets() -> None:
    loaded = Posts().load()
    x, targets = loaded.train.inputs["posts"], loaded.train.targets
    assert isinstance(x, Sequences)
    assert (np.diff(x.splits).min(), np.diff(x.splits).max()) == (200, 500)
    assert (x.values.dtype, x.values.min(), x.values.max()) == (np.int32, 1, 4_999)
    assert {name: (y.dtype.name, y.shape) for name, y in targets.items()} == {
        "age": ("float32", (2_000,)), "income": ("int64", (2_000,)), "gender": ("int64", (2_000,)),
    }  # fmt: skip
    assert (targets["age"].min() >= 19, targets["age"].max() <= 74) == (True, True)
    assert np.unique(targets["income"]).tolist() == [*range(10)]
    assert 0.45 < targets["gender"].mean() < 0.55


def test_the_task_has_three_outputs() -> None:
    task = Posts(vocabulary=50_000).outline()
    assert task.inputs["posts"].vocabulary == 50_000
    assert [(name, output.kind, output.units) for name, output in task.outputs.items()] == [
        ("age", "regression", 1), ("income", "multiclass", 10), ("gender", "binary", 1),
    ]  # fmt: skip


def test_the_best_possible_scores_are_the_stated_ones(drawn: stand_in.Posts) -> None:
    seen = shares(drawn).argmax(axis=1)
    assert (seen == drawn.levels).mean() > 0.999
    assert np.abs(24 + 5 * seen - drawn.age).mean() == pytest.approx(2.5, abs=0.06)
    assert (seen == drawn.income).mean() == pytest.approx(0.55, abs=0.02)
    assert ((seen >= 5) == drawn.gender).mean() == pytest.approx(0.65, abs=0.02)
    assert (stand_in.BEST_MAE, stand_in.BEST_INCOME_ACCURACY, stand_in.BEST_GENDER_ACCURACY) == (2.5, 0.55, 0.65)


def test_a_fifth_of_the_words_show_the_trait(drawn: stand_in.Posts) -> None:
    counts = shares(drawn)
    own = counts[np.arange(COUNT), drawn.levels]
    others = (counts.sum(axis=1) - own) / 9
    assert ((own - others) / np.diff(drawn.words.splits)).mean() == pytest.approx(DEVOTION, abs=0.005)


def test_every_target_is_worse_by_its_best_constant_and_age_can_be_learnt_by_a_linear_model(
    drawn: stand_in.Posts,
) -> None:
    assert np.abs(drawn.age - np.median(drawn.age)).mean() > 7.5
    assert np.bincount(drawn.income).max() / COUNT < 0.2
    x, half = shares(drawn).reshape(COUNT, -1), COUNT // 2
    guess = Ridge().fit(x[:half], drawn.age[:half]).predict(x[half:])
    assert 2.5 < np.abs(guess - drawn.age[half:]).mean() < 5


def test_keywords_belong_to_one_level() -> None:
    for vocabulary, size in ((1_000, 60), (5_000, 60), (50_000, 60)):
        keys = keywords(3, vocabulary)
        assert keys.shape == (10, size)
        assert len(np.unique(keys)) == keys.size
        assert keys.max() < vocabulary


def test_a_seed_gives_the_same_posts_and_another_seed_others() -> None:
    assert Posts().stand_in(7, 50).fingerprint() == Posts().stand_in(7, 50).fingerprint()
    assert Posts().stand_in(7, 50).fingerprint() != Posts().stand_in(8, 50).fingerprint()
