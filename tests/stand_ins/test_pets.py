import numpy as np
import pytest

from dlpy.stand_ins.pets import SPECIES, WRONG_LABELS, others, pets


@pytest.mark.parametrize(("draw", "classes"), [(pets, 2), (others, SPECIES)])
def test_pictures_are_bytes_of_the_size_asked_for_and_classes_are_alike(draw, classes: int) -> None:
    pictures, labels = draw(0, 0, 60, (20, 30))
    assert (pictures.shape, pictures.dtype) == ((60, 20, 30, 3), np.uint8)
    assert (labels.shape, labels.dtype) == ((60,), np.uint8)
    assert np.bincount(labels).tolist() == [60 // classes] * classes
    assert pictures.min() < 30
    assert pictures.max() > 225


@pytest.mark.parametrize("draw", [pets, others])
def test_a_seed_and_a_part_decide_the_pictures(draw) -> None:
    pictures, labels = draw(3, 1, 30, (16, 16))
    same = draw(3, 1, 30, (16, 16))
    assert np.array_equal(pictures, same[0])
    assert np.array_equal(labels, same[1])
    for seed, part in ((4, 1), (3, 2)):
        assert not np.array_equal(pictures, draw(seed, part, 30, (16, 16))[0])


def test_no_picture_comes_twice() -> None:
    pictures, _ = pets(0, 0, 200, (16, 16))
    assert len(np.unique(pictures.reshape(200, -1), axis=0)) == 200


def test_two_labels_in_a_hundred_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr("dlpy.stand_ins.pets.animals", lambda breeds, chosen, *_: drawn.append(chosen))
    _, labels = pets(0, 0, 10_000, (16, 16))
    wrong = np.mean((drawn[0] >= 2) != labels)
    assert WRONG_LABELS == 0.02
    assert 0.015 < wrong < 0.025


def test_colours_say_nothing_of_the_class() -> None:
    pictures, labels = pets(0, 0, 2_000, (16, 16))
    means = pictures.mean(axis=(1, 2))
    between = np.abs(means[labels == 0].mean(axis=0) - means[labels == 1].mean(axis=0))
    assert (between < 0.15 * means.std(axis=0)).all()
