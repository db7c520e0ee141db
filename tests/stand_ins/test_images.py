import numpy as np
import pytest

from dlpy.components.dataset import Dataset
from dlpy.datasets.cifar10 import Cifar10
from dlpy.datasets.fashion_mnist import FashionMnist
from dlpy.datasets.mnist import Mnist
from dlpy.stand_ins.images import WRONG_LABELS

PICTURES = [Mnist(), FashionMnist(), Cifar10()]


@pytest.fixture(params=PICTURES, ids=lambda dataset: dataset.name)
def dataset(request: pytest.FixtureRequest) -> Dataset:
    return request.param


def test_pictures_have_the_real_shape_and_every_class_alike(dataset: Dataset) -> None:
    loaded = dataset.stand_in(1, None)
    assert loaded.test is not None
    for rows, count in ((loaded.train, 12_000), (loaded.test, 2_000)):
        assert isinstance(rows.x, np.ndarray)
        assert (rows.x.shape, rows.x.dtype) == ((count, *loaded.task.input.shape), np.uint8)
        assert (rows.y.shape, rows.y.dtype) == ((count,), np.uint8)
        assert np.bincount(rows.y).tolist() == [count // 10] * 10
        assert rows.x.min() == 0
        assert rows.x.max() == 255
    assert loaded.task == dataset.outline()
    assert loaded.source.description == f"a generated stand-in for {dataset.name}"


def test_a_seed_gives_the_same_pictures_and_another_seed_others(dataset: Dataset) -> None:
    assert dataset.stand_in(7, 30).fingerprint() == dataset.stand_in(7, 30).fingerprint()
    assert dataset.stand_in(7, 30).fingerprint() != dataset.stand_in(8, 30).fingerprint()


def test_the_limit_caps_both_parts(dataset: Dataset) -> None:
    loaded = dataset.stand_in(1, 64)
    assert loaded.test is not None
    assert (len(loaded.train), len(loaded.test)) == (64, 64)


def test_pictures_of_one_class_differ(dataset: Dataset) -> None:
    rows = dataset.stand_in(1, 200).train
    assert isinstance(rows.x, np.ndarray)
    same = rows.x[rows.y == 0].reshape(np.count_nonzero(rows.y == 0), -1)
    assert len(np.unique(same, axis=0)) == len(same) == 20


@pytest.mark.parametrize(("name", "least"), [("mnist", 0.85), ("fashion_mnist", 0.8)])
def test_classes_can_be_told_apart_by_the_nearest_neighbour(name: str, least: float) -> None:
    dataset = {picture.name: picture for picture in PICTURES}[name]
    loaded = dataset.stand_in(1, 2_000)
    assert loaded.test is not None
    assert isinstance(loaded.train.x, np.ndarray)
    assert isinstance(loaded.test.x, np.ndarray)
    known = loaded.train.x.reshape(2_000, -1).astype(np.float32)
    asked = loaded.test.x[:300].reshape(300, -1).astype(np.float32)
    nearest = (np.square(known).sum(axis=1) - 2 * asked @ known.T).argmin(axis=1)
    assert least < (loaded.train.y[nearest] == loaded.test.y[:300]).mean() <= 1 - WRONG_LABELS / 2
