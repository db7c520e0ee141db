import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from dlpy.data.features import Table, Texts
from dlpy.datasets.listings import Listings
from dlpy.stand_ins import listings as stand_in
from dlpy.stand_ins.listings import listings

COUNT = 3_000
WORTH = np.array([-3, -1, 1, 3])
CONDITIONS = ["neglected shabby", "dated worn", "tidy well-kept", "renovated immaculate"]
STREETS = ["noisy hectic", "busy lively", "calm quiet", "silent secluded"]
CITIES = {"Corso": 0, "Avelle": 1, "Dunmore": 2, "Brunn": 3}


@pytest.fixture(scope="module")
def drawn() -> stand_in.Listings:
    return listings(1, 0, COUNT)


@pytest.fixture(scope="module")
def read(drawn: stand_in.Listings) -> np.ndarray:
    """Return the levels that a user reads from facts, texts and photos: (rows, 3 inputs, 3 features)."""
    facts = drawn.facts
    city = [CITIES[name] for name in facts.categorical[:, 0]]
    table = np.stack([facts.numeric[:, 0] - 1, (facts.numeric[:, 2] - 1900) // 30, city], axis=1)
    text = [[level_of(text, CONDITIONS), level_of(text, STREETS), view_of(text)] for text in drawn.text]
    return np.stack([table, text, seen_in(drawn.photo)], axis=1).astype(int)


def level_of(text: str, levels: list[str]) -> int:
    words = set(text.replace(".", "").replace(",", "").split())
    (level,) = [number for number, known in enumerate(levels) if words & set(known.split())]
    return level


def view_of(text: str) -> int:
    view = text.partition("view of ")[2].replace(":", ",").replace(".", ",").partition(",")[0]
    named = {"a wall": 0, "a backyard": 0, "a street": 1, "a car park": 1, "a square": 2, "old trees": 2}
    return named.get(view, 3)


def seen_in(photo: np.ndarray) -> np.ndarray:
    """Return the levels of the width of the house, the light of the sky, and the height of the lawn."""
    red, green, blue = (photo[..., channel].astype(int) for channel in range(3))
    width = (red - green > 80)[:, 12].sum(axis=1)
    lawn = ((green > 120) & (red < 60) & (blue < 70))[:, :, 0].sum(axis=1)
    light = photo[:, :6].mean(axis=(1, 2, 3))
    return np.stack([(width - 8) // 5, np.round((light - 102) / 40), (lawn - 3) // 3], axis=1)


def test_listings_have_three_inputs_and_three_targets() -> None:
    loaded = Listings(rows=300).load()
    assert loaded.test is not None
    text, photo, facts = (loaded.train.inputs[name] for name in ("text", "photo", "facts"))
    assert isinstance(text, Texts)
    assert isinstance(photo, np.ndarray)
    assert isinstance(facts, Table)
    assert (photo.shape, photo.dtype) == ((300, 32, 32, 3), np.uint8)
    assert (facts.numeric_names, facts.categorical_names) == (("rooms", "surface", "built"), ("city",))
    assert (facts.numeric.shape, facts.categorical.shape) == ((300, 3), (300, 1))
    assert {name: (y.dtype.name, y.shape) for name, y in loaded.train.targets.items()} == {
        "price": ("float32", (300,)), "sold": ("int64", (300,)), "tags": ("float32", (300, 3)),
    }  # fmt: skip
    assert {name: (output.kind, output.units) for name, output in loaded.task.outputs.items()} == {
        "price": ("regression", 1), "sold": ("binary", 1), "tags": ("multilabel", 3),
    }  # fmt: skip
    assert loaded.task.outputs["tags"].classes == ("balcony", "garden", "lift")


def test_every_feature_can_be_read(drawn: stand_in.Listings, read: np.ndarray) -> None:
    assert (read == drawn.levels).all(axis=(0,)).tolist() == [[True] * 3] * 3


def test_all_inputs_together_reach_the_best_possible_scores(drawn: stand_in.Listings, read: np.ndarray) -> None:
    facts, text, photo = WORTH[read].transpose(1, 2, 0)
    price = 200 + 12 * (facts[0] + text[0] + photo[0])
    assert np.abs(price - drawn.price).mean() == pytest.approx(stand_in.BEST_MAE, abs=0.3)
    labels = [facts[1] + text[1] + photo[1], facts[2] + text[0] + photo[1], facts[0] + text[1] + photo[2],
              facts[1] + text[2] + photo[0]]  # fmt: skip
    truth = np.column_stack([drawn.sold, drawn.tags])
    right = (np.stack(labels, axis=1) > 0) == truth
    assert right.mean(axis=0) == pytest.approx([stand_in.BEST_SCORE] * 4, abs=0.015)
    assert (stand_in.BEST_MAE, stand_in.BEST_SCORE) == (10.0, 0.95)


@pytest.mark.parametrize(
    ("inputs", "error", "accuracy"), [([0], 32.5, 0.697), ([1], 32.5, 0.697), ([2], 32.5, 0.697), ([0, 2], 24.8, 0.753)]
)
def test_one_input_tells_a_part_of_each_target_and_two_tell_more(
    drawn: stand_in.Listings, inputs: list[int], error: float, accuracy: float
) -> None:
    x = WORTH[drawn.levels[:, inputs]].reshape(COUNT, -1)
    price = LinearRegression().fit(x, drawn.price).predict(x)
    assert np.abs(price - drawn.price).mean() == pytest.approx(error, abs=1.2)
    for label in (drawn.sold, *drawn.tags.T):
        guess = LinearRegression().fit(x, label).predict(x) > label.mean()
        assert (guess == label).mean() == pytest.approx(accuracy, abs=0.035)


def test_targets_are_missing_at_random() -> None:
    targets = Listings(rows=3_000, missing=0.2).load().train.targets
    assert {y.dtype.name for y in targets.values()} == {"float32"}
    gaps = np.column_stack([np.isnan(y) for y in targets.values()])
    assert gaps.mean(axis=0) == pytest.approx([0.2] * 5, abs=0.025)
    assert np.abs(np.corrcoef(gaps.T) - np.eye(5)).max() < 0.07
    whole = Listings(rows=3_000).load().train.targets
    for name, y in targets.items():
        assert np.array_equal(y[~np.isnan(y)], whole[name][~np.isnan(y)].astype(np.float32))


def test_a_seed_gives_the_same_listings_and_another_seed_others() -> None:
    for dataset in (Listings(), Listings(missing=0.1)):
        assert dataset.stand_in(7, 50).fingerprint() == dataset.stand_in(7, 50).fingerprint()
        assert dataset.stand_in(7, 50).fingerprint() != dataset.stand_in(8, 50).fingerprint()
